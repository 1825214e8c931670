"""Operations as pages show them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.urls import reverse

from connections import times
from connections.models import Approval, Operation, ScopeKind, Staff, State
from connections.revocations.clock import GONE, is_running
from connections.revocations.reasons import Reason
from connections.smartcar.types import PairScope

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in words, and the tone that goes with them."""

    words: str
    tone: str


BADGES = {
    State.AWAITING_APPROVAL: Badge("Awaiting approval", "busy"),
    State.CANCELLED: Badge("Cancelled, nothing sent", ""),
    State.INTENDED: Badge("Waiting, not sent", "busy"),
    State.ATTEMPTED: Badge("Sent, no answer recorded", "unknown"),
    State.SUCCEEDED: Badge("Revoked, accepted by Smartcar", "busy"),
    State.ALREADY_GONE: Badge("Already gone", ""),
    State.FAILED: Badge("Not revoked", "bad"),
    State.UNKNOWN: Badge("Unknown, checking", "unknown"),
    State.SUPERSEDED: Badge("Superseded, not touched", "warn"),
    State.SEEN_GONE: Badge("Revoked, seen gone", "good"),
}
_SENTENCES = {
    State.AWAITING_APPROVAL: "It waits for another person. Nothing was sent.",
    State.CANCELLED: "It did not get the approval it needs, so nothing was sent.",
    State.INTENDED: "Smartcar did not take it yet. It will be sent as soon as the allowance is back.",
    State.ATTEMPTED: "It was sent. No answer of Smartcar is recorded, so it may or may not be revoked.",
    State.SUCCEEDED: "Smartcar accepted it, and its list still shows the connection.",
    State.ALREADY_GONE: "Smartcar no longer had this connection.",
    State.FAILED: "The connection is as it was.",
    State.UNKNOWN: "Smartcar's answer does not tell. It may or may not be revoked; do not repeat it blindly.",
    State.SUPERSEDED: "The owner connected again in the meantime. The newer connection was not touched.",
    State.SEEN_GONE: "Smartcar accepted it, and its list no longer shows the connection.",
}

# Found by reading alone: no answer of Smartcar's said so.
_GONE_WITHOUT_ANSWER = "Smartcar's answer did not tell, and its list no longer shows the connection."


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSummary:
    """One operation; times are (relative, exact, ISO) or None, days are text."""

    id: UUID
    url: str
    badge: Badge
    sentence: str
    failure: str
    alarm: str
    actor: str
    actor_id: str
    reason: str
    ticket: str
    user_id: str
    vehicle_id: str
    connection_id: str
    connection_url: str
    http: str
    smartcar_request_id: str
    count: int
    scope: str
    needs_person: bool
    receipt_url: str
    due: str
    is_overdue: bool
    received: str
    answer_by: str
    is_accepted: bool
    asked: tuple[str, str, str] | None
    intended: tuple[str, str, str] | None
    completed: tuple[str, str, str] | None
    seen_gone: tuple[str, str, str] | None


def summary_of(operation: Operation) -> OperationSummary:
    now, state = datetime.now(UTC), State(operation.state)
    is_accepted = _is_accepted(operation)
    return OperationSummary(
        id=operation.id,
        url=reverse("operation-detail", args=[operation.id]),
        badge=BADGES[state],
        sentence=_SENTENCES[state] if is_accepted or state != State.SEEN_GONE else _GONE_WITHOUT_ANSWER,
        failure=operation.failure,
        alarm=operation.alarm,
        actor=operation.actor_name,
        actor_id=operation.actor_id,
        reason=Reason(operation.reason).label,
        ticket=operation.ticket,
        user_id=str(operation.user_id or ""),
        vehicle_id=str(operation.vehicle_id or ""),
        connection_id=str(operation.connection_id or ""),
        connection_url=_connection_url(operation),
        http=str(operation.http or ""),
        smartcar_request_id=operation.smartcar_request_id,
        count=len(operation.preview.connections),
        scope=ScopeKind(operation.scope).label,
        needs_person=operation.needs_person,
        receipt_url=reverse("operation-receipt", args=[operation.id]) if state in GONE else "",
        due=times.due(operation.answer_by, now) if is_running(operation) and operation.answer_by else "",
        is_overdue=is_running(operation) and operation.answer_by is not None and operation.answer_by < now,
        received=times.day(operation.received_at) if operation.received_at else "",
        answer_by=times.day(operation.answer_by) if operation.answer_by else "",
        is_accepted=is_accepted,
        asked=_moment(operation.asked_at, now),
        intended=_moment(operation.intended_at, now),
        completed=_moment(operation.completed_at, now),
        seen_gone=_moment(operation.seen_gone_at, now),
    )


def _is_accepted(operation: Operation) -> bool:
    """By an answer that could be read, and not merely found gone afterwards."""
    is_done = operation.state in (State.SUCCEEDED, State.SEEN_GONE)
    return is_done and (operation.http or 500) < 300 and not operation.failure


def operations_on(pair: PairScope) -> tuple[Operation, ...]:
    """Our revocations that covered this pair, newest first."""
    ours = Operation.objects.filter(items__user_id=pair.user_id, items__vehicle_id=pair.vehicle_id)
    return tuple(ours.select_related("preview").order_by("-id")[:20])


def operations_on_connection_id(connection_id: UUID) -> tuple[Operation, ...]:
    """Our revocations of the connection with this v3 id, newest first."""
    return tuple(Operation.objects.filter(items__connection_id=connection_id).order_by("-id")[:20])


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An operation that needed others, with the set it covers and what they decided."""

    operation: OperationSummary
    may_be_withdrawn: bool
    connections: tuple[dict[str, object], ...]
    decisions: tuple[Approval, ...]
    needed: int
    expires: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPage:
    for_me: tuple[Waiting, ...]
    for_others: tuple[Waiting, ...]
    ended: tuple[Waiting, ...]


def approval_page(staff: Staff, *, may_approve: bool) -> ApprovalPage:
    """What waits for this person, what waits for others, and the last fifty that ended."""
    asked = Operation.objects.filter(approvals_needed__gt=0).select_related("preview").prefetch_related("approvals")
    open_ones = [_waiting(each, staff) for each in asked.filter(state=State.AWAITING_APPROVAL).order_by("id")]
    mine = [each for each in open_ones if may_approve and _is_for(each, str(staff.pk))]
    ended = asked.exclude(state=State.AWAITING_APPROVAL).order_by("-id")[:PAGE_SIZE]
    return ApprovalPage(
        for_me=tuple(mine),
        for_others=tuple(each for each in open_ones if each not in mine),
        ended=tuple(_waiting(each, staff) for each in ended),
    )


def _is_for(waiting: Waiting, staff_id: str) -> bool:
    decided = {each.approver_id for each in waiting.decisions}
    return waiting.operation.actor_id != staff_id and staff_id not in decided


def may_withdraw(operation: Operation, staff: Staff) -> bool:
    """Only who asked for it, and only while it waits."""
    return operation.state == State.AWAITING_APPROVAL and operation.actor_id == str(staff.pk)


def _waiting(operation: Operation, staff: Staff) -> Waiting:
    return Waiting(
        may_be_withdrawn=may_withdraw(operation, staff),
        operation=summary_of(operation),
        connections=tuple(operation.preview.connections),
        decisions=tuple(operation.approvals.all()),
        needed=operation.approvals_needed,
        expires=_moment(operation.due_at, datetime.now(UTC)),
    )


def _connection_url(operation: Operation) -> str:
    if not (operation.user_id and operation.vehicle_id):
        return ""
    return reverse("connection-detail", args=[operation.user_id, operation.vehicle_id])


def _moment(at: datetime | None, now: datetime) -> tuple[str, str, str] | None:
    return (times.relative(at, now), times.exact(at), times.iso(at)) if at else None
