"""Times as people read them: relative in the line, exact in UTC beside it."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import ceil, floor

_STEPS = ((60, "second"), (60, "minute"), (24, "hour"), (30, "day"), (12, "month"), (0, "year"))


def relative(then: datetime, now: datetime) -> str:
    """`3 days ago`; rounded down, and never in the future, since clocks differ a little."""
    seconds = int((now - then).total_seconds())
    return f"{_amount(seconds, floor)} ago" if seconds > 0 else "just now"


def ahead(then: datetime, now: datetime) -> str:
    """`in 3 minutes`; rounded up, so that nobody comes too early."""
    seconds = ceil((then - now).total_seconds())
    return f"in {_amount(seconds, ceil)}" if seconds > 0 else "now"


def _amount(number: int, whole: Callable[[float], int]) -> str:
    """`3 days` for so many seconds."""
    for size, unit in _STEPS:
        if not size or number < size:
            return f"{number} {unit}{'' if number == 1 else 's'}"
        number = whole(number / size)
    raise AssertionError


def due(then: datetime, now: datetime) -> str:
    """`due in 3 days`, `due within a day`, `overdue by 2 days`; by whole days, since that is what such clocks count."""
    days = abs(then - now).days
    amount = f"{days} day{'' if days == 1 else 's'}"
    if then >= now:
        return f"due in {amount}" if days else "due within a day"
    return f"overdue by {amount}" if days else "overdue since today"


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
