"""Prove at start that the database refuses to alter the log; nothing that is tried here stays."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import DatabaseError, connection, transaction

from connections.audit.append_only import TABLES
from connections.audit.body import COLUMNS
from connections.audit.events import Actor, ActorKind, Event, EventType
from connections.audit.ledger import NotRecorded, recording
from connections.models import AuditCheckpoint, AuditNode

_COPIES = ", ".join(["at", *COLUMNS])
# An event as if it came back from an archive.
_FORGED_RETURN = f"""
    INSERT INTO audit_event (seq, {_COPIES}, body, leaf)
    SELECT (SELECT min(seq) - 1 FROM audit_event), {_COPIES}, body, substr(leaf, 2)
    FROM audit_event ORDER BY seq DESC LIMIT 1"""  # noqa: S608 - constants
# A row in the place of another, whose own keys are all new.
_BY_ROWID = (
    f"""
    INSERT OR REPLACE INTO audit_event (rowid, seq, {_COPIES}, body, leaf)
    SELECT rowid, seq + 1, {_COPIES}, body, substr(leaf, 2) FROM audit_event ORDER BY seq DESC LIMIT 1""",  # noqa: S608 - constants
    """
    INSERT OR REPLACE INTO audit_detail (rowid, seq, field)
    SELECT rowid, seq, 'late' FROM audit_detail ORDER BY seq DESC LIMIT 1""",
    """
    INSERT OR REPLACE INTO audit_checkpoint (rowid, size, root, note, created_at)
    SELECT rowid, size - 1, root, note, created_at FROM audit_checkpoint ORDER BY size DESC LIMIT 1""",
    """
    INSERT OR REPLACE INTO audit_node (rowid, level, idx, hash)
    SELECT rowid, level, idx + 1, hash FROM audit_node WHERE level = 1""",
)
_TRIALS = (
    "UPDATE audit_event SET ticket = 'ALTERED-1'",
    "DELETE FROM audit_event",
    _FORGED_RETURN,
    "UPDATE audit_detail SET value = 'altered'",
    "UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = CURRENT_TIMESTAMP",
    "DELETE FROM audit_detail",
    "UPDATE audit_checkpoint SET note = 'altered'",
    "DELETE FROM audit_checkpoint",
    "UPDATE audit_node SET hash = NULL",
    "DELETE FROM audit_node",
    "INSERT INTO audit_tombstone (seq, first, last, last_at, location, note) SELECT 1, 1, 1, CURRENT_TIMESTAMP, '', ''",
    "UPDATE audit_tombstone SET restored_seq = 1",
    "DELETE FROM audit_tombstone",
    "INSERT INTO audit_hold (seq, kind, value) VALUES (1, 'everything', '')",
    "UPDATE audit_hold SET lifted_seq = 1",
    "DELETE FROM audit_hold",
)
_TRIALS_BY_VENDOR = {
    "sqlite": (
        "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event ORDER BY seq DESC LIMIT 1",
        "INSERT OR REPLACE INTO audit_detail SELECT * FROM audit_detail ORDER BY seq DESC LIMIT 1",
        "INSERT OR REPLACE INTO audit_checkpoint SELECT * FROM audit_checkpoint LIMIT 1",
        "INSERT OR REPLACE INTO audit_node SELECT * FROM audit_node LIMIT 1",
        *_BY_ROWID,
    ),
    "postgresql": (
        *(f"TRUNCATE {table}" for table in TABLES),
        # A table of the session's own, which the guard must not take for the log.
        """
        CREATE TEMPORARY TABLE audit_event ON COMMIT DROP AS SELECT CAST(0 AS bigint) AS seq;
        INSERT INTO audit_detail (seq, field) VALUES (0, 'late')""",
    ),
}


class SelfCheckFailed(Exception):  # noqa: N818 - it says what happened
    """The audit log can be altered, or not appended to: nothing may be served on this database."""


class _RollBack(Exception):  # noqa: N818 - a signal within this module, not an error
    pass


def check_append_only() -> None:
    """
    Try to alter the log in a transaction that is rolled back.

    Raises `SelfCheckFailed` with the statements that succeeded, or if not even
    an event could be appended.
    """
    allowed: list[str] = []
    try:
        with recording() as record:
            # A row trigger sleeps where there is no row: append one to try on, to each table.
            _append_rows(record(_probe()).seq)
            allowed.extend(_allowed())
            raise _RollBack  # noqa: TRY301 - leaving by an exception is what rolls back
    except _RollBack:
        pass
    except NotRecorded as problem:
        raise SelfCheckFailed(f"Nothing can be appended to the audit log: {problem.__cause__}") from problem
    if allowed:
        raise SelfCheckFailed(f"The audit log can be altered: {'; '.join(allowed)}")


def _probe() -> Event:
    return Event(type=EventType.SYSTEM_STARTED, actor=Actor(kind=ActorKind.SYSTEM, name="self-check"))


def _append_rows(seq: int) -> None:
    """A checkpoint and a node like no real ones: sizes end far below, and levels are multiples of six."""
    AuditCheckpoint(size=2**62 + seq, root=bytes(32), note="self-check", created_at=datetime.now(UTC)).save()
    AuditNode(level=1, idx=0, hash=bytes(32)).save()


def _allowed() -> Iterator[str]:
    for statement in (*_TRIALS, *_TRIALS_BY_VENDOR[connection.vendor]):
        if _succeeds(statement):
            yield statement


def _succeeds(statement: str) -> bool:
    """Whether it altered anything: there may be no row in what is archived or held."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            is_altered: bool = cursor.rowcount != 0
            # Undo it at once, so that each trial meets the same rows.
            transaction.set_rollback(True)
    except DatabaseError:
        return False
    return is_altered
