"""
Events as they are stored, in order, with their details; block by block, so that memory stays flat.

Each block is a query of its own that goes on after the last: no cursor stays
open, and nothing holds off appends on SQLite or the vacuum on PostgreSQL.
What was read cannot change meanwhile.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from django.db import connection
from django.db.models import CharField, F, Func, Max, Q, QuerySet, TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import TruncDate

from connections.audit.body import COLUMNS
from connections.audit.verifier.verify import Detail, Event, parsed
from connections.models import AuditCheckpoint, AuditDetail, AuditEvent

AT_ONCE = 2000

Stored = tuple[Any, ...]
"""A row as the database gives it."""
_NONE: Mapping[str, Detail] = {}

# As canonical text, made by the database: in Python the time would cost as much as the rest of the columns, and fail
# for one that there cannot be, which whoever owns the tables can write.
_CANONICAL = {
    "sqlite": """
        CASE WHEN {0} IS NULL THEN NULL
        WHEN typeof({0}) = 'text' AND substr({0}, 11, 1) = ' ' AND length({0}) IN (19, 26)
        THEN replace({0}, ' ', 'T') || CASE length({0}) WHEN 19 THEN '.000000Z' ELSE 'Z' END
        ELSE 'as nobody writes it' END""",
    "postgresql": """
        CASE WHEN {0} IS NULL THEN NULL
        WHEN {0} >= '0001-01-01 00:00:00+00' AND {0} < '10000-01-01 00:00:00+00'
        THEN to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        ELSE 'as nobody writes it' END""",
}


def stored_events(condition: Q) -> Iterator[Event]:
    """
    Events in order of their sequence numbers, each with its details.

    Its `copies` are the columns that verification derives again from the body:
    the leaf, the time as canonical text, and the others in the order of `COLUMNS`.

    An event is complete when it is seen, since it is committed together with
    its details, and the details are read after it.
    """
    events = numbered(AuditEvent.objects.filter(condition))
    for block in _blocks(events.values_list("seq", "body", "leaf", as_canonical("at"), *COLUMNS), "seq"):
        details = _details([row[0] for row in block])
        for row in block:
            yield Event(row[0], row[1], details.get(row[0], _NONE), row[2:])


def numbered(rows: QuerySet[Any], key: str = "seq") -> QuerySet[Any]:
    """Those rows whose key is a number; SQLite keeps anything there."""
    return rows.annotate(kind=_kind(key)).filter(kind="integer") if connection.vendor == "sqlite" else rows


def has_unnumbered(rows: QuerySet[Any], key: str = "seq") -> bool:
    """Whether there are others."""
    return connection.vendor == "sqlite" and rows.annotate(kind=_kind(key)).exclude(kind="integer").exists()


def _kind(column: str) -> Func:
    return Func(F(column), function="typeof", output_field=CharField())


def as_canonical(column: str) -> RawSQL:
    """A column of times as canonical text; for what is no time, text that is none."""
    sql = _CANONICAL[connection.vendor].format(column)
    return RawSQL(sql, [], output_field=TextField())  # noqa: S611 - constants


def stored_sequences(condition: Q) -> Iterator[int]:
    """The numbers alone, of the same events in the same order."""
    for block in _blocks(AuditEvent.objects.filter(condition).values_list("seq"), "seq"):
        yield from (row[0] for row in block)


def stored_checkpoints(size: int | None = None) -> Iterator[tuple[int, bytes, str]]:
    """Size, root and note of each, the smallest first; at most up to this size."""
    rows = AuditCheckpoint.objects.all() if size is None else AuditCheckpoint.objects.filter(size__lte=size)
    for block in _blocks(rows.values_list("size", "root", "note"), "size"):
        yield from ((number, as_bytes(root), note) for number, root, note in block)


def checkpoints_of_days(size: int) -> Iterator[tuple[int, str]]:
    """Size and note of the last of each day, up to this size: enough to find again what was kept."""
    rows = AuditCheckpoint.objects.filter(size__lte=size).annotate(day=TruncDate("created_at", tzinfo=UTC))
    last = rows.order_by().values("day").annotate(last=Max("size")).values("last")
    for block in _blocks(AuditCheckpoint.objects.filter(size__in=last).values_list("size", "note"), "size"):
        yield from ((number, note) for number, note in block)


def newest_checkpoint() -> str | None:
    """Its signed note."""
    return AuditCheckpoint.objects.order_by("-size").values_list("note", flat=True).first()


def _blocks(rows: QuerySet[Any, Any], key: str) -> Iterator[list[Stored]]:
    """The key is the first column, and unique."""
    block = fetched(rows.order_by(key)[:AT_ONCE])
    while block:
        yield block
        block = fetched(rows.filter(**{f"{key}__gt": block[-1][0]}).order_by(key)[:AT_ONCE])


def fetched(rows: QuerySet[Any, Any]) -> list[Stored]:
    """Rows as the database gives them: Django's conversions cost as much as all that verification does."""
    with connection.cursor() as cursor:
        cursor.execute(*rows.query.sql_with_params())
        found: list[Stored] = cursor.fetchall()
    return found


def detail_rows(sequences: Sequence[int]) -> list[Stored]:
    """The details of these events: seq, field, salt, value, redacted_at as canonical text, in order."""
    return fetched(_details_of(sequences).values_list("seq", "field", "salt", "value", as_canonical("redacted_at")))


def _details_of(sequences: Sequence[int]) -> QuerySet[AuditDetail]:
    first, last = sequences[0], sequences[-1]
    is_without_gap = last - first + 1 == len(sequences)
    which = Q(seq__gte=first, seq__lte=last) if is_without_gap else Q(seq__in=sequences)
    return AuditDetail.objects.filter(which).order_by("seq", "field")


def _details(sequences: Sequence[int]) -> Mapping[int, Mapping[str, Detail]]:
    found: dict[int, dict[str, Detail]] = {}
    for seq, field, salt, value, redacted_at in detail_rows(sequences):
        found.setdefault(seq, {})[field] = Detail(as_bytes(salt), value, redacted_at)
    return found


def as_bytes(value: Any) -> Any:
    """What PostgreSQL gives as a view of bytes; in SQLite an owner may have put anything in their place."""
    return bytes(value) if isinstance(value, memoryview) else value


def body_of(text: str) -> Mapping[str, Any]:
    """What a body holds; nothing for what somebody wrote over so that it is none."""
    try:
        body = parsed(text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
