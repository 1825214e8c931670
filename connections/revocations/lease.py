"""One process at a time works an operation: a lease in its row, taken by one conditional UPDATE."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import Error
from django.db.models import Q

from connections.models import Operation

# Longer than any single request to Smartcar may take, renewed before each.
LENGTH = timedelta(seconds=120)


@contextmanager
def leased(operation_id: UUID) -> Iterator[bool]:
    """
    Whether the lease is ours until the block ends.

    A process that is killed leaves it to run out, and the next one finds the
    operation due. So does one that cannot give it back: what happened within
    the block is the news, not that.
    """
    is_ours = _take(operation_id)
    try:
        yield is_ours
    finally:
        if is_ours:
            with suppress(Error):
                Operation.objects.filter(pk=operation_id).update(leased_until=None)


def renew(operation_id: UUID) -> None:
    """Call it before each request to Smartcar."""
    Operation.objects.filter(pk=operation_id).update(leased_until=datetime.now(UTC) + LENGTH)


def _take(operation_id: UUID) -> bool:
    now = datetime.now(UTC)
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    return Operation.objects.filter(free, pk=operation_id).update(leased_until=now + LENGTH) == 1
