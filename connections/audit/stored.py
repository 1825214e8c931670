"""Events as they are stored, in order, with their details; streamed, so that memory stays flat."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from connections.audit.body import COLUMNS
from connections.audit.canonical import canonical_time
from connections.audit.verifier.verify import Detail, Event
from connections.models import AuditDetail, AuditEvent

_AT_ONCE = 2000


class Copies(NamedTuple):
    """The columns beside the body, which verification derives again from it; `text` in the order of `COLUMNS`."""

    leaf: bytes
    at: datetime
    text: tuple[str | None, ...]


def stored_events(condition: Q) -> Iterator[Event]:
    """
    Events in order of their sequence numbers, each with its details and its copied columns.

    Consume it within `reading`. An event is complete when it is seen, since it
    is committed together with its details, and the details are read after it.
    """
    events = AuditEvent.objects.filter(condition).order_by("seq")
    columns = events.values_list("seq", "body", "leaf", "at", *COLUMNS)
    details = _Details(condition)
    for seq, body, leaf, at, *text in columns.iterator(chunk_size=_AT_ONCE):
        yield Event(seq, body, details.of(seq), Copies(bytes(leaf), at, tuple(text)))


def reading() -> AbstractContextManager[Any]:
    """
    PostgreSQL streams within a transaction only.

    SQLite streams without, and must: its transactions are begun IMMEDIATE and
    would hold off every append for as long as the reading takes.
    """
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


class _Details:
    """The details of ascending sequence numbers, from a stream that runs beside that of the events."""

    def __init__(self, condition: Q) -> None:
        rows = AuditDetail.objects.order_by("seq", "field")
        if condition:
            rows = rows.filter(seq__in=AuditEvent.objects.filter(condition).order_by().values("seq"))
        columns = rows.values_list("seq", "field", "salt", "value", "redacted_at")
        self._groups = groupby(columns.iterator(chunk_size=_AT_ONCE), key=itemgetter(0))
        self._next: tuple[int, Mapping[str, Detail]] | None = None

    def of(self, seq: int) -> Mapping[str, Detail]:
        while self._next is None or self._next[0] < seq:
            following = next(self._groups, None)
            if following is None:
                return {}
            self._next = following[0], {name: _detail(*rest) for _, name, *rest in following[1]}
        return self._next[1] if self._next[0] == seq else {}


def _detail(salt: bytes | None, value: str | None, redacted_at: datetime | None) -> Detail:
    erased = None if redacted_at is None else canonical_time(redacted_at)
    return Detail(None if salt is None else bytes(salt), value, erased)
