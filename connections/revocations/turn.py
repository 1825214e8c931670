"""
What one turn at an operation reads and sends, and from which part of the allowance.

A large one may take hours, since two requests come back a minute. It takes
neither the reserve nor the last requests above it: those are for people.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import Error
from django.db.models import Q

from connections.budget import for_long_work, seconds_to_spend, seconds_until
from connections.models import Item, Operation, State
from connections.revocations.outcome import be_due
from connections.revocations.preview import connections_of, is_readable
from connections.revocations.scope import is_sent_at_once, requests_to_read
from connections.revocations.tally import is_due

# More connections than this, and it is long work.
_FEW = 20
_WAITS_FOR_PEOPLE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Turn:
    """Reads `only` these connections, or none of them, or (None) all that the operation covers; then sends."""

    only: tuple[Item, ...] | None
    requests: int


def turn_of(operation: Operation) -> Turn:
    """
    What the next turn needs: its reads, and one DELETE.

    Of a large operation whose connections are deleted by their ids, those that
    wait to be sent need no read, however often they wait; what may have been
    sent before does, when it is time for it.
    """
    if not is_long(operation) or is_sent_at_once(operation) or operation.attempted_at is None:
        return Turn(None, _requests_to_read(operation) + 1)
    if not operation.items.filter(state=State.INTENDED).exists():
        return Turn(None, _requests_to_read(operation) + 1)
    to_be_read = Q(state__in=(State.ATTEMPTED, State.UNKNOWN)) & is_due(datetime.now(UTC))
    only = tuple(operation.items.filter(to_be_read | Q(state=State.INTENDED, attempts__gt=0))[:2])
    return Turn(None, _requests_to_read(operation) + 1) if len(only) > 1 else Turn(only, len(only) + 1)


def is_long(operation: Operation) -> bool:
    """Whether it is too large to be worked at people's expense."""
    return operation.preview.count > _FEW


@contextmanager
def paid_for(operation: Operation, requests: int = 1) -> Iterator[None]:
    """What is asked within leaves to people what is theirs, if the operation is large."""
    if not is_long(operation):
        yield
        return
    with for_long_work(requests, has_waited=_has_waited(operation)):
        yield


def _has_waited(operation: Operation) -> bool:
    """While people ask for every request that comes back, it would never go on."""
    last = operation.attempted_at or operation.intended_at
    return last is not None and datetime.now(UTC) - last > _WAITS_FOR_PEOPLE


def seconds_of_turn(operation: Operation) -> float:
    """
    Seconds until there are as many requests as the next turn needs.

    Begun with less, it would spend them all and come no further, each time anew.
    """
    requests = turn_of(operation).requests
    with paid_for(operation, requests):
        return seconds_until(requests)


def wait_for_turn(operation: Operation) -> None:
    """The worker takes it up when it is its turn, or sooner if that cannot be written down."""
    with suppress(Error):
        be_due(operation, datetime.now(UTC) + timedelta(seconds=seconds_of_turn(operation)))


def seconds_to_send(operation: Operation, requests: int) -> float:
    """Seconds until so many DELETEs could be sent, if nobody else asks for anything; 0 if all may go now."""
    with paid_for(operation):
        return seconds_to_spend(requests)


def _requests_to_read(operation: Operation) -> int:
    """Where one request takes all there is, every mode is read."""
    shown = connections_of(operation.preview) if is_readable(operation.preview) else ()
    return requests_to_read(shown, every_mode=is_sent_at_once(operation))
