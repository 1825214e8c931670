"""
Smartcar's allowance of requests, shared by all processes through one row of the database.

Each payment is one conditional UPDATE, so that no two processes take the last
one. A part is reserved for deeds and for reading again what became of them;
long work leaves that, and a little for pages above it, to people.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Case, F, FloatField, Q, QuerySet, Value, When
from django.db.models.functions import Greatest, Least

from connections.models import RequestBudget
from connections.smartcar.budget import Bucket
from connections.smartcar.errors import AllowanceSpent

_ROW = 1
# However long Smartcar wants to be left alone, after this we ask again.
_LONGEST_REFUSAL = 3600.0
_is_for_deed: ContextVar[bool] = ContextVar("is_for_deed", default=False)
# What long work leaves in the bucket; None where it is no long work.
_left_by_long_work: ContextVar[int | None] = ContextVar("left_by_long_work", default=None)
# Of what is above the reserve, this part is left for pages.
_PART_FOR_PAGES = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Whole requests left of so many, those reserved for deeds, and when it will be full."""

    requests: int
    capacity: int
    reserve: int
    full_at: datetime | None


@contextmanager
def for_deeds() -> Iterator[None]:
    """What is read within serves a deed, and may be paid for from the reserve."""
    before = _is_for_deed.set(True)
    try:
        yield
    finally:
        _is_for_deed.reset(before)


@contextmanager
def for_long_work(requests: int = 1, *, has_waited: bool = False) -> Iterator[None]:
    """
    What is asked within leaves the reserve, and some requests more, to people.

    Work that needs more `requests` at a time than a full bucket then holds leaves
    less, and so does what has waited: for that the reserve is half there.
    """
    polite, half = _floor_of_long_work(requests), settings.SMARTCAR_RATE_RESERVE // 2
    before = _left_by_long_work.set(min(polite, half) if has_waited else polite)
    try:
        yield
    finally:
        _left_by_long_work.reset(before)


class SharedAllowance:
    """What the client of all threads asks before each request."""

    def spend(self) -> None:
        """Raises `AllowanceSpent` with the seconds until it may be tried again."""
        now, floor = time.time(), _floor()
        is_enough = Q(full_at__lte=_bucket().latest(now, floor)) | _from_a_later_clock(now)
        if not _take(is_enough & _is_not_refused(now), now):
            raise AllowanceSpent(seconds_until(floor + 1))

    def count(self) -> None:
        _take(Q(), time.time())

    def refused(self, retry_after: float | None) -> None:
        """
        Smartcar counts otherwise: nobody asks before the time it gave, or before one more should have come back.

        Of several such answers the latest moment counts, whichever came last.
        """
        _make_row()
        now = time.time()
        until = now + min(retry_after or _bucket().step, _LONGEST_REFUSAL)
        earlier = Case(When(not_before__gt=now + _LONGEST_REFUSAL, then=Value(0.0)), default=F("not_before"))
        _rows().update(not_before=Greatest(earlier, Value(until), output_field=FloatField()))


def pay_for_delete() -> None:
    """Before anybody commits to a DELETE. Raises `AllowanceSpent`."""
    with for_deeds():
        SharedAllowance().spend()


def refuse_without(requests: int) -> None:
    """
    Before a deed that needs so many at a time: begun with less it would spend them, and never get through.

    Spends nothing. Raises `AllowanceSpent` with the seconds until there are as many.
    """
    if seconds := seconds_until(requests):
        raise AllowanceSpent(seconds)


def seconds_until(requests: int) -> float:
    """Until a deed, or long work, may take so many, or the whole bucket if it holds less; 0 if it may now."""
    floor = _left_by_long_work.get() or 0
    return _seconds_until_left(min(floor + requests, _bucket().capacity))


def seconds_to_spend(requests: int) -> float:
    """
    Until deeds, or long work, have taken so many, however large the bucket, if nobody else takes any.

    0 if all may go now.
    """
    return _seconds_until_left((_left_by_long_work.get() or 0) + requests)


def _seconds_until_left(requests: int) -> float:
    """More than the bucket holds would be there if it did not run over."""
    now = time.time()
    row = _row(now)
    return max(_bucket().opens_at(max(row.full_at, now), requests - 1), row.not_before, now) - now


def _floor() -> int:
    """What must be left in the bucket."""
    left_by_long_work = _left_by_long_work.get()
    if left_by_long_work is not None:
        return left_by_long_work
    return 0 if _is_for_deed.get() else settings.SMARTCAR_RATE_RESERVE


def _floor_of_long_work(requests: int) -> int:
    capacity, reserve = settings.SMARTCAR_RATE_CAPACITY, settings.SMARTCAR_RATE_RESERVE
    return max(0, min(reserve + (capacity - reserve) // _PART_FOR_PAGES, capacity - requests))


def left() -> Left:
    """For people to see; takes nothing."""
    now, bucket = time.time(), _bucket()
    row = _row(now)
    full_at = max(row.full_at, row.not_before)
    return Left(
        requests=0 if row.not_before > now else bucket.left(full_at, now),
        capacity=bucket.capacity,
        reserve=settings.SMARTCAR_RATE_RESERVE,
        full_at=datetime.fromtimestamp(full_at, UTC) if full_at > now else None,
    )


def _bucket() -> Bucket:
    return Bucket(settings.SMARTCAR_RATE_CAPACITY, settings.SMARTCAR_RATE_REFILL_PER_MINUTE)


def _rows() -> QuerySet[RequestBudget]:
    return RequestBudget.objects.filter(pk=_ROW)


def _make_row() -> None:
    RequestBudget.objects.bulk_create([RequestBudget(id=_ROW)], ignore_conflicts=True)


def _row(now: float) -> RequestBudget:
    """As it is, but for moments that only a clock set back since can have written."""
    row = _rows().first() or RequestBudget(id=_ROW)
    row.full_at = row.full_at if row.full_at <= _bucket().furthest(now) else 0.0
    row.not_before = row.not_before if row.not_before <= now + _LONGEST_REFUSAL else 0.0
    return row


def _take(condition: Q, now: float) -> bool:
    """Whether one was taken: of several processes that ask for the last, one is told so."""
    bucket = _bucket()
    # An empty bucket does not get emptier: beyond that it would be taken for one of a later clock, and for full.
    taken = {"full_at": Least(_full_at(now) + bucket.step, Value(now + bucket.capacity * bucket.step))}
    if _rows().filter(condition).update(**taken):
        return True
    if _rows().exists():
        return False
    _make_row()
    return _rows().filter(condition).update(**taken) == 1


def _full_at(now: float) -> Case:
    """When it will be full, as far as the clock that told so was ours."""
    return Case(
        When(_from_a_later_clock(now), then=Value(now)),
        default=Greatest(F("full_at"), Value(now)),
        output_field=FloatField(),
    )


def _from_a_later_clock(now: float) -> Q:
    return Q(full_at__gt=_bucket().furthest(now))


def _is_not_refused(now: float) -> Q:
    return Q(not_before__lte=now) | Q(not_before__gt=now + _LONGEST_REFUSAL)
