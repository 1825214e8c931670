"""
Other revocations of the same connections that are being sent, or whose outcome is unknown.

A second DELETE in v2 names only the pair, and could remove what was connected in between.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from django.db.models import Q, QuerySet

from connections.models import Item, Operation, Preview, State
from connections.revocations.errors import UnderWay
from connections.revocations.lease import is_held
from connections.revocations.preview import connections_of

# The ids of a user and a vehicle, or of a user as a whole.
_Subject: TypeAlias = tuple[UUID | None, UUID | None]
_PERHAPS_SENT = Q(state__in=(State.ATTEMPTED, State.UNKNOWN))


def refuse_under_way(shown: Preview) -> None:
    """Raises `UnderWay`, but not for the revocation that this preview has already become."""
    is_leased = Q(state=State.INTENDED) & is_held(datetime.now(UTC), of="operation__leased_until")
    subjects: set[_Subject] = {(each.user_id, each.vehicle_id) for each in connections_of(shown)}
    subjects = subjects or {(shown.user_id, None)}
    others = Item.objects.filter(_PERHAPS_SENT | is_leased).exclude(operation__preview=shown)
    if other := _about(others, subjects):
        raise UnderWay(other)


def is_sent_elsewhere(operation: Operation, items: Iterable[Item]) -> bool:
    """
    Whether another operation has perhaps sent a DELETE for one of these.

    One that only holds a lease does not count, or two would wait for each other.
    """
    subjects: set[_Subject] = {(item.user_id, item.vehicle_id) for item in items}
    return _about(Item.objects.filter(_PERHAPS_SENT).exclude(operation=operation), subjects) is not None


def _about(items: QuerySet[Item], subjects: Collection[_Subject]) -> Operation | None:
    # What became of a purge without connections no read will ever tell, and a second one does no more than the first.
    is_never_told = Q(state=State.UNKNOWN) | Q(operation__needs_person=True)
    told = items.exclude(is_never_told, vehicle_id=None)
    mine = told.filter(user_id__in={user for user, _ in subjects}).select_related("operation")
    return next((item.operation for item in mine if (item.user_id, item.vehicle_id) in subjects), None)
