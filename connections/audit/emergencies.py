"""Sign-ins through the account for emergencies: each is an alarm until somebody else has reviewed its event."""

from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from connections.audit.events import Event
from connections.audit.ledger import recording
from connections.models import EmergencySignIn, Review

BREAK_GLASS = "break glass"
"""The reason in the event of such a sign-in."""
# Who let it stand for so long has seen it every day.
SHOWN_FOR = timedelta(days=30)


def record_emergency(event: Event) -> None:
    """Append the event, and keep where it stands. Raises `NotRecorded`."""
    with recording() as record:
        recorded = record(event)
        EmergencySignIn.objects.create(seq=recorded.seq, staff_id=int(event.actor.id or 0), at=recorded.at)


def not_reviewed() -> QuerySet[EmergencySignIn]:
    """Newest first."""
    reviewed = Review.objects.filter(reviewed=OuterRef("seq"))
    since = datetime.now(UTC) - SHOWN_FOR
    return EmergencySignIn.objects.filter(~Exists(reviewed), at__gt=since).order_by("-seq")
