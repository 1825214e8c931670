"""
Append events to the chain.

One writer at a time: each takes the lock before it reads the tail, so that
writers wait instead of failing on the same sequence number. On PostgreSQL they
do not wait for the disk: the lock is given back before the event is on it, and
whoever appended waits for that afterwards, many at once for one write.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error, connection, transaction

from connections.audit import clock
from connections.audit.body import COLUMNS, Detail, body_of, copies_of
from connections.audit.canonical import JSON, CanonicalError, canonical_text, canonical_time
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
    with _or_not_recorded():
        content = body_of(event)  # before the lock, while others may write
        with _chain() as end:
            return end.append(*content)


@contextmanager
def recording() -> Iterator[Callable[[Event], Recorded]]:
    """
    A durable transaction in which several events, and rows of the caller's, are committed together.

    Any database error inside or at the commit becomes `NotRecorded`. Every
    other writer waits until the block ends: do nothing slow in it.
    """
    with _or_not_recorded(), _chain() as end:
        yield lambda event: end.append(*body_of(event))


@contextmanager
def _or_not_recorded() -> Iterator[None]:
    try:
        yield
    except (Error, CanonicalError) as problem:
        raise NotRecorded("The audit log could not be written.") from problem


@contextmanager
def _chain() -> Iterator["_Chain"]:
    with transaction.atomic(durable=True):
        yield _Chain(*_locked_tail())
    wait_for_disk()


def wait_for_disk() -> None:
    """
    Come back once everything is on disk that others have appended and is seen here.

    SQLite syncs before it lets go of its lock. PostgreSQL writes its log in
    order, so that a commit of ours which waits for the disk, as this one does,
    waits for all that were before it.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_logical_emit_message(true, 'audit', '')")


def _locked_tail() -> "_Tail":
    """On PostgreSQL in one message: others wait for each that goes to and fro."""
    if connection.vendor != "postgresql":
        return _tail()
    with connection.cursor() as cursor:
        lock = _LOCK_ON_POSTGRESQL.format(APPENDING)
        cursor.execute(f"SET LOCAL synchronous_commit = off; {lock}; {_TAIL}")
        while cursor.nextset():
            pass
        return _end(cursor.fetchone())


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

    def __init__(self, seq: int, leaf: bytes, at: datetime | None) -> None:
        self._seq, self._leaf, self._at = seq, leaf, at

    def append(self, body: dict[str, JSON], details: Sequence[Detail]) -> Recorded:
        """Takes what `body_of` gives."""
        at = datetime.now(UTC)
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
        _write(
            _insertion("audit_event", EVENT_COLUMNS, [event_row(seq, at, body, text)]),
            *_insertion_of(details, seq),
        )
        if self._at and at < self._at - clock.SLACK:
            clock.note(seq, stored_moment(at))
        self._seq, self._leaf, self._at = seq, leaf, at
        return Recorded(seq=seq, id=identifier, leaf=leaf, at=at)


def tail() -> tuple[int, bytes]:
    """The newest sequence number and its leaf; 0 and zeros for an empty log."""
    return _tail()[:2]


_Tail = tuple[int, bytes, datetime | None]
_TAIL = "SELECT seq, leaf, at FROM audit_event ORDER BY seq DESC LIMIT 1"


def _tail() -> _Tail:
    with connection.cursor() as cursor:
        cursor.execute(_TAIL)
        return _end(cursor.fetchone())


def _end(row: _Tail | None) -> _Tail:
    """SQLite gives the time without its zone, and nothing for what its owner made of it."""
    if row is None:
        return 0, NO_LEAF, None
    seq, leaf, at = row
    return seq, bytes(leaf), at if at is None or at.tzinfo else at.replace(tzinfo=UTC)


def insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """One plain INSERT: model instances would double the cost of the commonest write there is."""
    _write(_insertion(table, columns, rows))


_Statement = tuple[str, list[Any]]


def _insertion(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> _Statement:
    places = "(" + ", ".join(["%s"] * len(columns)) + ")"
    names = ", ".join(columns)
    return (
        f"INSERT INTO {table} ({names}) VALUES {', '.join([places] * len(rows))}",  # noqa: S608 - names from constants here, values as parameters
        [value for row in rows for value in row],
    )


def _insertion_of(details: Sequence[Detail], seq: int) -> Iterator[_Statement]:
    if details:
        rows = [[seq, detail.field, detail.salt, detail.value] for detail in details]
        yield _insertion("audit_detail", _DETAIL_COLUMNS, rows)


def _write(*statements: _Statement) -> None:
    """On PostgreSQL in one message, likewise."""
    if connection.vendor == "postgresql":
        texts, values = zip(*statements, strict=True)
        statements = (("; ".join(texts), [*chain.from_iterable(values)]),)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(*statement)


def event_row(seq: int, at: datetime, body: Mapping[str, Any], text: str) -> list[Any]:
    """In the order of `EVENT_COLUMNS`; `text` is the canonical text of the body."""
    return [seq, stored_moment(at), *copies_of(body), text, leaf_hash(text)]


def stored_moment(at: datetime) -> Any:
    """As the database takes it where nothing of Django's stands between."""
    return connection.ops.adapt_datetimefield_value(at)
