"""One process at a time works an operation: a lease in its row, taken by one conditional UPDATE."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import Error
from django.db.models import Q, QuerySet

from connections.models import Operation

# Longer than any single request to Smartcar may take, renewed before each.
LENGTH = timedelta(seconds=120)
# One that seems to run longer was taken by a clock that was ahead and has been set back since.
_FURTHEST = timedelta(hours=1)


def is_held(now: datetime, *, of: str = "leased_until") -> Q:
    """The condition for operations that a process works at; `of` leads to the lease from another table."""
    return Q(**{f"{of}__gte": now, f"{of}__lte": now + _FURTHEST})


def is_free(now: datetime) -> Q:
    """The condition for operations that nobody works at."""
    return Q(leased_until=None) | Q(leased_until__lt=now) | Q(leased_until__gt=now + _FURTHEST)


class Lease:
    """The right to work an operation until a moment, which is also how its holder is known."""

    def __init__(self, operation_id: UUID, until: datetime) -> None:
        self._operation_id = operation_id
        self._until = until

    def renew(self) -> bool:
        """Call it before each request to Smartcar. False for one that ran out and was taken by another."""
        until = datetime.now(UTC) + LENGTH
        is_ours = self._row().update(leased_until=until) == 1
        if is_ours:
            self._until = until
        return is_ours

    def release(self) -> None:
        """What another process holds by now stays with it."""
        self._row().update(leased_until=None)

    def _row(self) -> QuerySet[Operation]:
        return Operation.objects.filter(pk=self._operation_id, leased_until=self._until)


def taken_with(operation: Operation, at: datetime) -> Lease:
    """Before the row is first saved, and with it: in no moment is it begun and nobody's."""
    operation.leased_until = at + LENGTH
    return Lease(operation.pk, operation.leased_until)


@contextmanager
def held(lease: Lease) -> Iterator[Lease]:
    """
    The lease until the block ends.

    A process that is killed leaves it to run out, and the next one finds the
    operation due. So does one that cannot give it back: what happened within
    the block is the news, not that.
    """
    try:
        yield lease
    finally:
        with suppress(Error):
            lease.release()


@contextmanager
def leased(operation_id: UUID) -> Iterator[Lease | None]:
    """The lease until the block ends, or None if another process has it."""
    lease = _take(operation_id)
    if lease is None:
        yield None
        return
    with held(lease):
        yield lease


def _take(operation_id: UUID) -> Lease | None:
    now = datetime.now(UTC)
    until = now + LENGTH
    is_taken = Operation.objects.filter(is_free(now), pk=operation_id).update(leased_until=until) == 1
    return Lease(operation_id, until) if is_taken else None
