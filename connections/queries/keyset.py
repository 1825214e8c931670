"""Pages of operations by their ids, which sort by time: both ways, and as quick at the end as at the beginning."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from connections.models import Operation


@dataclass(frozen=True, slots=True)
class Keyset:
    """Rows newest first, and the id after (`newer`) or before (`older`) which the page beside theirs begins, if any."""

    rows: list[Operation]
    newer: UUID | None
    older: UUID | None


def keyset(found: QuerySet[Operation], *, before: UUID | None, after: UUID | None, limit: int) -> Keyset:
    """The page just older than `before` or just newer than `after`; else the newest."""
    if after is not None:
        rows, has_newer = _cut(found.filter(id__gt=after).order_by("id"), limit)
        rows, has_older = rows[::-1], True
    else:
        older = found if before is None else found.filter(id__lt=before)
        rows, has_older = _cut(older.order_by("-id"), limit)
        has_newer = before is not None
    return Keyset(rows, rows[0].id if rows and has_newer else None, rows[-1].id if rows and has_older else None)


def _cut(found: QuerySet[Operation], limit: int) -> tuple[list[Operation], bool]:
    """At most so many rows, and whether there are more."""
    rows = list(found[: limit + 1])
    return rows[:limit], len(rows) > limit
