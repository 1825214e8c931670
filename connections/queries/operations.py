"""Operations as pages show them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext

from connections import times
from connections.models import Operation, ScopeKind, State
from connections.queries.operation_words import (
    Badge,
    badge_of,
    failure_of,
    is_accepted,
    is_not_known,
    reason_of,
    sentence_of,
)
from connections.revocations.clock import DONE, is_running
from connections.smartcar.types import PairScope

PAGE_SIZE = 50
_HAVE_RECEIPTS = (*DONE, State.PARTLY_REVOKED)


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
    lists_none: bool
    scope: str
    is_purge: bool
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
    now = datetime.now(UTC)
    runs = is_running(operation)
    has_receipt = operation.state in _HAVE_RECEIPTS and not is_not_known(operation)
    return OperationSummary(
        id=operation.id,
        url=reverse("operation-detail", args=[operation.id]),
        badge=badge_of(operation),
        sentence=sentence_of(operation),
        failure=failure_of(operation),
        alarm=gettext(operation.alarm),
        actor=operation.actor_name,
        actor_id=operation.actor_id,
        reason=reason_of(operation),
        ticket=operation.ticket,
        user_id=str(operation.user_id or ""),
        vehicle_id=str(operation.vehicle_id or ""),
        connection_id=str(operation.connection_id or ""),
        connection_url=_connection_url(operation),
        http=str(operation.http or ""),
        smartcar_request_id=operation.smartcar_request_id,
        count=operation.preview.count,
        lists_none=operation.preview.lists_none,
        scope=operation.get_scope_display(),
        is_purge=operation.scope == ScopeKind.PURGE,
        needs_person=operation.needs_person,
        receipt_url=reverse("operation-receipt", args=[operation.id]) if has_receipt else "",
        due=times.due(operation.answer_by, now) if runs and operation.answer_by else "",
        is_overdue=runs and operation.answer_by is not None and operation.answer_by < now,
        received=times.day(operation.received_at) if operation.received_at else "",
        answer_by=times.day(operation.answer_by) if operation.answer_by else "",
        is_accepted=is_accepted(operation),
        asked=moment_of(operation.asked_at, now),
        intended=moment_of(operation.intended_at, now),
        completed=moment_of(operation.completed_at, now),
        seen_gone=moment_of(operation.seen_gone_at, now),
    )


def operations_on(pair: PairScope) -> tuple[Operation, ...]:
    """Our revocations that covered this pair, newest first."""
    ours = Operation.objects.filter(items__user_id=pair.user_id, items__vehicle_id=pair.vehicle_id)
    return tuple(ours.select_related("preview").order_by("-id")[:20])


def operations_on_connection_id(connection_id: UUID) -> tuple[Operation, ...]:
    """Our revocations of the connection with this v3 id, newest first."""
    return tuple(Operation.objects.filter(items__connection_id=connection_id).order_by("-id")[:20])


def _connection_url(operation: Operation) -> str:
    if not (operation.user_id and operation.vehicle_id):
        return ""
    return reverse("connection-detail", args=[operation.user_id, operation.vehicle_id])


def moment_of(at: datetime | None, now: datetime) -> tuple[str, str, str] | None:
    """Relative, exact, ISO."""
    return (times.relative(at, now), times.exact(at), times.iso(at)) if at else None
