"""Find events for people: newest first, a page at a time by sequence number, never by OFFSET."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Q, QuerySet

from connections.audit import clock, fields, words
from connections.audit.entries import Entry, EntryRow, FullEntry, entries_of, full_entry_of
from connections.audit.events import EventType
from connections.audit.filters import Field, Filters
from connections.audit.reach import Reach
from connections.models import AuditDetail, AuditEvent

__all__ = ["Entry", "EntryPage", "FullEntry", "event", "page", "trail_of_connection", "trail_of_operation"]

PAGE_SIZE = 50
_DEEDS = {each for each in EventType if each.startswith("revocation.")} - {EventType.REVOCATION_PREVIEWED}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """Entries newest first; `older` and `newer` are to be passed as `before` and `after` if there is more."""

    entries: tuple[Entry, ...]
    older: int | None = None
    newer: int | None = None

    @property
    def rows(self) -> list[EntryRow]:
        return [EntryRow.of(entry) for entry in self.entries]

    @property
    def first(self) -> int:
        return self.entries[0].seq

    @property
    def last(self) -> int:
        return self.entries[-1].seq


def page(
    filters: Filters,
    *,
    visible_to: Collection[str] | None = None,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE_SIZE,
) -> EntryPage:
    """
    The page of events just before or just after a sequence number; without either, the newest.

    `visible_to` holds the ids of the actors whose events may be read; None means all.
    """
    if after is not None:
        rows = _rows(filters, visible_to, Reach(after=after, limit=limit + 1, is_from_below=True))
        return _entry_page(rows[:limit][::-1], has_newer=len(rows) > limit, has_older=True)
    rows = _rows(filters, visible_to, Reach(before=before, limit=limit + 1))
    return _entry_page(rows[:limit], has_newer=before is not None, has_older=len(rows) > limit)


def event(seq: int, *, visible_to: Collection[str] | None = None) -> FullEntry | None:
    """One event with its details, or None if there is none or it may not be read."""
    found = row(seq, visible_to=visible_to)
    return full_entry_of(found) if found else None


def row(seq: int, *, visible_to: Collection[str] | None = None) -> AuditEvent | None:
    """One event as it is stored, or None if there is none or it may not be read."""
    return _visible(visible_to).filter(seq=seq).first()


def stages_beside(found: FullEntry, *, visible_to: Collection[str] | None = None) -> tuple[Entry | None, Entry | None]:
    """The stages of the same revocation before this event and after it."""
    if not found.entry.operation:
        return None, None
    events = _visible(visible_to).filter(operation=found.entry.operation)
    before = events.filter(seq__lt=found.entry.seq).order_by("-seq")[:1]
    after = events.filter(seq__gt=found.entry.seq).order_by("seq")[:1]
    earlier, later = entries_of(list(before)), entries_of(list(after))
    return (earlier[0] if earlier else None), (later[0] if later else None)


def trail_of_connection(user: UUID, vehicle: UUID, *, with_reads: bool = True) -> tuple[Entry, ...]:
    """The newest events about one connection; without reads, only the revocations."""
    events = AuditEvent.objects.filter(target_user=str(user), target_vehicle=str(vehicle))
    return _newest(events if with_reads else events.filter(type__in=sorted(_DEEDS)))


def trail_of_operation(operation: UUID) -> tuple[Entry, ...]:
    """One revocation from intent to seen gone, newest first."""
    return _newest(AuditEvent.objects.filter(operation=str(operation)))


def entries_by_number(sequences: Iterable[int]) -> tuple[dict[int, Entry], dict[int, str]]:
    """These events by their number, and the notes of those that have one; an archived one is in neither."""
    rows = list(AuditEvent.objects.filter(seq__in=list(sequences)))
    notes = AuditDetail.objects.filter(seq__in=[row.seq for row in rows], field=words.NOTE, value__isnull=False)
    return {entry.seq: entry for entry in entries_of(rows)}, dict(notes.values_list("seq", "value"))


def notes_of_requests(operations: Iterable[UUID]) -> Mapping[str, str]:
    """By operation, the note that came with its request for approval, where there is one and it was not erased."""
    asked = AuditEvent.objects.filter(
        operation__in=[str(each) for each in operations], type=EventType.APPROVAL_REQUESTED
    )
    operation_by_seq = dict(asked.values_list("seq", "operation"))
    notes = AuditDetail.objects.filter(seq__in=operation_by_seq, field=words.NOTE, value__isnull=False)
    return {operation_by_seq[seq]: value for seq, value in notes.values_list("seq", "value")}


def _rows(filters: Filters, visible_to: Collection[str] | None, reach: Reach) -> list[AuditEvent]:
    selection = selected(filters, reach=reach, visible_to=visible_to)
    return list(selection.order_by(reach.order)[: reach.limit])


def selected(filters: Filters, *, reach: Reach, visible_to: Collection[str] | None = None) -> QuerySet[AuditEvent]:
    """The events within reach that match; with a limit, at least those that it asks for."""
    within = _within(filters, reach)
    branches = filters.branches(within, visible_to)
    parts = [AuditEvent.objects.filter(within.condition() & branch) for branch in branches]
    if len(parts) == 1:
        return parts[0]
    return AuditEvent.objects.filter(seq__in=words.either(words.reached(part, within) for part in parts))


def _within(filters: Filters, reach: Reach) -> Reach:
    """
    The reach narrowed to the days that are asked for, so that nothing is read beyond them.

    Times rise with the sequence numbers but where a clock was set back; a
    little is left on either side for that, and nothing narrowed where it was more.
    """
    events = AuditEvent.objects.values_list("seq", flat=True)
    for value in filters.values(Field.SINCE):
        moment = fields.moment(Field.SINCE, value)
        last = events.filter(at__lt=moment - clock.SLACK).order_by("-at", "-seq").first()
        if last and clock.all_before(last, moment):
            reach = replace(reach, after=max(reach.after, last))
    for value in filters.values(Field.UNTIL):
        moment = fields.end(value)
        first = events.filter(at__gte=moment + clock.SLACK).order_by("at", "seq").first()
        if first and not clock.none_before(first, moment):
            first = None
        reach = replace(reach, before=min(filter(None, (reach.before, first)), default=None))
    return reach


def _entry_page(rows: list[AuditEvent], *, has_newer: bool, has_older: bool) -> EntryPage:
    if not rows:
        return EntryPage(entries=())
    return EntryPage(
        entries=entries_of(rows),
        older=rows[-1].seq if has_older else None,
        newer=rows[0].seq if has_newer else None,
    )


def _visible(visible_to: Collection[str] | None) -> QuerySet[AuditEvent]:
    condition = Q() if visible_to is None else Q(actor_id__in=sorted(visible_to))
    return AuditEvent.objects.filter(condition)


def _newest(events: QuerySet[AuditEvent]) -> tuple[Entry, ...]:
    return entries_of(list(events.order_by("-seq")[:PAGE_SIZE]))
