"""What stands for archived events, and the archives themselves, is held against what was signed and said."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError
from django.db import connection

from connections.audit.body import COLUMNS
from connections.audit.checkpoints import checkpoint
from connections.audit.signing import Keys
from connections.audit.verifier.verify import (
    Tombstone,
    Verdict,
    verify_bundle,
)
from connections.audit.verify import verify_database
from connections.models import AuditEvent, AuditTombstone
from tests.database import Owner
from tests.retention.archives import FOLDER, refusing, replace
from tests.retention.conftest import Run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: replace(folder / "events.jsonl", b"telephone", b"telephane"),
        lambda folder: replace(folder / "events.jsonl", b"SUP-7", b"SUP-9"),
        lambda folder: (folder / "events.jsonl").write_bytes((folder / "events.jsonl").read_bytes()[:-700]),
        lambda folder: (folder / "events.jsonl").unlink(),
        lambda folder: replace(folder / "tombstone", b"tombstone 1 100", b"tombstone 1 101"),
        lambda folder: replace(folder / "manifest.json", b'"count": 100', b'"count": 99'),
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


@pytest.mark.parametrize("body", ["no JSON", "[]", "null", '{"a":' * 3000, '{"type":"audit.archived"}'], ids=len)
def test_where_the_event_of_a_tombstone_is_written_over_the_first_that_it_is_about_is_named(
    signed: int, run: Run, owner_rights: Owner, tmp_path: Path, body: str
) -> None:
    run("audit_archive", through=signed, output=tmp_path, yes=True)
    with owner_rights() as execute:
        execute("UPDATE audit_event SET body = %s WHERE type = 'audit.archived'", body)
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1)
