"""
The law's clock: a person who asks has an answer coming, within days that run from when they asked.

Not the worker's clock, which says when an operation is looked at again.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from connections.models import Operation, State
from connections.revocations.reasons import Reason

GONE = (State.SEEN_GONE, State.ALREADY_GONE)
# What the customer wanted is done, was decided against, or is no longer what they want.
_ANSWERED = (*GONE, State.CANCELLED, State.SUPERSEDED)


def answer_by(received_at: datetime | None, reason: Reason) -> datetime | None:
    """Until when the customer must have their answer; None where it is not known when they asked."""
    if received_at is None:
        return None
    days = settings.STATUTORY_DAYS
    return received_at + timedelta(days=days.by_name.get(reason, days.otherwise))


def is_running(operation: Operation) -> bool:
    """Whether the customer still waits; a revocation that failed leaves them waiting."""
    return operation.answer_by is not None and operation.state not in _ANSWERED


def unanswered() -> Q:
    """The condition for operations whose customer still waits; one that failed and was done again does not count."""
    done_again = Operation.objects.filter(
        Q(user_id=OuterRef("user_id")) | Q(user_id=None),
        Q(vehicle_id=OuterRef("vehicle_id")) | Q(vehicle_id=None),
        scope=OuterRef("scope"),
        id__gt=OuterRef("id"),
        state__in=GONE,
    )
    return Q(answer_by__isnull=False) & ~Q(state__in=_ANSWERED) & Q(~Exists(done_again))
