"""After Smartcar refused our credentials for a delete, deeds pause for everyone."""

from datetime import UTC, datetime, timedelta

from connections.models import Operation
from connections.revocations.errors import Paused

PAUSE = timedelta(seconds=60)
_REFUSED = (401, 403)


def paused_until() -> datetime | None:
    """
    When the next deed may be tried, or None if they do not pause.

    Reads may go well all the while, so only another delete can show that it is
    mended: one a minute.
    """
    since = datetime.now(UTC) - PAUSE
    last = Operation.objects.filter(completed_at__gt=since, http__isnull=False).order_by("-completed_at").first()
    return last.completed_at + PAUSE if last and last.completed_at and last.http in _REFUSED else None


def refuse_while_paused() -> None:
    """Raises `Paused`."""
    if until := paused_until():
        raise Paused(until=until)
