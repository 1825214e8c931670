"""What the database itself lets through where events are archived, and what not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import DatabaseError

from connections.audit.body import COLUMNS
from connections.audit.events import Actor, Event, EventType
from connections.audit.ledger import append
from connections.audit.selfcheck import check_append_only
from connections.audit.tree import keep_leaves
from connections.models import AuditTombstone
from tests.retention.archives import execute

pytestmark = pytest.mark.django_db(transaction=True)


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
