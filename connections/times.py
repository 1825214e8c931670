"""Times as people read them: relative in the line, exact in UTC beside it."""

from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from math import ceil, floor

from django.utils.translation import gettext, ngettext

# How many of each make one of the next: seconds, minutes, hours, days, months; years go on.
_STEPS = (60, 60, 24, 30, 12, 0)
_AGO: tuple[Callable[[int], str], ...] = (
    lambda count: ngettext("%(count)d second ago", "%(count)d seconds ago", count),
    lambda count: ngettext("%(count)d minute ago", "%(count)d minutes ago", count),
    lambda count: ngettext("%(count)d hour ago", "%(count)d hours ago", count),
    lambda count: ngettext("%(count)d day ago", "%(count)d days ago", count),
    lambda count: ngettext("%(count)d month ago", "%(count)d months ago", count),
    lambda count: ngettext("%(count)d year ago", "%(count)d years ago", count),
)
_AHEAD: tuple[Callable[[int], str], ...] = (
    lambda count: ngettext("in %(count)d second", "in %(count)d seconds", count),
    lambda count: ngettext("in %(count)d minute", "in %(count)d minutes", count),
    lambda count: ngettext("in %(count)d hour", "in %(count)d hours", count),
    lambda count: ngettext("in %(count)d day", "in %(count)d days", count),
    lambda count: ngettext("in %(count)d month", "in %(count)d months", count),
    lambda count: ngettext("in %(count)d year", "in %(count)d years", count),
)


def relative(then: datetime, now: datetime) -> str:
    """`3 days ago`; rounded down, and never in the future, since clocks differ a little."""
    seconds = int((now - then).total_seconds())
    return _amount(seconds, floor, _AGO) if seconds > 0 else gettext("just now")


def ahead(then: datetime, now: datetime) -> str:
    """`in 3 minutes`; rounded up, so that nobody comes too early."""
    seconds = ceil((then - now).total_seconds())
    return _amount(seconds, ceil, _AHEAD) if seconds > 0 else gettext("now")


def _amount(number: int, whole: Callable[[float], int], words: Iterable[Callable[[int], str]]) -> str:
    """So many seconds in the unit that they fill."""
    for size, words_of in zip(_STEPS, words, strict=True):
        if not size or number < size:
            return words_of(number) % {"count": number}
        number = whole(number / size)
    raise AssertionError


def due(then: datetime, now: datetime) -> str:
    """`due in 3 days`, `due within a day`, `overdue by 2 days`; by whole days, since that is what such clocks count."""
    days = abs(then - now).days
    if not days:
        return gettext("due within a day") if then >= now else gettext("overdue since today")
    if then >= now:
        return ngettext("due in %(count)d day", "due in %(count)d days", days) % {"count": days}
    return ngettext("overdue by %(count)d day", "overdue by %(count)d days", days) % {"count": days}


def later(moment: datetime, *, months: int = 0, days: int = 0) -> datetime:
    """By calendar months, to the last day of a month that is too short, and then by days."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day_of_month = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day_of_month) + timedelta(days=days)


def day(moment: datetime) -> str:
    """`2026-11-21`, as it was in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d")


def exact(moment: datetime) -> str:
    """`2026-11-21 06:36:05 UTC`."""
    return f"{_to_the_second(moment, ' ')} UTC"


def iso(moment: datetime) -> str:
    """For the `datetime` attribute: `2026-11-21T06:36:05Z`."""
    return f"{_to_the_second(moment, 'T')}Z"


def _to_the_second(moment: datetime, separator: str) -> str:
    """By `isoformat`, which costs a fifth of `strftime`: a page has two hundred."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(separator, "seconds")
