"""How many revocations one person may ask for within an hour: a stolen session must not empty an application."""

from datetime import UTC, datetime, timedelta

from django.conf import settings

from connections.audit.events import Actor
from connections.models import Operation
from connections.revocations.errors import TooMany

WINDOW = timedelta(hours=1)


def refuse_too_many(actor: Actor) -> None:
    """
    Call it in the transaction that makes the operation: the ledger's lock lets no other process slip in between.

    Raises `TooMany`.
    """
    most = settings.REVOCATIONS_PER_HOUR
    lately = Operation.objects.filter(actor_id=actor.id or "", asked_at__gt=datetime.now(UTC) - WINDOW)
    # The one that must grow old first; None while there are fewer.
    oldest = lately.order_by("-asked_at").values_list("asked_at", flat=True)[most - 1 : most].first()
    if oldest is not None:
        raise TooMany(most=most, until=oldest + WINDOW)
