"""Events leave the database for a folder, and come back, and nothing about the log is less certain for it."""

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.management import CommandError
from django.db import DatabaseError, connection
from django.test import Client

from connections.audit.body import COLUMNS
from connections.audit.checkpoints import checkpoint
from connections.audit.events import Actor, Event, EventType
from connections.audit.export import export
from connections.audit.filters import Filters
from connections.audit.ledger import append
from connections.audit.proofs import proofs_of
from connections.audit.selfcheck import check_append_only
from connections.audit.signing import Keys, load_keys
from connections.audit.tree import keep_leaves, stored_tree
from connections.audit.verification_run import own_checkpoints
from connections.audit.verifier.verify import (
    Frontier,
    Tombstone,
    Verdict,
    is_consistent,
    leaf_hash,
    root_of_inclusion,
    verify_bundle,
)
from connections.audit.verify import verify_database
from connections.models import AuditDetail, AuditEvent, AuditTombstone, Operation, State
from tests import record
from tests.database import Owner
from tests.deeds import revoke
from tests.failing_database import Failing
from tests.retention.conftest import NOTE, USER, Run
from tests.together import at_once
from tests.working import work_to_the_end

pytestmark = pytest.mark.django_db(transaction=True)

FOLDER = "000000000001-000000000100"


@pytest.fixture
def archived(signed: int, tmp_path: Path, run: Run) -> Path:
    """Events 1 to 100 are archived in the folder this gives."""
    run("audit_archive", "--yes", through=signed, output=tmp_path / "archive", note="older than we keep")
    return tmp_path / "archive"


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


def test_an_archive_verifies_offline(archived: Path) -> None:
    found = verify_bundle(archived / FOLDER)
    assert found.verdict is Verdict.INTACT, found
    assert found.sentence.startswith("Intact: 100 events, 1 to 100, leaf ")


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
    _replace(archived / "other" / "tombstone", b"tombstone 1 ", b"tombstone 2 ")
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


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: _replace(folder / "events.jsonl", b"telephone", b"telephane"),
        lambda folder: _replace(folder / "events.jsonl", b"SUP-7", b"SUP-9"),
        lambda folder: (folder / "events.jsonl").write_bytes((folder / "events.jsonl").read_bytes()[:-700]),
        lambda folder: (folder / "events.jsonl").unlink(),
        lambda folder: _replace(folder / "tombstone", b"tombstone 1 100", b"tombstone 1 101"),
        lambda folder: _replace(folder / "manifest.json", b'"count": 100', b'"count": 99'),
        shutil.rmtree,
    ],
)
def test_an_archive_that_was_tampered_with_is_refused(
    archived: Path, run: Run, spoil: Callable[[Path], object]
) -> None:
    spoil(archived / FOLDER)
    assert verify_bundle(archived / FOLDER).verdict is not Verdict.INTACT
    with pytest.raises(CommandError):
        run("audit_restore", str(archived / FOLDER))
    assert not AuditEvent.objects.filter(seq__lte=100).exists()
    assert verify_database().verdict is Verdict.INTACT


def test_a_missing_archive_is_said_to_be_missing(archived: Path) -> None:
    shutil.rmtree(archived / FOLDER)
    found = verify_database(archive=archived)
    assert (found.verdict, found.seq) == (Verdict.INCOMPLETE, 1)


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ("UPDATE audit_tombstone SET note = 'x'", Verdict.ALTERED),
        ("UPDATE audit_tombstone SET last = 99", Verdict.ALTERED),
        ("UPDATE audit_tombstone SET restored_seq = 107", Verdict.ALTERED),
        ("DELETE FROM audit_tombstone", Verdict.INCOMPLETE),
        ("UPDATE audit_tombstone SET seq = 7", Verdict.ALTERED),
        ("UPDATE audit_tombstone SET seq = 0, location = '/srv/elsewhere'", Verdict.ALTERED),
        ("UPDATE audit_node SET hash = (SELECT hash FROM audit_node WHERE level = 0 AND idx = 1) WHERE idx = 0", None),
        ("DELETE FROM audit_node WHERE level = 0 AND idx = 50", None),
        ("INSERT INTO audit_detail (seq, field, value) VALUES (5, 'why.note', 'left behind')", Verdict.ALTERED),
        (
            """INSERT INTO audit_tombstone (seq, first, last, last_at, location, note)
            SELECT 999, 101, 105, last_at, location, note FROM audit_tombstone""",
            Verdict.ALTERED,
        ),
    ],
)
def test_tampering_with_what_stands_for_archived_events_is_found(
    archived: Path, owner_rights: Owner, statement: str, verdict: Verdict | None
) -> None:
    assert archived
    with owner_rights() as execute:
        execute(statement)
    found = verify_database()
    assert found.verdict is not Verdict.INTACT
    assert verdict in (None, found.verdict)


@pytest.mark.parametrize("is_back", [False, True])
@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ("UPDATE audit_tombstone SET location = '/srv/elsewhere'", "location"),
        ("UPDATE audit_tombstone SET last_at = '2020-01-01 00:00:00+00:00'", "last_at"),
    ],
)
def test_what_a_tombstone_does_not_sign_is_held_against_its_event(
    archived: Path, run: Run, owner_rights: Owner, statement: str, column: str, *, is_back: bool
) -> None:
    if is_back:
        run("audit_restore", str(archived / FOLDER))
    with owner_rights() as execute:
        execute(statement)
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1), found
    assert f"the {column} of its tombstone is not what its audit.archived says" in found.sentence


def test_a_time_of_a_tombstone_that_is_none_is_found(archived: Path, owner_rights: Owner) -> None:
    assert archived
    with owner_rights() as execute:
        execute("UPDATE audit_tombstone SET last_at = %s", "no time" if connection.vendor == "sqlite" else "infinity")
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1), found


def test_what_the_event_of_a_tombstone_says_is_read_in_the_archive_where_that_is_archived_itself(
    archived: Path, looks: Callable[[int], None], run: Run, owner_rights: Owner
) -> None:
    looks(50)
    run("audit_archive", through=checkpoint().size, output=archived, yes=True)
    with owner_rights() as execute:
        execute("UPDATE audit_tombstone SET location = '/srv/elsewhere' WHERE first = 1")
    assert verify_database().verdict is Verdict.INTACT  # only the archive could tell
    found = verify_database(archive=archived)
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1), found
    assert "the location of its tombstone is not what its audit.archived says" in found.sentence


@pytest.mark.parametrize("is_archived", [False, True])
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_tombstone WHERE restored_seq IS NOT NULL",
        "UPDATE audit_tombstone SET restored_seq = restored_seq + 1 WHERE restored_seq IS NOT NULL",
        "UPDATE audit_tombstone SET seq = seq + 1 WHERE restored_seq IS NOT NULL",
    ],
)
def test_what_came_back_has_its_tombstone_still(
    archived: Path, run: Run, owner_rights: Owner, statement: str, *, is_archived: bool
) -> None:
    """Also once both events that say so are archived, where the archive is read."""
    run("audit_restore", str(archived / FOLDER))
    if is_archived:
        run("audit_archive", through=checkpoint().size, output=archived, yes=True)
    archive = archived if is_archived else None
    assert verify_database(archive=archive).verdict is Verdict.INTACT
    with owner_rights() as execute:
        execute(statement)
    assert verify_database(archive=archive).verdict is Verdict.ALTERED


def test_a_folder_with_an_accent_is_where_it_was_put(signed: int, tmp_path: Path, run: Run) -> None:
    """Events hold text in NFC; a path is whatever the file system took."""
    run("audit_archive", "--yes", through=signed, output=tmp_path / "Archiv f\u0075\u0308r Ana")
    assert verify_database().verdict is Verdict.INTACT


def test_a_tombstone_signed_by_somebody_else_is_found(
    signed: int, tmp_path: Path, run: Run, settings: Any, owner_rights: Owner
) -> None:
    """The owner of the database, without the key, lets events disappear by the book."""
    run("audit_archive", through=signed, output=tmp_path, yes=True)
    row = AuditTombstone.objects.get()
    text = Tombstone.parse(row.note)
    forged = Keys((Ed25519PrivateKey.generate(),)).sign(text.text, text.origin)
    with owner_rights() as execute:
        execute("UPDATE audit_tombstone SET note = %s", forged)
    assert settings.AUDIT_SIGNING_KEY_FILE
    found = verify_database()
    assert found.verdict is Verdict.ALTERED
    assert "the tombstone of events 1 to 100 is not signed by any key that is known" in found.sentence


def test_what_came_back_cannot_be_taken_away_again_by_its_old_tombstone(
    archived: Path, run: Run, owner_rights: Owner
) -> None:
    run("audit_restore", str(archived / FOLDER))
    with owner_rights() as execute:
        execute("UPDATE audit_tombstone SET restored_seq = NULL")
        for table in ("audit_detail", "audit_event"):
            execute(f"DELETE FROM {table} WHERE seq <= 100")
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1)
    assert "no audit.archived bears out the tombstone of events 1 to 100" in found.sentence


def test_a_beginning_withheld_from_an_export_is_not_called_archived(signed: int, ana: Actor, tmp_path: Path) -> None:
    known, bundle = load_keys().public(settings.AUDIT_ORIGIN), tmp_path / "bundle"
    export(bundle, Filters(), actor=ana)
    withhold_by_own_key(bundle, 60)
    found = verify_bundle(bundle, keys=known, checkpoints=own_checkpoints())
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1)
    assert signed


def test_nor_where_what_is_left_is_passed_off_as_an_archived_part(signed: int, ana: Actor, tmp_path: Path) -> None:
    known, bundle = load_keys().public(settings.AUDIT_ORIGIN), tmp_path / "bundle"
    export(bundle, Filters(), actor=ana)
    own = withhold_by_own_key(bundle, 60)
    manifest = json.loads((bundle / "manifest.json").read_text()) | {"format": "audit-segment/1"}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    leaf = leaf_hash(json.loads((bundle / "events.jsonl").read_bytes().splitlines()[-1])["body"])
    root, digest = base64.b64decode(manifest["root"]), manifest["sha256"]
    unsigned = Tombstone(settings.AUDIT_ORIGIN, 61, manifest["last"], root, leaf, digest)
    (bundle / "tombstone").write_text(own.sign(unsigned.text, unsigned.origin))
    found = verify_bundle(bundle, keys=known, checkpoints=own_checkpoints())
    assert (found.verdict, found.seq) == (Verdict.INCOMPLETE, None), found
    assert "which is none of the keys you gave" in found.sentence
    said = verify_bundle(bundle).sentence
    assert all(str(key) in said for key in (*known, *own.public(settings.AUDIT_ORIGIN)))
    assert said.endswith("; you must know each of these keys.")
    assert signed


def withhold_by_own_key(bundle: Path, count: int) -> Keys:
    """By somebody without the key, who signs a tombstone with one of their own and encloses it."""
    own = Keys((Ed25519PrivateKey.generate(),))
    lines = (bundle / "events.jsonl").read_bytes().splitlines(keepends=True)
    leaves = [leaf_hash(json.loads(line)["body"]) for line in lines[:count]]
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    unsigned = Tombstone(settings.AUDIT_ORIGIN, 1, count, tree.root(), leaves[-1], "0" * 64)
    note = own.sign(unsigned.text, unsigned.origin)
    peaks = [base64.b64encode(each).decode() for each in tree.peaks]
    base = {"size": count, "leaf": base64.b64encode(leaves[-1]).decode(), "peaks": peaks}
    (bundle / "tombstones.jsonl").write_text(json.dumps({"note": note}) + "\n")
    (bundle / "base.json").write_text(json.dumps(base))
    with (bundle / "keys.txt").open("a") as keys:
        keys.writelines(f"{key}\n" for key in own.public(settings.AUDIT_ORIGIN))
    withhold(bundle, count)
    return own


def test_what_came_back_cannot_be_withheld_by_its_old_tombstone(
    archived: Path, run: Run, ana: Actor, tmp_path: Path
) -> None:
    export(tmp_path / "before", Filters(), actor=ana)
    run("audit_restore", str(archived / FOLDER))
    export(tmp_path / "after", Filters(), actor=ana)
    for name in ("tombstones.jsonl", "base.json"):
        shutil.copy(tmp_path / "before" / name, tmp_path / "after")
    withhold(tmp_path / "after", 100)
    found = verify_bundle(tmp_path / "after")
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1)


def withhold(bundle: Path, count: int) -> None:
    """The first so many events, and what says that they were there."""
    content = b"".join((bundle / "events.jsonl").read_bytes().splitlines(keepends=True)[count:])
    (bundle / "events.jsonl").write_bytes(content)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest |= {"first": count + 1, "count": manifest["count"] - count, "sha256": hashlib.sha256(content).hexdigest()}
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def test_an_archive_signed_by_a_key_it_brings_itself_is_not_called_intact(archived: Path) -> None:
    other = Keys((Ed25519PrivateKey.generate(),)).public(settings.AUDIT_ORIGIN)
    assert verify_bundle(archived / FOLDER, keys=load_keys().public(settings.AUDIT_ORIGIN)).verdict is Verdict.INTACT
    found = verify_bundle(archived / FOLDER, keys=other)
    assert found.verdict is Verdict.INCOMPLETE
    assert "which is none of the keys you gave" in found.sentence


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_event WHERE seq = 1",
        "DELETE FROM audit_event WHERE seq = 101",
        "DELETE FROM audit_detail WHERE seq = 1",
        "DELETE FROM audit_event",
    ],
)
def test_without_a_tombstone_nothing_can_be_deleted(signed: int, statement: str) -> None:
    while keep_leaves(signed):
        pass
    with pytest.raises(DatabaseError, match="append-only"):
        execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_event WHERE seq = 101",
        "DELETE FROM audit_detail WHERE seq = 101",
        "DELETE FROM audit_event",
        "DELETE FROM audit_tombstone",
        "UPDATE audit_tombstone SET restored_seq = 1",
        "UPDATE audit_tombstone SET restored_seq = (SELECT max(seq) FROM audit_event)",
        "UPDATE audit_tombstone SET location = 'elsewhere'",
        "INSERT INTO audit_detail (seq, field, value) VALUES (100, 'why.note', 'x')",
    ],
)
def test_with_a_tombstone_nothing_else_can_be(archived: Path, statement: str) -> None:
    assert archived
    with pytest.raises(DatabaseError, match="append-only"):
        execute(statement)


@pytest.mark.parametrize("seq", [100, 99, 1, 0])
def test_no_other_event_comes_back_than_the_one_that_left(archived: Path, seq: int) -> None:
    """Neither another in its place, nor one before its turn, nor one before the first."""
    assert archived
    copies = ", ".join(["at", *COLUMNS])
    with pytest.raises(DatabaseError, match="append-only"):
        execute(
            f"INSERT INTO audit_event (seq, {copies}, body, leaf) "
            f"SELECT {seq}, {copies}, body, substr(leaf, 2) FROM audit_event WHERE seq = 101"
        )


@pytest.mark.parametrize("first", [2, 50])
def test_a_tombstone_begins_at_the_first_event(signed: int, ana: Actor, first: int) -> None:
    while keep_leaves(signed):
        pass
    seq = append(Event(type=EventType.AUDIT_ARCHIVED, actor=ana)).seq
    with pytest.raises(DatabaseError, match="append-only"):
        AuditTombstone(seq=seq, first=first, last=signed, last_at=datetime.now(UTC), location="", note="").save()


def test_the_self_check_passes_with_events_archived(archived: Path) -> None:
    assert archived
    check_append_only()


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


@pytest.mark.parametrize("form", ["native", "csv", "ocsf"])
def test_an_export_says_what_is_archived_and_not_in_it(archived: Path, auditor: Client, form: str) -> None:
    assert archived
    left_out = "Events 1 to 100 are archived and not in the export."
    assert left_out in auditor.get("/audit/export/").text
    prepared = auditor.post("/audit/export/", {"format": form}, follow=True)
    assert left_out in prepared.text
    file = auditor.get(prepared.context["export"].file_url)
    assert b"".join(file.streaming_content)  # type: ignore[attr-defined]
    for each in record.bodies("audit.exported"):
        assert each["found"]["query"]["archived_through"] == "100"


def test_an_export_of_everything_goes_on_after_the_archive(archived: Path, run: Run, tmp_path: Path) -> None:
    run("audit_export", output=tmp_path / "out")
    found = verify_bundle(tmp_path / "out", checkpoints=own_checkpoints())
    assert found.verdict is Verdict.INTACT, found
    assert found.sentence.startswith("Intact: 7 events, 101 to 107")
    assert "events 1 to 100 are archived, and were not read" in found.sentence
    found = verify_bundle(tmp_path / "out", archive=archived)
    assert found.verdict is Verdict.INTACT, found
    assert found.sentence.startswith("Intact: 107 events, 1 to 107")
    _replace(archived / FOLDER / "events.jsonl", b"SUP-7", b"SUP-9")
    assert verify_bundle(tmp_path / "out", archive=archived).verdict is Verdict.ALTERED


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "base.json").unlink(),
        lambda folder: _replace(folder / "base.json", b'"size":100', b'"size":99'),
        lambda folder: _replace(folder / "base.json", b'"peaks":["', b'"peaks":["A'),
        lambda folder: (folder / "tombstones.jsonl").unlink(),
        lambda folder: (folder / "tombstones.jsonl").write_text("[]\n"),
    ],
)
def test_an_export_that_lies_about_the_archive_is_found(
    archived: Path, run: Run, tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    assert archived
    run("audit_export", output=tmp_path / "out")
    spoil(tmp_path / "out")
    assert verify_bundle(tmp_path / "out").verdict is not Verdict.INTACT


def test_a_selection_says_that_older_events_are_archived(archived: Path, run: Run, tmp_path: Path) -> None:
    assert archived
    run("audit_export", output=tmp_path / "out", type="audit.archived")
    found = verify_bundle(tmp_path / "out")
    assert found.verdict is Verdict.INTACT, found
    assert "events 1 to 100 are archived, and were not read" in found.sentence


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


def test_rows_left_of_archived_events_are_looked_at_too(archived: Path, run: Run, owner_rights: Owner) -> None:
    with refusing("INSERT", 50), pytest.raises(CommandError, match="again"):
        run("audit_restore", str(archived / FOLDER))
    assert not AuditEvent.objects.filter(seq__lte=100).exists()
    with owner_rights() as execute:
        copies = ", ".join(["at", *COLUMNS])
        execute(
            f"INSERT INTO audit_event (seq, {copies}, body, leaf) "
            f"SELECT 100, {copies}, body, substr(leaf, 2) FROM audit_event WHERE seq = 101"
        )
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 100)


@contextmanager
def refusing(occasion: str, seq: int) -> Iterator[None]:
    """The database fails when it comes to this event."""
    row = "OLD" if occasion == "DELETE" else "NEW"
    if connection.vendor == "sqlite":
        execute(
            f"CREATE TRIGGER broken BEFORE {occasion} ON audit_event WHEN {row}.seq = {seq} "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    else:
        execute("CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$")
        execute(
            f"CREATE TRIGGER broken BEFORE {occasion} ON audit_event FOR EACH ROW WHEN ({row}.seq = {seq}) "
            "EXECUTE FUNCTION broken()"
        )
    try:
        yield
    finally:
        execute("DROP TRIGGER broken" if connection.vendor == "sqlite" else "DROP FUNCTION broken CASCADE")


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _replace(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


@pytest.mark.parametrize("body", ["no JSON", "[]", "null", '{"a":' * 3000, '{"type":"audit.archived"}'], ids=len)
def test_where_the_event_of_a_tombstone_is_written_over_the_first_that_it_is_about_is_named(
    signed: int, run: Run, owner_rights: Owner, tmp_path: Path, body: str
) -> None:
    run("audit_archive", through=signed, output=tmp_path, yes=True)
    with owner_rights() as execute:
        execute("UPDATE audit_event SET body = %s WHERE type = 'audit.archived'", body)
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1)
