"""
Append events to the chain.

One writer at a time: each takes the lock before it reads the tail, so that
writers wait instead of failing on the same sequence number.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error, connection, transaction

from connections.audit.body import COLUMNS, Detail, body_of, columns_of
from connections.audit.canonical import CanonicalError, canonical_text, canonical_time
from connections.audit.events import Event
from connections.audit.verifier.verify import NO_LEAF, SCHEMA, leaf_hash
from connections.ids import uuid7

# Any fixed number does, as long as nothing else in this database locks it: the bytes of "audit".
APPENDING = 0x6175646974
# A writer that hangs with the lock held must not hang all others for ever.
_LOCK_ON_POSTGRESQL = """
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCAL lock_timeout = '20s';
    SELECT pg_advisory_xact_lock({})
"""
EVENT_COLUMNS = ("seq", "at", *COLUMNS, "body", "leaf")
_DETAIL_COLUMNS = ("seq", "field", "salt", "value")


class NotRecorded(Exception):  # noqa: N818 - it names what did not happen, as the design does
    """
    The event could not be committed: what it announces must not be done.

    If the connection broke during the commit the event may be there after all,
    which is safe: an intent without an attempt says that nothing was sent.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Where an event stands in the chain."""

    seq: int
    id: UUID
    leaf: bytes
    at: datetime


def append(event: Event) -> Recorded:
    """Commit one event in its own durable transaction. Raises `NotRecorded`."""
    with recording() as record:
        return record(event)


@contextmanager
def recording() -> Iterator[Callable[[Event], Recorded]]:
    """
    A durable transaction in which several events, and rows of the caller's, are committed together.

    Any database error inside or at the commit becomes `NotRecorded`. Every
    other writer waits until the block ends: do nothing slow in it.
    """
    try:
        with transaction.atomic(durable=True):
            take_lock()
            yield _Chain().append
    except (Error, CanonicalError) as problem:
        raise NotRecorded("The audit log could not be written.") from problem


def take_lock(number: int = APPENDING) -> None:
    """
    Hold off all others who take this lock, until the transaction ends; call it first in one.

    On SQLite the transaction itself is the lock, since it is begun IMMEDIATE.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_ON_POSTGRESQL.format(number))


class _Chain:
    """The end of the chain, as this transaction sees it."""

    def __init__(self) -> None:
        self._seq, self._leaf = tail()

    def append(self, event: Event) -> Recorded:
        at = datetime.now(UTC)
        body, details = body_of(event)
        seq, identifier = self._seq + 1, uuid7()
        body |= {
            "v": SCHEMA,
            "seq": seq,
            "prev": self._leaf.hex(),
            "id": str(identifier),
            "at": canonical_time(at),
            "instance": settings.AUDIT_ORIGIN,
            "app": settings.APP_VERSION,
        }
        text = canonical_text(body)
        leaf = leaf_hash(text)
        insert("audit_event", EVENT_COLUMNS, [event_row(seq, at, body, text)])
        _insert_details(seq, details)
        self._seq, self._leaf = seq, leaf
        return Recorded(seq=seq, id=identifier, leaf=leaf, at=at)


def tail() -> tuple[int, bytes]:
    """The newest sequence number and its leaf; 0 and zeros for an empty log."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, leaf FROM audit_event ORDER BY seq DESC LIMIT 1")
        row = cursor.fetchone()
    return (row[0], bytes(row[1])) if row else (0, NO_LEAF)


def _insert_details(seq: int, details: Sequence[Detail]) -> None:
    if details:
        rows = [[seq, detail.field, detail.salt, detail.value] for detail in details]
        insert("audit_detail", _DETAIL_COLUMNS, rows)


def insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """One plain INSERT: model instances would double the cost of the commonest write there is."""
    places = "(" + ", ".join(["%s"] * len(columns)) + ")"
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) VALUES {', '.join([places] * len(rows))}",  # noqa: S608 - names from constants here, values as parameters
            [value for row in rows for value in row],
        )


def event_row(seq: int, at: datetime, body: Mapping[str, Any], text: str) -> list[Any]:
    """In the order of `EVENT_COLUMNS`; `text` is the canonical text of the body."""
    return [seq, stored_moment(at), *columns_of(body).values(), text, leaf_hash(text)]


def stored_moment(at: datetime) -> Any:
    """As the database takes it where nothing of Django's stands between."""
    return connection.ops.adapt_datetimefield_value(at)
