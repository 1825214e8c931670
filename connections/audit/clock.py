"""
Where the clock was set back far, so that later events bear earlier times.

Searches turn days into sequence numbers, which holds only where times rise
with the numbers; an hour they may fall short of it.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from connections.models import ClockTurn

SLACK = timedelta(hours=1)

_NOTE = """
    INSERT INTO audit_clock_turn (seq, at, peak)
    SELECT %s, %s, max(at) FROM (
        SELECT max(at) AS at FROM audit_event UNION ALL SELECT max(peak) FROM audit_clock_turn
    ) times
"""


def note(seq: int, at: Any) -> None:
    """Keep that an event is far older than the one before; the time is given as the database takes it."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [seq, at])


def all_before(last: int, moment: datetime) -> bool:
    """Whether all events up to this one, which is older than the moment by more than the slack, are older than it."""
    return not ClockTurn.objects.filter(seq__lte=last, peak__gte=moment).exists()


def none_before(first: int, moment: datetime) -> bool:
    """Whether no event from this one on, which is younger by more than the slack, is older than the moment."""
    return not ClockTurn.objects.filter(seq__gt=first, at__lt=moment + SLACK).exists()
