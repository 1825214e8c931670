"""SQLite stores anything in any column: whatever its owner puts there is found, and the first bad event named."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection  # noqa: F401 - the mark below asks it

from connections.audit.checkpoints import NotCheckpointed, checkpoint
from connections.audit.events import Actor, Event, EventType
from connections.audit.ledger import append, recording
from connections.audit.verifier.verify import Verdict
from connections.audit.verify import verify_database
from tests.database import Owner

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL keeps to the kind of a column"),
]

NO_UTF8 = "CAST(X'FF' AS TEXT)"
EVENT, DETAIL = "UPDATE audit_event SET", "UPDATE audit_detail SET"
NOTE = "WHERE seq = 2 AND field = 'why.note'"


@pytest.fixture(autouse=True)
def recorded(revocation: Callable[[], UUID]) -> None:
    """Events 1 to 6, signed."""
    revocation()
    revocation()
    checkpoint()


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        (f"{EVENT} leaf = 100000000000000 WHERE seq = 3", 3),
        (f"{EVENT} leaf = {NO_UTF8} WHERE seq = 3", 3),
        (f"{EVENT} at = '2026-99-99 00:00:00' WHERE seq = 3", 3),
        (f"{EVENT} at = {NO_UTF8} WHERE seq = 3", 3),
        (f"{EVENT} at = 100000000000000 WHERE seq = 3", 3),
        (f"{EVENT} seq = 'three' WHERE seq = 3", 3),
        (f"{EVENT} seq = X'03' WHERE seq = 3", 3),
        (f"{EVENT} seq = 3.5 WHERE seq = 3", 3),
        (f"{EVENT} seq = 2.5 WHERE seq = 3", 3),
        (f"{EVENT} seq = 'six' WHERE seq = 6", 6),
        (f"{DETAIL} salt = {NO_UTF8} {NOTE}", 2),
        (f"{DETAIL} redacted_at = '2026-99-99 00:00:00' {NOTE}", 2),
        (f"{DETAIL} redacted_at = {NO_UTF8}, salt = NULL, value = NULL {NOTE}", 2),
        (f"{DETAIL} redacted_at = 12, salt = NULL, value = NULL {NOTE}", 2),
        (f"{DETAIL} field = CAST(field AS BLOB) {NOTE}", 2),
        (f"{DETAIL} field = field || {NO_UTF8} {NOTE}", 2),
        (f"{DETAIL} seq = 'two' {NOTE}", 2),
        (f"{DETAIL} seq = 2.5 {NOTE}", 2),
        ("INSERT INTO audit_detail (seq, field, value) VALUES ('x', 'why.note', 'x')", None),
        ("UPDATE audit_checkpoint SET root = 100000000000000", None),
        (f"UPDATE audit_checkpoint SET note = {NO_UTF8} || note", None),
        ("UPDATE audit_checkpoint SET size = 'six'", None),
    ],
)
def test_what_is_of_another_kind_is_found_and_named(owner_rights: Owner, statement: str, seq: int | None) -> None:
    with owner_rights() as execute:
        execute(statement)
    for folder in (None, Path(settings.AUDIT_CHECKPOINT_DIR)):
        found = verify_database(checkpoints=folder)
        assert (found.verdict, found.seq) == (Verdict.ALTERED, seq), found.sentence
        found.sentence.encode()


@pytest.mark.parametrize("hash_", ["hex(hash)", "100000000000000", NO_UTF8])
def test_a_node_of_another_kind_is_found(owner_rights: Owner, system: Actor, hash_: str) -> None:
    with recording() as record:
        for _ in range(60):
            record(Event(type=EventType.CONNECTION_VIEWED, actor=system))
    checkpoint()
    with owner_rights() as execute:
        execute(f"UPDATE audit_node SET hash = {hash_}")
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1)


@pytest.mark.parametrize("change", ["root = hex(root)", "note = CAST(note AS BLOB)"])
def test_the_signer_refuses_a_checkpoint_of_another_kind(owner_rights: Owner, system: Actor, change: str) -> None:
    append(Event(type=EventType.CONNECTION_VIEWED, actor=system))
    with owner_rights() as execute:
        execute(f"UPDATE audit_checkpoint SET {change}")
    with pytest.raises(NotCheckpointed, match="in the database is none"):
        checkpoint()
