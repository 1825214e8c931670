"""How much was done on each day, and how it ended."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count

from connections.audit.browse import selected
from connections.audit.entries import tone_of
from connections.audit.fields import EARLIEST, end, moment
from connections.audit.filters import Field, Filters
from connections.audit.patience import patience
from connections.audit.reach import WHOLE
from connections.models.days import DayOf

LONGEST, USUAL = timedelta(days=90), timedelta(days=30)
TONES = ("good", "busy", "warn", "bad", "unknown", "")
"""In the order in which they are stacked; the last stands for events that have no outcome."""

_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Day:
    """One day in UTC, its events in the order of `TONES`."""

    day: date
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Activity:
    """Every day of a range, quiet ones too; `is_cut` if more days were asked for than are shown."""

    days: tuple[Day, ...]
    is_cut: bool

    @property
    def total(self) -> int:
        return sum(day.total for day in self.days)


def activity(filters: Filters, *, visible_to: Collection[str] | None) -> Activity:
    """The last days of what is asked for. Raises `TookTooLong`."""
    first, last, is_cut = _range(filters)
    within = Filters((*filters.terms, *Filters.of(since=first.isoformat(), until=last.isoformat()).terms))
    with patience(_SECONDS):
        counts = _counts(within, visible_to)
    return Activity(every_day(first, last, counts), is_cut)


def every_day(first: date, last: date, counts: Mapping[tuple[str, str], int]) -> tuple[Day, ...]:
    """From counts by day and tone; days without any are there too."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(Day(day, tuple(counts.get((day.isoformat(), tone), 0) for tone in TONES)) for day in days)


def _range(filters: Filters) -> tuple[date, date, bool]:
    today = datetime.now(UTC).date()
    untils = [(end(value) - timedelta(microseconds=1)).astimezone(UTC).date() for value in filters.values(Field.UNTIL)]
    last = min([*untils, today])
    sinces = [moment(Field.SINCE, value).astimezone(UTC).date() for value in filters.values(Field.SINCE)]
    first = min(max(sinces), last) if sinces else last - USUAL + timedelta(days=1)
    earliest = max(last - LONGEST + timedelta(days=1), EARLIEST)
    return max(first, earliest), last, first < earliest


def _counts(filters: Filters, visible_to: Collection[str] | None) -> Counter[tuple[str, str]]:
    events = selected(filters, reach=WHOLE, visible_to=visible_to)
    counts: Counter[tuple[str, str]] = Counter()
    by_day = events.annotate(day=DayOf("at")).order_by().values_list("day", "outcome").annotate(Count("seq"))
    for when, outcome, count in by_day:
        counts[when, tone_of(outcome)] += count
    return counts
