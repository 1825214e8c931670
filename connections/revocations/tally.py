"""
How often each connection of an operation was looked at, and when the next look at it counts.

Each has a schedule of its own, which begins with the answer to its DELETE: of a
large operation some were sent days after others. What waits to be sent has
none, but where it waits for a read that Smartcar does not answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeAlias

from django.db.models import Q

from connections.models import Item, Operation, State
from connections.revocations.progress import FURTHEST, LOOKS_AFTER, OPEN, is_time, look_after

# A delete may become visible late, so one look that still shows the connection proves nothing, unless it is the last.
_LOOKS_TO_BE_SURE = 2
_LAST = len(LOOKS_AFTER)
_Count: TypeAlias = tuple[int, int, datetime | None]


def is_due(now: datetime) -> Q:
    """The condition for items of which a look counts now."""
    return Q(looks__lt=_LAST) & (Q(look_at=None) | Q(look_at__lte=now) | Q(look_at__gt=now + FURTHEST))


def needing_person() -> Q:
    """The condition for items that no look to come will conclude."""
    return Q(state__in=OPEN, looks__gte=_LAST)


def count(item: Item, *, now: datetime) -> None:
    """A look that Smartcar answered, if it is time for one. Not yet saved."""
    if item.looks < _LAST and is_time(item.look_at, now=now):
        item.looks, item.good_looks = item.looks + 1, item.good_looks + 1
        item.look_at = look_after(item.looks, now=now)


def give_up(item: Item) -> None:
    """No list can tell what became of it, so there is no use in another look. Not yet saved."""
    item.looks, item.look_at = _LAST, None


def give_up_all(operation: Operation) -> None:
    """Of all that was sent and is open, at once."""
    sent = operation.items.filter(Q(state__in=OPEN) | Q(may_still_go=True)).exclude(state=State.INTENDED)
    sent.update(looks=_LAST, look_at=None, may_still_go=False)


def is_sure(item: Item) -> bool:
    """Whether what is there by now stays there."""
    return item.good_looks >= _LOOKS_TO_BE_SURE or item.looks >= _LAST


def save(operation: Operation, items: Iterable[Item]) -> None:
    """Those that were counted; Smartcar answers, so what waits to be sent begins anew. One statement for all alike."""
    alike: dict[_Count, list[int]] = defaultdict(list)
    for item in items:
        alike[item.looks, item.good_looks, item.look_at].append(item.pk)
    for (looks, good_looks, look_at), ids in alike.items():
        Item.objects.filter(pk__in=ids).update(looks=looks, good_looks=good_looks, look_at=look_at)
    operation.items.filter(state=State.INTENDED, looks__gt=0).update(looks=0, good_looks=0, look_at=None)


def count_in_vain(operation: Operation, *, now: datetime, only: Sequence[Item] | None = None) -> None:
    """A look that told nothing, at all that is open, or at `only` these and what waits to be sent after them."""
    looked_at = Q() if only is None else Q(pk__in=[item.pk for item in only]) | Q(state=State.INTENDED)
    is_open = Q(state__in=OPEN) | Q(may_still_go=True)
    # From the last on, so that none is counted twice.
    for looks in reversed(range(_LAST)):
        items = operation.items.filter(is_open, looked_at, is_due(now), looks=looks)
        items.update(looks=looks + 1, look_at=look_after(looks + 1, now=now))
