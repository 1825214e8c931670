"""Up to where the log can be archived: to a checkpoint, and never through what is open, on hold, or cut in two."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Min, OuterRef, Q
from django.db.models.expressions import RawSQL

from connections.audit.archived import archived_through
from connections.models import AuditCheckpoint, AuditEvent, Operation, State
from connections.retention import holds
from connections.revocations.progress import OPEN

_STAGES = Q(type__startswith="revocation.") | Q(type__startswith="approval.")
_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Boundary:
    """The last event that can be archived, if any can; `why` says what keeps it from being a later one."""

    first: int
    last: int | None
    why: tuple[str, ...]


def boundary(*, through: int | None = None, before: datetime | None = None) -> Boundary:
    """Of the events up to this one, or recorded before this time, as many as can go."""
    first = archived_through() + 1
    wanted = _last_before(before) if before else through or 0
    if wanted < first:
        return Boundary(first, None, ("there are none",))
    why: list[str] = []
    limit = _within_holds(first, wanted, why)
    limit = _within_open(first, limit, why)
    last = _checkpoint_at(first, limit)
    while last and (cut := _cut_in_two(first, last)):
        why.append(f"the revocation that begins at event {cut} goes on after event {last}")
        last = _checkpoint_at(first, cut - 1)
    if last != wanted:
        why.append("a part of the log ends where a checkpoint was signed")
    return Boundary(first, last, tuple(why))


def _last_before(moment: datetime) -> int:
    """The event before the first that is not older; a clock that was set back hides none that is younger."""
    younger = AuditEvent.objects.filter(at__gte=moment).aggregate(first=Min("seq"))["first"]
    newest = AuditEvent.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    return newest if younger is None else int(younger) - 1


def _within_holds(first: int, limit: int, why: list[str]) -> int:
    held = AuditEvent.objects.filter(seq__gte=first, seq__lte=limit, seq__in=RawSQL("SELECT seq FROM audit_held", []))
    if (seq := held.aggregate(first=Min("seq"))["first"]) is None:
        return limit
    why.append(f"event {seq} is on legal hold ({'; '.join(holds.standing())})")
    return int(seq) - 1


def _within_open(first: int, limit: int, why: list[str]) -> int:
    """An operation that is not finished keeps its events: the worker, and a rebuild of its rows, go by them."""
    states = [*OPEN, State.AWAITING_APPROVAL]
    is_open = Q(state__in=states) | Q(due_at__isnull=False) | Q(needs_person=True) | Q(items__may_still_go=True)
    ids = [str(pk) for pk in Operation.objects.filter(is_open).values_list("pk", flat=True).distinct()]
    told = [_first_of(part, first, limit) for part in _parts(ids)]
    if (seq := min(filter(None, told), default=None)) is None:
        return limit
    why.append(f"the revocation that begins at event {seq} is not finished")
    return seq - 1


def _first_of(operations: list[str], first: int, limit: int) -> int | None:
    events = AuditEvent.objects.filter(operation__in=operations, seq__gte=first, seq__lte=limit)
    found: int | None = events.aggregate(first=Min("seq"))["first"]
    return found


def _parts(ids: list[str]) -> Iterable[list[str]]:
    return (ids[place : place + _IDS_AT_ONCE] for place in range(0, len(ids), _IDS_AT_ONCE))


def _checkpoint_at(first: int, limit: int) -> int | None:
    sizes = AuditCheckpoint.objects.filter(size__gte=first, size__lte=limit).order_by("-size")
    return sizes.values_list("size", flat=True).first()


def _cut_in_two(first: int, last: int) -> int | None:
    """The first event of a revocation that would be archived in part: its stages are verified and rebuilt together."""
    later = AuditEvent.objects.filter(_STAGES, operation=OuterRef("operation"), seq__gt=last)
    inside = AuditEvent.objects.filter(_STAGES, operation__isnull=False, seq__gte=first, seq__lte=last)
    found: int | None = inside.filter(Exists(later)).aggregate(first=Min("seq"))["first"]
    return found
