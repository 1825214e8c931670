"""
The law's clock: a person who asks has an answer coming, within a time that runs from when they asked.

Not the worker's clock, which says when an operation is looked at again.
"""

from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from connections import times
from connections.models import Approval, Decision, Item, Operation, ScopeKind, State
from connections.revocations.reasons import WITHDRAWN, Reason

GONE = (State.SEEN_GONE, State.ALREADY_GONE)
DONE = (*GONE, State.PURGED)
_IS_DONE = Q(state__in=DONE)
# Somebody sent a purge of this user before.
_SENT_BEFORE = Item.objects.filter(
    operation__scope=ScopeKind.PURGE,
    user_id=OuterRef("user_id"),
    operation_id__lt=OuterRef("operation_id"),
    attempts__gt=0,
)
# Only Smartcar's word shows that a user was purged, no list and nobody who looked: it said so, or does not know them.
# A user of whom it never listed a connection may be mistyped, until somebody asks for the same one again.
_IS_PURGED = _IS_DONE & (
    Q(operation__accepted__gt=0) | Q(answered_gone=True) & (Q(vehicle_id__isnull=False) | Q(Exists(_SENT_BEFORE)))
)
_MAY_BE_MISTYPED = Q(state=State.ALREADY_GONE, vehicle_id=None)


def answer_by(received_at: datetime | None, reason: Reason) -> datetime | None:
    """Until when the customer must have their answer; None where it is not known when they asked."""
    if received_at is None:
        return None
    terms = settings.STATUTORY_DAYS
    term = terms.by_name.get(reason, terms.otherwise)
    return times.later(received_at, months=term.months, days=term.days)


def is_running(operation: Operation) -> bool:
    """Whether the customer still waits."""
    return operation.answer_by is not None and Operation.objects.filter(unanswered(), pk=operation.pk).exists()


def unanswered() -> Q:
    """
    The condition for operations whose customer still waits.

    They do while a connection of it is not gone, by this deed or a later one,
    however wide. Nobody answered them where a request for approval expired; a
    person did who denied or withdrew it. A purge is done by a purge alone, and
    by Smartcar's word; that of an id which may be mistyped also by one of another
    user for the same ticket.
    """
    purge = Q(scope=ScopeKind.PURGE)
    later_purges = Item.objects.filter(operation__scope=ScopeKind.PURGE)
    same = Q(vehicle_id=OuterRef("vehicle_id")) | Q(vehicle_id=None)
    is_left, is_not_purged = _left(Item.objects.filter(same), _IS_DONE), _left(later_purges, _IS_PURGED)
    for_ticket = later_purges.filter(
        _IS_PURGED, operation__ticket=OuterRef("operation__ticket"), operation_id__gt=OuterRef("operation_id")
    )
    is_not_purged = is_not_purged.exclude(_MAY_BE_MISTYPED & Q(Exists(for_ticket)))
    waits = (~purge & Exists(is_left)) | (purge & Exists(is_not_purged))
    return Q(answer_by__isnull=False) & waits & ~_decided_against()


def _left(deeds: QuerySet[Item], is_done: Q) -> QuerySet[Item]:
    """
    Connections of the operation of which what was wanted is not done, by it or by a later one of these deeds.

    What was superseded is no longer what the customer wants.
    """
    done_later = deeds.filter(is_done, user_id=OuterRef("user_id"), operation_id__gt=OuterRef("operation_id"))
    left = Item.objects.filter(~Exists(done_later), operation_id=OuterRef("pk"))
    return left.exclude(is_done | Q(state=State.SUPERSEDED))


def _decided_against() -> Q:
    denials = Approval.objects.filter(operation_id=OuterRef("pk"), decision=Decision.DENIED)
    return Q(Q(failure=WITHDRAWN) | Q(Exists(denials)), state=State.CANCELLED)
