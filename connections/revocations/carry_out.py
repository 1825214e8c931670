"""
Steps 2 to 4 of a deed, for what is still to be sent: attempt, one DELETE, its outcome.

Where Smartcar deletes by scope, one DELETE removes all connections at once;
otherwise there is one for each. Where the answer alone does not tell, a read
follows once it is committed. After anything but success the rest waits for the
worker: what follows a refusal or a silence would fare no better.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from django.db import Error
from django.db.models import F
from django.utils.translation import gettext_noop

from connections import gateway
from connections.audit.events import Actor, Event, EventType, Outcome, Status
from connections.audit.ledger import NotRecorded, recording
from connections.budget import pay_for_delete
from connections.models import Item, Operation, State
from connections.revocations import outcome
from connections.revocations.classify import Verdict, verdict_on_answer, verdict_on_problem
from connections.revocations.conclude import withhold
from connections.revocations.lease import Lease
from connections.revocations.look import look
from connections.revocations.outcome import OutcomeNotRecorded
from connections.revocations.preview import connections_of
from connections.revocations.scope import Subject, is_sent_at_once, scope_of, target_of_request
from connections.revocations.turn import paid_for, wait_for_turn
from connections.revocations.under_way import is_sent_elsewhere
from connections.revocations.warrant import is_borne_out
from connections.smartcar.errors import AllowanceSpent, NotSent, SmartcarError
from connections.smartcar.types import Connection, Deletion, PairScope, Purge

# A person waits this long for a page; the worker does the rest.
PATIENCE = timedelta(seconds=10)
# From the beginning of an attempt, whose commit waits for the lock and the disk, to its DELETE.
_SECONDS_TO_LEAVE = 20
_GONE = {State.SEEN_GONE, State.ALREADY_GONE}


@dataclass(frozen=True, slots=True)
class _Moment:
    """By both clocks of the host: one of them stands still while a machine is paused, the other may be set."""

    by_the_wall: float
    by_the_machine: float

    @classmethod
    def now(cls) -> Self:
        return cls(time.time(), time.monotonic())

    def seconds_ago(self) -> float:
        return max(time.time() - self.by_the_wall, time.monotonic() - self.by_the_machine)


@dataclass(frozen=True, slots=True)
class Step:
    """One DELETE, the items it is about and the connections it is to remove."""

    items: tuple[Item, ...]
    connections: tuple[Connection, ...]

    @property
    def expected(self) -> frozenset[PairScope]:
        return frozenset(each.pair for each in self.connections)


def carry_out(
    operation: Operation,
    *,
    actor: Actor,
    request_id: UUID | None,
    lease: Lease,
    patience: timedelta = PATIENCE,
    is_told_to_stop: Callable[[], bool] = lambda: False,
) -> None:
    """
    Send what is still to be sent, for as long as the lease is the caller's, who has paid for the first request.

    Whether to stop is asked between one DELETE and the next.
    What the audit log does not bear out is not sent, and alarms.

    Raises `NotRecorded` (nothing was sent), `OutcomeNotRecorded` (it was, and what came of it is not in the database).
    """
    until = datetime.now(UTC) + patience
    if is_borne_out(operation):
        _send_all(operation, actor, request_id, lease, lambda: datetime.now(UTC) > until or is_told_to_stop())
    else:
        withhold(operation, actor=actor)


def _send_all(
    operation: Operation, actor: Actor, request_id: UUID | None, lease: Lease, is_over: Callable[[], bool]
) -> None:
    for number, step in enumerate(_steps(operation)):
        if is_over():
            return
        try:
            if not lease.renew():
                return
            if number:
                with paid_for(operation):
                    pay_for_delete()
            verdict = _do(operation, step, actor, request_id)
        except AllowanceSpent:
            wait_for_turn(operation)
            return
        except OutcomeNotRecorded:
            raise
        except (NotRecorded, Error):
            if number:
                return  # what was sent is recorded, and nobody may be told that nothing was
            raise
        if verdict is None or not (
            verdict.state == State.SUCCEEDED
            or (verdict.needs_read and _is_gone_by_reading(operation, step, actor, request_id, lease))
        ):
            return


def _steps(operation: Operation) -> Iterator[Step]:
    connections = connections_of(operation.preview)
    pending = [item for item in operation.items.all() if item.state == State.INTENDED]
    if is_sent_at_once(operation) and pending:
        yield Step(tuple(pending), tuple(connections[item.position] for item in pending if item.pair))
        return
    for item in pending:
        yield Step((item,), (connections[item.position],))


def _do(operation: Operation, step: Step, actor: Actor, request_id: UUID | None) -> Verdict | None:
    """What came of the step; None if another process has taken it up meanwhile."""
    begun = _Moment.now()
    if not _attempt(operation, step, actor, request_id):
        return None
    verdict = _send(operation, step, begun)
    try:
        outcome.complete(operation, step.items, actor, verdict, request_id)
    finally:
        gateway.drop_cached_pages()
    return verdict


def _is_gone_by_reading(operation: Operation, step: Step, actor: Actor, request_id: UUID | None, lease: Lease) -> bool:
    """
    Where the answer alone does not tell, and only once it is committed: look at once.

    What that cannot tell either, the worker finds out.
    """
    try:
        if not lease.renew():
            return False
        with paid_for(operation):
            look(operation, actor=actor, request_id=request_id, counts=False, lease=lease, only=step.items)
        return not Item.objects.filter(pk__in=[item.pk for item in step.items]).exclude(state__in=_GONE).exists()
    except (SmartcarError, NotRecorded, Error):
        return False


def _attempt(operation: Operation, step: Step, actor: Actor, request_id: UUID | None) -> bool:
    """
    Step 2: from here on it may have been sent.

    A process that slept through its lease finds that another one has sent it, and must not;
    nor while another operation has perhaps sent it.
    """
    with recording() as record:
        if is_sent_elsewhere(operation, step.items):
            return False
        waiting = Item.objects.filter(pk__in=[item.pk for item in step.items], state=State.INTENDED)
        if waiting.count() != len(step.items):
            return False
        # In one statement: each of thousands by itself would hold up every other writer for seconds.
        begun = {"looks": 0, "good_looks": 0, "look_at": None}
        waiting.update(state=State.ATTEMPTED, attempts=F("attempts") + 1, **begun)
        for item in step.items:
            item.state, item.attempts = State.ATTEMPTED, item.attempts + 1
        attempted = record(
            Event(
                type=EventType.REVOCATION_ATTEMPTED,
                actor=actor,
                target=target_of_request(operation, step.items),
                outcome=Outcome(status=Status.SENT, attempt=step.items[0].attempts, expected=len(step.connections)),
                operation=operation.id,
                item=outcome.number_of(operation, step.items),
                request=request_id,
                cause=operation.intended_seq,
            )
        )
        operation.state, operation.attempted_at = State.ATTEMPTED, attempted.at
        operation.save(update_fields=["state", "attempted_at"])
    return True


def _send(operation: Operation, step: Step, begun: _Moment) -> Verdict:
    """
    Step 3: the one place a delete leaves from. Whatever fails here, nobody may be told that nothing was sent.

    Only who has slept since the attempt knows that it was not: others may have read and concluded meanwhile.
    """
    started = time.monotonic()
    try:
        if begun.seconds_ago() > _SECONDS_TO_LEAVE:
            raise NotSent(gettext_noop("It was held up on our side, and not sent."))
        deletion = _delete(scope_of(operation), step)
    except SmartcarError as problem:
        return verdict_on_problem(problem, int((time.monotonic() - started) * 1000))
    except Error as problem:
        raise OutcomeNotRecorded(operation, is_kept=False) from problem
    return verdict_on_answer(deletion, step.expected)


def _delete(scope: Subject, step: Step) -> Deletion:
    if isinstance(scope, Purge):
        return gateway.purge_user(scope)
    api = gateway.api()
    return api.delete_scope(scope) if api.capabilities.deletes_by_scope else api.delete_connection(step.connections[0])
