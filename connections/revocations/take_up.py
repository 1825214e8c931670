"""What the worker does with an operation that is due: look, conclude, and send what waits."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import Error
from django.db.models import Q
from django.utils.translation import gettext_noop

from connections.actors import SYSTEM
from connections.audit.ledger import NotRecorded
from connections.budget import pay_for_delete
from connections.models import Operation, State
from connections.revocations.approvals import expire
from connections.revocations.carry_out import carry_out
from connections.revocations.conclude import give_up_unsent, settle, withhold
from connections.revocations.lease import Lease, is_free, leased
from connections.revocations.look import look
from connections.revocations.outcome import be_due
from connections.revocations.pause import paused_until
from connections.revocations.progress import FURTHEST, is_time
from connections.revocations.reasons import CHANGED
from connections.revocations.replay import replay_spooled
from connections.revocations.scope import is_sent_at_once
from connections.revocations.snapshot import digest_of
from connections.revocations.tally import count_in_vain
from connections.revocations.turn import Turn, paid_for, seconds_of_turn, turn_of, wait_for_turn
from connections.revocations.under_way import is_sent_elsewhere
from connections.revocations.warrant import is_set_borne_out
from connections.smartcar.errors import AllowanceSpent, SmartcarError
from connections.smartcar.types import Connection

logger = logging.getLogger(__name__)
_PATIENCE = timedelta(minutes=10)
_AFTER_A_FAILURE = timedelta(seconds=10)
# The other one may be unknown for a day, and each time the list is read before it is asked for.
_AFTER_ANOTHER = timedelta(minutes=5)


def take_up(operation_id: UUID, *, is_told_to_stop: Callable[[], bool] = lambda: False) -> None:
    """
    Bring a due operation one step further, unless another process is at it; whoever is told to stop leaves the rest.

    Raises `NotRecorded` when the database fails, or an answer that waits on disk cannot be recorded; it stays due then.
    """
    with leased(operation_id) as lease:
        if lease is None:
            return
        operation = Operation.objects.select_related("preview").get(pk=operation_id)
        if not _is_due(operation):
            return
        with _put_off_if_it_fails(operation):
            replay_spooled()
            operation.refresh_from_db()  # what waited may have been an answer to its own DELETE
            if _is_due(operation):
                with paid_for(operation, turn_of(operation).requests):
                    _take_up(operation, lease, is_told_to_stop)


@contextmanager
def _put_off_if_it_fails(operation: Operation) -> Iterator[None]:
    """
    What cannot be taken up must not be tried every second and keep others from their turn.

    What no database's failure explains counts as a look in vain, so that in the end a person is called.
    """
    try:
        yield
    except (NotRecorded, Error):
        with suppress(Error):
            be_due(operation, datetime.now(UTC) + _AFTER_A_FAILURE)
        raise
    except Exception:
        logger.exception("Operation %s cannot be taken up.", operation.pk)
        is_request = operation.state == State.AWAITING_APPROVAL
        be_due(operation, datetime.now(UTC) + (settings.APPROVAL_LIFETIME if is_request else _AFTER_ANOTHER))
        if not is_request:
            _was_in_vain(operation)


def due_operations(now: datetime, limit: int = 100) -> list[UUID]:
    """Those to be taken up that nobody works at, the longest due first; last those that a clock ahead put far off."""
    is_far_off = Q(due_at__gt=now + FURTHEST) & ~Q(state=State.AWAITING_APPROVAL)
    due = Operation.objects.filter(is_free(now), Q(due_at__lte=now) | is_far_off).order_by("due_at")
    return list(due.values_list("pk", flat=True)[:limit])


def _is_due(operation: Operation) -> bool:
    """A request for approval waits as long as its deployment allows; all else never so long."""
    now, due_at = datetime.now(UTC), operation.due_at
    if due_at is None:
        return False
    return due_at <= now if operation.state == State.AWAITING_APPROVAL else is_time(due_at, now=now)


def _take_up(operation: Operation, lease: Lease, is_told_to_stop: Callable[[], bool]) -> None:
    if operation.state == State.AWAITING_APPROVAL:
        expire(operation)
        return
    if seconds_of_turn(operation):
        wait_for_turn(operation)
        return
    turn = turn_of(operation)
    try:
        present = () if turn.only == () else _look(operation, turn, lease)
    except AllowanceSpent:
        wait_for_turn(operation)
        return
    except SmartcarError:
        _was_in_vain(operation, turn)
        return
    if operation.items.filter(state=State.INTENDED).exists() and not _is_given_up(operation):
        _send_what_waits(operation, present, lease, is_told_to_stop)


def _is_given_up(operation: Operation) -> bool:
    """What somebody wrote into the rows is not sent, nor what nobody waits for; if it is gone, the look found it."""
    if not is_set_borne_out(operation):
        withhold(operation, actor=SYSTEM)
        return True
    if operation.attempted_at is None:
        because = gettext_noop("Interrupted before it was sent. It may be tried again.")
        give_up_unsent(operation, actor=SYSTEM, because=because)
        return True
    return False


def _was_in_vain(operation: Operation, turn: Turn | None = None) -> None:
    now = datetime.now(UTC)
    count_in_vain(operation, now=now, only=turn.only if turn else None)
    settle(operation, now=now)


def _look(operation: Operation, turn: Turn, lease: Lease) -> tuple[Connection, ...]:
    return look(operation, actor=SYSTEM, request_id=None, counts=True, lease=lease, only=turn.only)


def _send_what_waits(
    operation: Operation, present: tuple[Connection, ...], lease: Lease, is_told_to_stop: Callable[[], bool]
) -> None:
    """Where one DELETE takes all of a scope, only if it is still the very set that was shown."""
    if is_sent_at_once(operation) and digest_of(present) != operation.preview.digest:
        give_up_unsent(operation, actor=SYSTEM, because=CHANGED)
        return
    if until := paused_until():
        be_due(operation, until)
        return
    if is_sent_elsewhere(operation, operation.items.filter(state=State.INTENDED)):
        be_due(operation, datetime.now(UTC) + _AFTER_ANOTHER)
        return
    try:
        pay_for_delete()
    except AllowanceSpent:
        wait_for_turn(operation)
        return
    carry_out(
        operation,
        actor=SYSTEM,
        request_id=None,
        lease=lease,
        patience=_PATIENCE,
        is_told_to_stop=is_told_to_stop,
    )
