"""
A second person: an operation waits until as many others as the policy wants have granted it.

What was granted is exactly the digest that was previewed. It is read once more
before anything is sent; if the set changed, every grant is void.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext, gettext_noop

from connections.actors import SYSTEM
from connections.audit import events
from connections.audit.events import Actor, ActorKind, Control, Event, EventType, Outcome, Status
from connections.audit.ledger import Recorded, recording
from connections.budget import pay_for_delete, refuse_without
from connections.models import Approval, AuditEvent, Decision, Operation, Preview, ScopeKind, State
from connections.revocations import policy
from connections.revocations.carry_out import carry_out
from connections.revocations.errors import NotDecided, Unreadable
from connections.revocations.intent import Request, drafted, intended_event, save_with_items
from connections.revocations.lease import LENGTH, Lease, leased
from connections.revocations.look import first_look
from connections.revocations.pause import refuse_while_paused
from connections.revocations.preview import connections_of, is_readable
from connections.revocations.rate import refuse_too_many
from connections.revocations.reasons import WITHDRAWN, Reason
from connections.revocations.replay import replay_spooled
from connections.revocations.scope import (
    kind_of,
    read_before_deed,
    requests_before_deed,
    scope_of,
    target_of,
    target_of_row,
)
from connections.revocations.snapshot import digest_of
from connections.revocations.under_way import refuse_under_way
from connections.smartcar.types import Connection


def request_approval(asked: Request, shown: Preview, needed: policy.Requirement) -> Operation:
    """Commit the request and let it wait; nothing is sent. Raises `TooMany`, `NotRecorded`."""
    with recording() as record:
        if earlier := Operation.objects.filter(preview=shown).first():
            return earlier
        refuse_too_many(asked.actor)
        operation = drafted(asked, shown, tier=needed.tier)
        operation.state, operation.approvals_needed = State.AWAITING_APPROVAL, needed.approvals
        requested = record(
            Event(
                type=EventType.APPROVAL_REQUESTED,
                actor=asked.actor,
                target=target_of(asked.scope, connections_of(shown)),
                why=asked.why(),
                control=Control(policy_version=policy.VERSION, policy_tier=needed.tier, preview=asked.digest),
                outcome=Outcome(status=Status.PENDING, expected=len(shown.connections)),
                operation=operation.id,
                request=asked.request_id,
            )
        )
        operation.asked_at = requested.at
        operation.due_at = requested.at + settings.APPROVAL_LIFETIME
        save_with_items(operation)
    return operation


def decide(
    operation_id: UUID,
    *,
    actor: Actor,
    decision: Decision,
    request_id: UUID,
    may_ask: Callable[[str, ScopeKind], bool],
) -> Operation:
    """
    Record what this person decided; the grant that completes the number carries the deed out.

    `may_ask` says whether who asked could still ask for such a deed; if not,
    the request is void. Raises `NotDecided` (the requester, twice the same person, or too late),
    `Unreadable`, `Paused`, `SmartcarError` (nothing was sent), `NotRecorded`.
    """
    replay_spooled()
    if decision is Decision.GRANTED:
        refuse_while_paused()
    with _waiting(operation_id) as (operation, lease):
        _refuse_undecidable(operation, actor)
        if decision is Decision.DENIED:
            _deny(operation, actor, request_id)
            return operation
        asked = _asked(operation, request_id)
        if may_ask(operation.actor_id, kind_of(asked.scope)):
            _grant(operation, actor, asked, lease)
        else:
            cancel(operation, EventType.APPROVAL_VOIDED, gettext_noop("Who asked for it may no longer ask for it."))
    return operation


def withdraw(operation_id: UUID, *, actor: Actor, request_id: UUID) -> Operation:
    """Who asked for it takes it back while it waits. Raises `NotDecided`, `NotRecorded`."""
    with _waiting(operation_id) as (operation, _):
        if actor.id != operation.actor_id:
            raise NotDecided(gettext("Only who asked for it can withdraw it."))
        cancel(operation, EventType.APPROVAL_VOIDED, WITHDRAWN, actor=actor, request_id=request_id)
    return operation


def expire(operation: Operation) -> None:
    """Nobody decided in time; who has at the last moment counts."""
    with suppress(NotDecided):
        cancel(operation, EventType.APPROVAL_EXPIRED, gettext_noop("Nobody decided in time."))


def cancel(
    operation: Operation, because: EventType, failure: str, *, actor: Actor = SYSTEM, request_id: UUID | None = None
) -> None:
    """End it without anything sent. Raises `NotDecided` if somebody has ended it by now, `NotRecorded`."""
    with recording() as record:
        _refuse_ended(operation)
        recorded = record(_event(because, operation, actor, request_id))
        _close(operation, failure, recorded.at)


def _close(operation: Operation, failure: str, at: datetime) -> None:
    operation.items.update(state=State.CANCELLED)
    operation.state, operation.failure, operation.due_at, operation.completed_at = State.CANCELLED, failure, None, at
    operation.save(update_fields=["state", "failure", "due_at", "completed_at"])


@contextmanager
def _waiting(operation_id: UUID) -> Iterator[tuple[Operation, Lease]]:
    """The operation, if it waits for others still. Read under its lease, so that only one ends the waiting."""
    with leased(operation_id) as lease:
        operation = Operation.objects.select_related("preview").get(pk=operation_id)
        _refuse_ended(operation)
        if lease is None:
            raise NotDecided(gettext("Somebody else is deciding about it just now. Look again in a moment."))
        yield operation, lease


def _refuse_ended(operation: Operation) -> None:
    """Call it in each transaction that decides, too: who slept through the lease finds that another has ended it."""
    if not Operation.objects.filter(pk=operation.pk, state=State.AWAITING_APPROVAL).exists():
        raise NotDecided(gettext("It no longer waits for a decision."))


def _refuse_undecidable(operation: Operation, actor: Actor) -> None:
    if operation.due_at and operation.due_at < datetime.now(UTC):
        raise NotDecided(gettext("It waited too long and has expired."))
    asked_by = _requester_by_event(operation)
    if actor.id == asked_by:
        raise NotDecided(gettext("Who asked for it cannot decide about it."))
    if operation.actor_id != asked_by:
        raise NotDecided(gettext("The audit log has somebody else asking for it, so nothing is decided about it."))
    if operation.approvals.filter(approver_id=actor.id).exists():
        raise NotDecided(gettext("You have decided already."))


def _requester_by_event(operation: Operation) -> str | None:
    """By the log and not by the row, which can be written."""
    asked = AuditEvent.objects.filter(operation=str(operation.id), type=EventType.APPROVAL_REQUESTED)
    return asked.order_by("seq").values_list("actor_id", flat=True).first()


def _deny(operation: Operation, actor: Actor, request_id: UUID) -> None:
    with recording() as record:
        _refuse_ended(operation)
        denied = record(_event(EventType.APPROVAL_DENIED, operation, actor, request_id))
        _save_decision(operation, actor, Decision.DENIED, denied)
        _close(operation, f"Denied by {actor.name}.", denied.at)


def _grant(operation: Operation, actor: Actor, asked: Request, lease: Lease) -> None:
    """The last grant and the intent are committed together: no crash between them leaves it to expire."""
    is_last = operation.approvals.filter(decision=Decision.GRANTED).count() + 1 >= operation.approvals_needed
    if is_last:
        refuse_without(requests_before_deed(asked.scope, connections_of(operation.preview)) + 1)
    is_unchanged = not is_last or _is_unchanged(operation)
    if is_last and is_unchanged:
        refuse_under_way(operation.preview)
        pay_for_delete()
    with recording() as record:
        _refuse_ended(operation)
        if is_last and is_unchanged:
            refuse_under_way(operation.preview)
        granted = record(_event(EventType.APPROVAL_GRANTED, operation, actor, asked.request_id))
        _save_decision(operation, actor, Decision.GRANTED, granted)
        if is_last and is_unchanged:
            _intend(operation, record(intended_event(asked, operation, approvals=_approvals(operation))))
    if not is_unchanged:
        cancel(operation, EventType.APPROVAL_VOIDED, gettext_noop("The connections changed since it was asked for."))
    elif is_last:
        carry_out(operation, actor=asked.actor, request_id=asked.request_id, lease=lease)
        first_look(operation, actor=asked.actor, request_id=asked.request_id, lease=lease)


def _is_unchanged(operation: Operation) -> bool:
    now = read_before_deed(scope_of(operation), connections_of(operation.preview))
    return digest_of(now) == _digest(operation)


def _event(type_: EventType, operation: Operation, actor: Actor, request_id: UUID | None) -> Event:
    return Event(
        type=type_,
        actor=actor,
        target=target_of_row(operation, _shown(operation)),
        control=Control(policy_version=policy.VERSION, policy_tier=operation.tier, preview=_digest(operation)),
        operation=operation.id,
        request=request_id,
    )


def _shown(operation: Operation) -> tuple[Connection, ...]:
    """To deny or to end it, nobody needs to be able to read it."""
    return connections_of(operation.preview) if is_readable(operation.preview) else ()


def _save_decision(operation: Operation, actor: Actor, decision: Decision, recorded: Recorded) -> None:
    Approval.objects.create(
        operation=operation,
        requester_id=operation.actor_id,
        approver_id=actor.id or "",
        approver_name=actor.name or "",
        decision=decision,
        digest=_digest(operation),
        seq=recorded.seq,
        at=recorded.at,
    )


def _intend(operation: Operation, intended: Recorded) -> None:
    operation.intended_seq, operation.intended_at = intended.seq, intended.at
    operation.state, operation.due_at = State.INTENDED, intended.at + LENGTH
    operation.save(update_fields=["intended_seq", "intended_at", "state", "due_at"])
    operation.items.update(state=State.INTENDED)


def _asked(operation: Operation, request_id: UUID) -> Request:
    """In the name of who asked for it. Raises `Unreadable` where rows were written over."""
    if not is_readable(operation.preview):
        raise Unreadable
    try:
        scope, reason = scope_of(operation), Reason(operation.reason)
    except ValueError as problem:
        raise Unreadable from problem
    return Request(
        actor=Actor(kind=ActorKind.STAFF, id=operation.actor_id, name=operation.actor_name),
        scope=scope,
        digest=_digest(operation),
        reason=reason,
        ticket=operation.ticket,
        note="",
        received_at=operation.received_at,
        request_id=request_id,
    )


def _approvals(operation: Operation) -> tuple[events.Approval, ...]:
    return tuple(
        events.Approval(actor=each.approver_id, decision=each.decision, at=each.at, seq=each.seq)
        for each in operation.approvals.order_by("seq")
    )


def _digest(operation: Operation) -> str:
    return str(operation.preview.digest)
