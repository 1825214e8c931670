"""Checkpoints: when they are made, where they go, and what the signer refuses."""

import base64
import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection

from connections.audit.checkpoints import NotCheckpointed, checkpoint, checkpoint_if_due
from connections.audit.events import Actor, Event, EventType
from connections.audit.export import NotExported, export
from connections.audit.filters import Filters
from connections.audit.ledger import append, recording
from connections.audit.signing import load_keys
from connections.audit.tree import stored_tree
from connections.audit.verifier.verify import Checkpoint, Verdict
from connections.audit.verify import verify_database
from connections.models import AuditCheckpoint, AuditEvent
from tests import record
from tests.database import Owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    settings.AUDIT_SIGNING_KEY_FILE = tmp_path / "keys" / "signing-key.pem"
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "checkpoints"
    return tmp_path / "checkpoints"


@pytest.fixture
def happen(system: Actor) -> Callable[[int], None]:
    def happen(times: int) -> None:
        with recording() as recorded:
            for _ in range(times):
                recorded(Event(type=EventType.CONNECTION_VIEWED, actor=system))

    return happen


Happen = Callable[[int], None]


def sizes() -> list[int]:
    return list(AuditCheckpoint.objects.order_by("size").values_list("size", flat=True))


def test_it_stands_in_the_database_in_the_folder_and_in_the_log_stream(
    happen: Happen, folder: Path, caplog: pytest.LogCaptureFixture, settings: LazySettings
) -> None:
    happen(3)
    with caplog.at_level("INFO", "connections.audit.checkpoints"):
        made = checkpoint()
    assert (made.origin, made.size) == (settings.AUDIT_ORIGIN, 3)
    assert made.signer(load_keys().public(made.origin)) is not None
    row = AuditCheckpoint.objects.get()
    assert (row.size, row.note, bytes(row.root)) == (3, made.note, made.root)
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "001-000000000003": made.note,
        "latest": made.note,
    }
    assert json.loads(caplog.messages[-1].split(": ", 1)[1]) == made.note


def test_the_key_is_made_once_and_its_public_half_is_said(
    happen: Happen, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    happen(1)
    with caplog.at_level("INFO", "connections.audit.checkpoints"):
        checkpoint()
    path = Path(settings.AUDIT_SIGNING_KEY_FILE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (key,) = load_keys().public(settings.AUDIT_ORIGIN)
    assert f"Signing key made: {key}" in caplog.messages
    happen(1)
    assert checkpoint().signer([key]) == key


def test_nothing_new_is_not_signed_again(happen: Happen) -> None:
    happen(3)
    assert checkpoint() == checkpoint()
    assert sizes() == [3]


def test_an_empty_log_has_no_checkpoint() -> None:
    with pytest.raises(NotCheckpointed, match="nothing in the log"):
        checkpoint()


def test_one_is_due_after_64_events_five_minutes_or_a_silent_day(happen: Happen) -> None:
    def due(after: timedelta) -> int | None:
        with time_machine.travel(now + after, tick=False):
            made = checkpoint_if_due(now + after)
        return made.size if made else None

    now = datetime.now(UTC)
    assert due(timedelta()) is None
    happen(1)
    assert due(timedelta()) == 1
    happen(63)
    assert due(timedelta(minutes=4)) is None
    happen(1)
    assert due(timedelta(minutes=4)) == 65
    happen(1)
    assert due(timedelta(minutes=8)) is None
    assert due(timedelta(minutes=9)) == 66
    assert due(timedelta(hours=20)) is None
    assert due(timedelta(days=1, minutes=10)) == 67
    assert AuditEvent.objects.get(seq=67).type == "audit.checkpointed"
    assert due(timedelta(days=1, minutes=20)) is None


def test_the_worker_makes_what_is_due(happen: Happen) -> None:
    happen(2)
    call_command("worker", once=True)
    assert sizes() == [2]


def test_the_worker_goes_on_where_none_can_be_made(
    happen: Happen, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    happen(2)
    settings.AUDIT_CHECKPOINT_DIR = "/dev/null/checkpoints"
    call_command("worker", once=True)
    assert "AUDIT_CHECKPOINT_DIR cannot be" in caplog.text


def test_a_command_asks_for_one_and_is_recorded_before(happen: Happen, capsys: pytest.CaptureFixture[str]) -> None:
    happen(2)
    call_command("audit_checkpoint")
    assert Checkpoint.parse(capsys.readouterr().out).size == 3
    assert record.newest("audit.checkpointed")["actor"]["kind"] == "command"


def test_an_export_without_one_is_not_made(tmp_path: Path, system: Actor, settings: LazySettings) -> None:
    settings.AUDIT_CHECKPOINT_DIR = "/dev/null/checkpoints"
    with pytest.raises(NotExported, match="AUDIT_CHECKPOINT_DIR"):
        export(tmp_path / "out", Filters(), actor=system)
    assert not (tmp_path / "out").exists()


def test_a_log_keeps_its_name(happen: Happen, settings: LazySettings) -> None:
    happen(1)
    first = checkpoint().origin
    settings.AUDIT_ORIGIN = "example.test/other"
    happen(1)
    assert checkpoint().origin == first


def go_back(owner_rights: Owner, to: int) -> None:
    """As if a backup of that moment had been restored."""
    with owner_rights() as execute:
        execute("DELETE FROM audit_checkpoint WHERE size > %s", to)
        execute("DELETE FROM audit_node WHERE (idx + 1) * 64 > %s", to)
        execute("DELETE FROM audit_detail WHERE seq > %s", to)
        execute("DELETE FROM audit_event WHERE seq > %s", to)


def test_the_signer_refuses_to_go_back(happen: Happen, owner_rights: Owner) -> None:
    happen(70)
    checkpoint()
    go_back(owner_rights, 60)
    with pytest.raises(NotCheckpointed, match="over more events than the 60"):
        checkpoint()
    happen(20)
    with pytest.raises(NotCheckpointed, match="over other events than there are"):
        checkpoint()
    assert sizes() == []


def test_the_signer_goes_by_every_file_that_was_published(happen: Happen, owner_rights: Owner, folder: Path) -> None:
    happen(70)
    first = checkpoint()
    happen(5)
    checkpoint()
    go_back(owner_rights, 60)
    (folder / "latest").unlink()
    with pytest.raises(NotCheckpointed, match="size 75 was signed over more events than the 60"):
        checkpoint()
    (folder / "latest").write_text(first.note)
    happen(12)
    with pytest.raises(NotCheckpointed, match="size 75 was signed over more events than the 72"):
        checkpoint()
    assert sizes() == []


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ((6, "none"), "The checkpoint of size 6 in the database is none"),
        ((6, "{origin}\n5\n{root}\n\n{signature}\n"), "The checkpoint of size 6 in the database is none"),
        ((6, "{origin}\n6\n{other}\n\n{signature}\n"), "The checkpoint of size 6 in the database is none"),
        ((6, "{origin}\n6\n{root}\n\n{signature}\n"), "size 6 was signed over other events"),
        ((2**62, "{origin}\n%s\n{root}\n\n{signature}\n" % 2**62), "none; somebody"),
        ((10**17, "{origin}\n%s\n{root}\n\n{signature}\n" % 10**17), "more events than the 7"),
    ],
)
def test_a_row_that_is_no_checkpoint_is_refused_and_said(
    happen: Happen, folder: Path, caplog: pytest.LogCaptureFixture, row: tuple[int, str], says: str
) -> None:
    happen(5)
    made = checkpoint()
    origin, _, root, _, signature = made.note.splitlines()
    other = base64.b64encode(bytes(32)).decode()
    size, note = row[0], row[1].format(origin=origin, root=root, other=other, signature=signature)
    later = datetime.now(UTC) + timedelta(days=900)
    AuditCheckpoint(size=size, root=made.root, note=note, created_at=later).save()
    happen(2)
    with pytest.raises(NotCheckpointed, match=says):
        checkpoint()
    call_command("worker", once=True)
    assert f"No checkpoint of the audit log: The checkpoint of size {size}" in caplog.text
    assert (folder / "latest").read_text() == made.note
    assert verify_database(checkpoints=folder).verdict is Verdict.ALTERED


def test_a_row_that_nobody_signed_is_not_published(happen: Happen, folder: Path) -> None:
    happen(5)
    made = checkpoint()
    happen(1)
    root = stored_tree().root(6)
    note = f"{made.origin}\n6\n{base64.b64encode(root).decode()}\n\n{made.note.splitlines()[-1]}\n"
    AuditCheckpoint(size=6, root=root, note=note, created_at=datetime.now(UTC)).save()
    with pytest.raises(NotCheckpointed, match="size 6 in the database is not signed by a key in AUDIT_SIGNING"):
        checkpoint()
    assert (folder / "latest").read_text() == made.note


def test_the_signer_refuses_another_root_for_the_same_size(happen: Happen, owner_rights: Owner) -> None:
    happen(5)
    checkpoint()
    with owner_rights() as execute:
        execute("DELETE FROM audit_checkpoint")
        execute("UPDATE audit_event SET leaf = %s WHERE seq = 3", bytes(32))
    with pytest.raises(NotCheckpointed, match="over other events"):
        checkpoint()


def test_a_restored_log_starts_a_new_epoch_openly(
    happen: Happen, owner_rights: Owner, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    happen(40)
    first = checkpoint()
    happen(30)
    checkpoint()
    go_back(owner_rights, 60)
    call_command("audit_key", "epoch", note="Restored the backup of Monday")
    assert "(signs)" in capsys.readouterr().out
    newest = Checkpoint.parse((folder / "latest").read_text())
    assert (newest.origin, newest.size) == (f"{first.origin}/epoch-2", 61)
    assert record.types("audit.epoch")[-1] == "audit.epoch_started"
    happen(20)
    assert checkpoint().origin == newest.origin
    assert verify_database().verdict is Verdict.INTACT
    found = verify_database(checkpoints=folder)
    assert (found.verdict, found.seq) == (Verdict.INCOMPLETE, None)
    assert "the checkpoint of size 70 is of an epoch before the log was taken back to a backup" in found.sentence


def test_a_folder_that_was_lost_is_begun_anew_and_the_database_remembers(
    happen: Happen, folder: Path, owner_rights: Owner
) -> None:
    happen(5)
    checkpoint()
    folder.rename(folder.with_name("lost"))
    assert checkpoint().size == 5
    assert (folder / "latest").exists()
    folder.rename(folder.with_name("lost again"))
    with owner_rights() as execute:
        execute("DELETE FROM audit_event WHERE seq = 5")
    with pytest.raises(NotCheckpointed, match="more events"):
        checkpoint()


def test_what_was_published_before_the_database_had_it_is_taken_up(
    happen: Happen, owner_rights: Owner, folder: Path
) -> None:
    happen(5)
    published = checkpoint()
    with owner_rights() as execute:
        execute("DELETE FROM audit_checkpoint")
    call_command("audit_key", "rotate")
    assert sizes() == [6]
    with owner_rights() as execute:
        execute("DELETE FROM audit_checkpoint")
        execute("DELETE FROM audit_detail WHERE seq = 6")
        execute("DELETE FROM audit_event WHERE seq = 6")
    (folder / "001-000000000006").unlink()
    (folder / "latest").write_text(published.note)
    assert checkpoint() == published
    assert AuditCheckpoint.objects.get().note == published.note


def test_another_checkpoint_under_the_same_name_is_not_overwritten(happen: Happen, folder: Path) -> None:
    happen(5)
    made = checkpoint()
    happen(1)
    (folder / "001-000000000006").write_text(made.note)
    with pytest.raises(NotCheckpointed, match="holds another 001-000000000006"):
        checkpoint()


def test_a_memory_that_is_not_ours_is_not_believed(happen: Happen, folder: Path, settings: LazySettings) -> None:
    happen(5)
    checkpoint()
    Path(settings.AUDIT_SIGNING_KEY_FILE).unlink()
    happen(1)
    with pytest.raises(NotCheckpointed, match="not signed by a key in AUDIT_SIGNING_KEY_FILE"):
        checkpoint()
    (folder / "latest").write_text("nonsense")
    with pytest.raises(NotCheckpointed, match="latest in AUDIT_CHECKPOINT_DIR is no checkpoint"):
        checkpoint()


def test_checkpoints_that_the_database_lost_are_not_called_none(
    happen: Happen, owner_rights: Owner, folder: Path
) -> None:
    happen(5)
    checkpoint()
    with owner_rights() as execute:
        execute("DELETE FROM audit_checkpoint")
    assert "checkpoints that were published: 1, and none here" in verify_database(checkpoints=folder).sentence
    assert "no checkpoint yet" in verify_database().sentence


def test_a_key_is_not_changed_again_while_two_sign(happen: Happen, folder: Path) -> None:
    happen(2)
    log = checkpoint().log
    (first,) = load_keys().public(log)
    call_command("audit_key", "rotate")
    with pytest.raises(CommandError, match="Two keys sign already"):
        call_command("audit_key", "rotate")
    assert record.types("audit.key") == ["audit.key_rotated"]
    assert Checkpoint.parse((folder / "latest").read_text()).signer([first]) == first


def test_a_key_is_changed_with_an_overlap_in_which_both_sign(
    happen: Happen, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    happen(2)
    log = checkpoint().log
    (old,) = load_keys().public(log)
    call_command("audit_key", "rotate", note="yearly")
    new = load_keys().public(log)[0]
    latest = Checkpoint.parse((folder / "latest").read_text())
    assert (latest.signer([old]), latest.signer([new])) == (old, new)
    capsys.readouterr()
    call_command("audit_key", "retire")
    assert capsys.readouterr().out == f"{new}  (signs)\n{old}  (retired)\n"
    latest = Checkpoint.parse((folder / "latest").read_text())
    assert (latest.signer([old]), latest.signer([new])) == (None, new)
    assert record.types("audit.key") == ["audit.key_rotated", "audit.key_retired"]
    assert record.newest("audit.key_rotated")["found"]["query"]["key"] == str(new)
    found = verify_database(checkpoints=folder, keys=[new])
    assert found.verdict is Verdict.INTACT
    assert verify_database(checkpoints=folder, keys=[old]).verdict is Verdict.ALTERED


NO_KEY = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize("content", [b"", b"nonsense", NO_KEY])
def test_a_file_without_a_key_is_refused_and_left_alone(happen: Happen, settings: LazySettings, content: bytes) -> None:
    happen(1)
    path = Path(settings.AUDIT_SIGNING_KEY_FILE)
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(NotCheckpointed, match="AUDIT_SIGNING_KEY_FILE holds"):
        checkpoint()
    assert path.read_bytes() == content
    with pytest.raises(CommandError, match="AUDIT_SIGNING_KEY_FILE holds"):
        call_command("audit_key")


def test_many_at_once_agree_while_events_are_appended(system: Actor, folder: Path) -> None:
    def work(number: int) -> None:
        try:
            for _ in range(10):
                append(Event(type=EventType.CONNECTION_VIEWED, actor=system))
                if number % 2:
                    checkpoint()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    checkpoint()
    assert sizes()[-1] == 80
    assert len(list(folder.iterdir())) == len(sizes()) + 1
    assert verify_database(checkpoints=folder).verdict is Verdict.INTACT
