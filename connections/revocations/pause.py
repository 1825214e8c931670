"""After Smartcar refused our credentials for a delete, deeds pause for everyone."""

import json
from datetime import UTC, datetime, timedelta

from connections.audit.events import EventType
from connections.models import AuditEvent
from connections.revocations.errors import Paused

PAUSE = timedelta(seconds=60)
_REFUSED = (401, 403)
# Answers that never arrived tell nothing; behind so many of them in a row nobody looks.
_FEW = 100


def paused_until() -> datetime | None:
    """
    When the next deed may be tried, or None if they do not pause.

    Reads may go well all the while, so only another delete can show that it is
    mended: one a minute. Which answer was the last the log says, and not the
    clock; one from a time to come was given before that was set back, and holds
    nobody off.
    """
    now = datetime.now(UTC)
    for last in AuditEvent.objects.filter(type=EventType.REVOCATION_COMPLETED).order_by("-seq")[:_FEW]:
        http = json.loads(last.body)["outcome"].get("http")
        if http is not None:
            return last.at + PAUSE if http in _REFUSED and now - PAUSE < last.at <= now else None
    return None


def refuse_while_paused() -> None:
    """Raises `Paused`."""
    if until := paused_until():
        raise Paused(until=until)
