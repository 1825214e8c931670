"""Events leave the database for a folder, and come back, and nothing about the log is less certain for it."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError
from django.db import connection
from django.test import Client

from connections.audit.checkpoints import checkpoint
from connections.audit.events import Actor, Event, EventType
from connections.audit.ledger import append
from connections.audit.proofs import proofs_of
from connections.audit.tree import stored_tree
from connections.audit.verification_run import own_checkpoints
from connections.audit.verifier.verify import (
    Verdict,
    is_consistent,
    root_of_inclusion,
    verify_bundle,
)
from connections.audit.verify import verify_database
from connections.models import AuditDetail, AuditEvent, AuditTombstone, Operation, State
from tests import record
from tests.database import Owner
from tests.deeds import revoke
from tests.failing_database import Failing
from tests.retention.archives import FOLDER, refusing, replace
from tests.retention.conftest import NOTE, USER, Run
from tests.together import at_once
from tests.working import work_to_the_end

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_archived_is_gone_from_the_database_and_the_log_is_intact(archived: Path) -> None:
    assert AuditEvent.objects.order_by("seq").values_list("seq", flat=True).first() == 101
    assert not AuditDetail.objects.filter(seq__lte=100).exists()
    found = verify_database()
    assert found.verdict is Verdict.INTACT, found
    assert found.sentence.startswith("Intact: 6 events, 101 to 106, leaf ")
    assert "events 1 to 100 are archived, and were not read" in found.sentence
    assert (archived / FOLDER).is_dir()


def test_what_is_archived_while_it_is_verified_is_not_missing(signed: int, tmp_path: Path, run: Run) -> None:
    has_begun = False

    def archive_before_events_are_read(execute: Callable[..., Any], statement: str, *rest: Any) -> Any:
        nonlocal has_begun
        if not has_begun and "body" in statement:
            has_begun = True
            at_once(lambda: run("audit_archive", "--yes", through=signed, output=tmp_path / "archive"))
        return execute(statement, *rest)

    with connection.execute_wrapper(archive_before_events_are_read):
        found = verify_database()
    assert (has_begun, AuditTombstone.objects.count()) == (True, 1)
    assert found.verdict is Verdict.INTACT, found
    assert "events 1 to 100 are archived" in found.sentence


def test_with_the_archive_all_of_the_log_is_read(archived: Path) -> None:
    found = verify_database(archive=archived)
    assert found.verdict is Verdict.INTACT, found
    assert found.sentence.startswith("Intact: 106 events, 1 to 106, leaf ")
    assert "events 1 to 100 are archived, and were read in the archive" in found.sentence


def test_brought_back_everything_is_as_it_was(signed: int, tmp_path: Path, run: Run) -> None:
    before = rows(signed)
    run("audit_archive", "--yes", through=signed, output=tmp_path)
    assert rows(signed) == [[], []]
    assert run("audit_restore", str(tmp_path / FOLDER)) == "Events 1 to 100 are back.\n"
    assert rows(signed) == before
    found = verify_database()
    assert found.verdict is Verdict.INTACT, found
    assert found.sentence.startswith("Intact: 107 events, 1 to 107, leaf ")


def rows(last: int) -> list[list[Any]]:
    """What stands in the tables up to this event."""
    found = []
    for table, key in (("audit_event", "seq"), ("audit_detail", "seq, field")):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} WHERE seq <= %s ORDER BY {key}", [last])
            found.append([tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in cursor])
    return found


def test_its_events_say_what_was_archived_and_brought_back(archived: Path, run: Run) -> None:
    manifest = json.loads((archived / FOLDER / "manifest.json").read_text())
    body = record.newest("audit.archived")
    assert (body["found"]["count"], body["found"]["digest"]) == (100, manifest["sha256"])
    last = json.loads((archived / FOLDER / "events.jsonl").read_text().splitlines()[-1])
    assert body["found"]["query"] == {
        "first": "1",
        "last": "100",
        "location": str(archived / FOLDER),
        "last_at": json.loads(last["body"])["at"],
    }
    assert record.details("why.note")[-1] == "older than we keep"
    run("audit_restore", str(archived / FOLDER))
    assert record.newest("audit.restored")["cause"] == body["seq"]


def test_proofs_of_every_event_still_hold_and_old_checkpoints_are_still_compared(
    revocation: Callable[..., UUID], looks: Callable[[int], None], run: Run, tmp_path: Path
) -> None:
    looks(30)
    checkpoint()
    looks(200)
    checkpoint()
    leaves = dict(AuditEvent.objects.values_list("seq", "leaf"))
    looks(3)
    run("audit_archive", through=230, output=tmp_path, yes=True)
    made, proofs = proofs_of([1, 29, 64, 65, 229, 230])
    for seq, proof in proofs.items():
        assert root_of_inclusion(bytes(leaves[seq]), seq - 1, made.size, proof.path) == made.root
    tree = stored_tree()
    assert is_consistent(30, tree.root(30), made.size, made.root, tree.consistency(30, made.size))
    revocation()
    checkpoint()
    found = verify_database(checkpoints=own_checkpoints())
    assert found.verdict is Verdict.INTACT
    assert "5 checkpoints" in found.sentence


def test_a_second_archive_goes_on_where_the_first_ended_and_comes_back_first(
    archived: Path, looks: Callable[[int], None], run: Run
) -> None:
    looks(50)
    last = checkpoint().size
    run("audit_archive", through=last, output=archived, yes=True)
    second = f"{101:012}-{last:012}"
    looks(2)
    assert verify_bundle(archived / second).verdict is Verdict.INTACT
    assert verify_database().verdict is Verdict.INTACT
    assert verify_database(archive=archived).sentence.startswith("Intact: 159 events, 1 to 159")
    turn = f"The newest archive comes back first: that of events 101 to {last}, put into {archived / second}."
    with pytest.raises(CommandError, match=re.escape(f"{archived / FOLDER} is that of events 1 to 100. {turn}")):
        run("audit_restore", str(archived / FOLDER))
    shutil.copytree(archived / FOLDER, archived / "other")
    replace(archived / "other" / "tombstone", b"tombstone 1 ", b"tombstone 2 ")
    with pytest.raises(CommandError, match=re.escape(f"other is of nothing that is archived here. {turn}")):
        run("audit_restore", str(archived / "other"))
    run("audit_restore", str(archived / second))
    run("audit_restore", str(archived / FOLDER))
    assert verify_database().sentence.startswith("Intact: 161 events, 1 to 161")


def test_what_was_brought_back_can_be_archived_again(archived: Path, tmp_path: Path, run: Run) -> None:
    run("audit_restore", str(archived / FOLDER))
    run("audit_redact", user=USER, reason="erasure_request", yes=True)
    with pytest.raises(CommandError, match="holds an older archive of these events"):
        run("audit_archive", through=100, output=archived, yes=True)
    run("audit_archive", through=100, output=tmp_path / "again", yes=True)
    assert NOTE not in (tmp_path / "again" / FOLDER / "events.jsonl").read_text()
    assert verify_database(archive=tmp_path / "again").verdict is Verdict.INTACT
    found = verify_database(archive=archived)
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1)


def test_what_was_erased_before_it_was_archived_is_still_accounted_for(
    signed: int, tmp_path: Path, run: Run, owner_rights: Owner, looks: Callable[[int], None]
) -> None:
    run("audit_redact", first=95, last=105, field=["actor.ip"], reason="retention_period", yes=True)
    run("audit_archive", through=signed, output=tmp_path, yes=True)
    looks(1)
    assert verify_bundle(tmp_path / FOLDER).verdict is Verdict.INTACT
    assert verify_database().verdict is Verdict.INTACT
    assert verify_database(archive=tmp_path).verdict is Verdict.INTACT
    with owner_rights() as execute:
        execute("UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = CURRENT_TIMESTAMP WHERE seq = 104")
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 104)


def test_as_much_as_is_older_than_a_day(signed: int, run: Run, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be archived: there are none"):
        run("audit_archive", before="2020-01-01", output=tmp_path, yes=True)
    said = run("audit_archive", before="2999-01-01", output=tmp_path, dry_run=True)
    assert said == (
        f"Events 1 to {signed} can be archived.\n  No more: a part of the log ends where a checkpoint was signed.\n"
    )
    assert run("audit_archive", before="2999-01-01", output=tmp_path, yes=True).endswith(
        f"Archived events 1 to {signed} in {tmp_path / FOLDER}.\n"
    )


def test_only_at_a_checkpoint(signed: int, run: Run, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="a part of the log ends where a checkpoint was signed"):
        run("audit_archive", through=signed - 1, output=tmp_path, yes=True)


def test_a_revocation_is_never_cut_in_two(looks: Callable[[int], None], ana: Actor, run: Run, tmp_path: Path) -> None:
    looks(10)
    checkpoint()
    append(Event(type=EventType.REVOCATION_INTENDED, actor=ana, operation=UUID(int=1)))
    checkpoint()
    append(Event(type=EventType.REVOCATION_ATTEMPTED, actor=ana, operation=UUID(int=1)))
    looks(1)
    with pytest.raises(CommandError, match="the revocation that begins at event 11 goes on after event 11"):
        run("audit_archive", through=11, output=tmp_path, yes=True)
    run("audit_archive", before="2999-01-01", output=tmp_path, yes=True)
    assert AuditTombstone.objects.get().last == 10


def test_what_is_not_finished_keeps_its_events_until_it_is(
    support: Client, row: Any, run: Run, tmp_path: Path, simulator: Any
) -> None:
    simulator.fault("server-error", method="DELETE")
    revoke(support, row)
    operation = Operation.objects.get()
    assert operation.due_at is not None
    last = checkpoint().size
    with pytest.raises(CommandError, match="is not finished"):
        run("audit_archive", through=last, output=tmp_path, yes=True)


def test_a_rebuild_leaves_operations_alone_whose_events_are_archived(
    support: Client, lead: Client, row: Any, run: Run, tmp_path: Path
) -> None:
    revoke(support, row)
    work_to_the_end()
    last = checkpoint().size
    lead.get("/")
    run("audit_archive", through=last, output=tmp_path, yes=True)
    assert run("operations_rebuild") == "1 of 1 operations agree with their events.\n"
    operation = Operation.objects.get()
    assert operation.state == State.SEEN_GONE
    page = lead.get(f"/operations/{operation.pk}/").text
    assert f"Events 1 to {last} are archived and not shown here." in page
    assert "Its events are archived" in lead.get(f"/operations/{operation.pk}/receipt/").text


def test_pages_and_searches_say_what_is_archived(archived: Path, auditor: Client) -> None:
    page = auditor.get("/audit/", {"q": "telephone"}).text
    assert "Events 1 to 100 are archived, and no search here finds them." in page
    retention = auditor.get("/audit/retention/").text
    assert f"{archived / FOLDER}" in retention
    gone = auditor.get("/audit/7/")
    assert gone.status_code == 404
    assert "Event 7 is archived" in gone.text
    count = AuditEvent.objects.order_by("-seq").values_list("seq", flat=True)[0] - 100
    assert f"{count}" in auditor.get("/audit/count/").text
    report = auditor.get(f"/audit/subjects/{USER}/", {"format": "json"})
    assert json.loads(b"".join(report.streaming_content))["archived_through"] == 100  # type: ignore[attr-defined]


def test_the_commands_verify_with_the_archive(archived: Path, run: Run) -> None:
    assert "and were read in the archive" in run("audit_verify", archive=archived)
    assert "and were not read" in run("audit_verify")


def test_an_event_that_cannot_be_recorded_deletes_nothing_and_the_folder_is_taken_up(
    signed: int, run: Run, tmp_path: Path, refuse_events: Failing
) -> None:
    with refuse_events("audit.archived"), pytest.raises(CommandError, match="could not be written"):
        run("audit_archive", through=signed, output=tmp_path, yes=True)
    assert AuditEvent.objects.filter(seq__lte=signed).count() == signed
    written = (tmp_path / FOLDER / "manifest.json").stat().st_mtime_ns
    run("audit_archive", through=signed, output=tmp_path, yes=True)
    assert (tmp_path / FOLDER / "manifest.json").stat().st_mtime_ns == written
    assert verify_database(archive=tmp_path).verdict is Verdict.INTACT


def test_a_folder_that_cannot_be_written_deletes_nothing(signed: int, run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="cannot be written"):
        run("audit_archive", through=signed, output=tmp_path / "file", yes=True)
    assert AuditEvent.objects.filter(seq__lte=signed).count() == signed


def test_interrupted_half_way_in_both_directions_nothing_is_lost(
    looks: Callable[[int], None], run: Run, tmp_path: Path
) -> None:
    looks(2600)
    last = checkpoint().size
    looks(1)
    with refusing("DELETE", 2500), pytest.raises(CommandError, match="run audit_archive again"):
        run("audit_archive", through=last, output=tmp_path, yes=True)
    assert AuditEvent.objects.filter(seq__lte=last).count() == 600
    assert verify_database().verdict is Verdict.INTACT
    assert run("audit_archive") == "Deleted 600 events that were archived and still there.\n"
    (folder,) = tmp_path.iterdir()
    with refusing("INSERT", 700), pytest.raises(CommandError, match="run audit_restore again"):
        run("audit_restore", str(folder))
    assert 0 < AuditEvent.objects.filter(seq__lte=last).count() < last
    assert verify_database().verdict is Verdict.INTACT
    assert verify_database(archive=tmp_path).verdict is Verdict.INTACT
    run("audit_restore", str(folder))
    assert verify_database().sentence.startswith("Intact: 2603 events, 1 to 2603")


def test_nothing_is_erased_in_what_an_interrupted_archive_left(signed: int, run: Run, tmp_path: Path) -> None:
    """It would come back with the archive, and the log would say that it is erased."""
    with refusing("DELETE", 1), pytest.raises(CommandError, match="run audit_archive again"):
        run("audit_archive", "--yes", through=signed, output=tmp_path)
    with pytest.raises(CommandError, match="There is nothing of it to erase"):
        run("audit_redact", user=USER, reason="erasure_request", yes=True)
    run("audit_archive")
    run("audit_restore", str(tmp_path / FOLDER))
    assert verify_database().verdict is Verdict.INTACT
    run("audit_redact", user=USER, reason="erasure_request", yes=True)
    assert verify_database().verdict is Verdict.INTACT
