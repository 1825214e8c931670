"""Revocations of the last days, and how they ended: for the plot of the overview."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from django.db.models import Count
from django.utils.translation import gettext_noop

from connections.audit.activity import USUAL, every_day
from connections.ids import first_of
from connections.models import Operation, State
from connections.models.days import DayOf
from connections.queries.activity_plot import Plot, plot_of

_TONES = {
    State.SEEN_GONE: "good",
    State.PURGED: "good",
    State.AWAITING_APPROVAL: "busy",
    State.INTENDED: "busy",
    State.SUCCEEDED: "busy",
    State.SUPERSEDED: "warn",
    State.FAILED: "bad",
    State.PARTLY_REVOKED: "bad",
    State.ATTEMPTED: "unknown",
    State.UNKNOWN: "unknown",
    State.ALREADY_GONE: "",
    State.CANCELLED: "",
}
_WORDS = {
    "good": gettext_noop("seen gone or purged"),
    "busy": gettext_noop("under way"),
    "warn": gettext_noop("superseded"),
    "bad": gettext_noop("not or partly revoked"),
    "unknown": gettext_noop("unknown"),
    "": gettext_noop("already gone or cancelled"),
}


def operations_by_day() -> Plot:
    """By the day in UTC on which each was asked for, and by what is known of it now."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - USUAL + timedelta(days=1)
    # Ids sort by time, so that the table's key finds them; a little earlier, since an id is older than its row.
    lately = Operation.objects.filter(id__gte=first_of(first - timedelta(hours=1)), asked_at__gte=first)
    counts: Counter[tuple[str, str]] = Counter()
    for day, state, count in lately.annotate(day=DayOf("asked_at")).values_list("day", "state").annotate(Count("pk")):
        counts[day, _TONES.get(state, "unknown")] += count
    return plot_of(every_day(first.date(), today.date(), counts), _WORDS)
