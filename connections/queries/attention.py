"""Operations that somebody should know of: what waits for approval or a person, unknown ones, customers who wait."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet
from django.urls import reverse

from connections.audit.emergencies import not_reviewed
from connections.models import Operation, Staff, State
from connections.permissions import Permission, may
from connections.queries.operation_list import UNKNOWN, OperationFilters, list_url
from connections.queries.operations import OperationSummary, summary_of
from connections.revocations.clock import unanswered

_SHOWN = 5
_NEEDS_PERSON = Q(needs_person=True)
_DAYS_OF_ALARMS = 30


@dataclass(frozen=True, slots=True)
class Group:
    """The first few of them, how many there are, and where the rest is."""

    operations: tuple[OperationSummary, ...]
    count: int
    url: str

    @property
    def is_cut(self) -> bool:
        return self.count > len(self.operations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """`for_me` waits for this person's approval, `own` was asked for by them and waits for others'."""

    for_me: Group
    own: Group
    needs_person: Group
    alarms: Group
    unknown: Group
    waiting_customers: Group
    overdue: int

    @property
    def is_any(self) -> bool:
        groups = (self.for_me, self.own, self.needs_person, self.alarms, self.unknown, self.waiting_customers)
        return any(group.count for group in groups)


def attention(staff: Staff) -> Attention:
    """For the overview of this person, who may see operations."""
    rows, now = Operation.objects.select_related("preview").order_by("id"), datetime.now(UTC)
    awaiting, customers = rows.filter(state=State.AWAITING_APPROVAL), rows.filter(unanswered())
    alarms = rows.exclude(alarm="").filter(asked_at__gt=now - timedelta(days=_DAYS_OF_ALARMS))
    approvals = reverse("approval-list")
    return Attention(
        for_me=_group(_for(staff, awaiting), approvals),
        own=_group(awaiting.filter(actor_id=str(staff.pk)), approvals),
        alarms=_group(alarms.order_by("-id"), list_url(OperationFilters(alarm=True))),
        needs_person=_group(rows.filter(_NEEDS_PERSON), list_url(OperationFilters(needs_person=True))),
        unknown=_group(rows.filter(UNKNOWN), list_url(OperationFilters(unknown=True))),
        waiting_customers=_group(customers.order_by("answer_by"), list_url(OperationFilters(unanswered=True))),
        overdue=customers.filter(answer_by__lt=now).count(),
    )


def counts() -> dict[str, int]:
    """For operators, without a word about anybody."""
    rows = Operation.objects
    return {
        "operations that need a person": rows.filter(_NEEDS_PERSON).count(),
        "operations with an unknown outcome": rows.filter(UNKNOWN).count(),
        "uses of the account for emergencies that nobody reviewed": not_reviewed().count(),
    }


def _for(staff: Staff, awaiting: QuerySet[Operation]) -> QuerySet[Operation]:
    """Nobody approves what they asked for, nor anything twice."""
    if not may(staff, Permission.APPROVE_REVOCATION):
        return awaiting.none()
    return awaiting.exclude(actor_id=str(staff.pk)).exclude(approvals__approver_id=str(staff.pk))


def _group(found: QuerySet[Operation], url: str) -> Group:
    return Group(tuple(summary_of(each) for each in found[:_SHOWN]), found.count(), url)
