"""Operations that somebody should know of: those that need a person, unknown ones, and customers who wait."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from connections.audit.emergencies import not_reviewed
from connections.models import Operation, State
from connections.queries.operation_list import OperationFilters, list_url
from connections.queries.operations import OperationSummary, summary_of
from connections.revocations.clock import unanswered

_SHOWN = 5
_NEEDS_PERSON = Q(needs_person=True)
_DAYS_OF_ALARMS = 30
_UNKNOWN = Q(state__in=(State.UNKNOWN, State.ATTEMPTED), needs_person=False)


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
    needs_person: Group
    alarms: Group
    unknown: Group
    waiting_customers: Group
    overdue: int


def attention() -> Attention:
    """For the overview."""
    rows = Operation.objects.select_related("preview")
    people, unknown, customers = rows.filter(_NEEDS_PERSON), rows.filter(_UNKNOWN), rows.filter(unanswered())
    lately = datetime.now(UTC) - timedelta(days=_DAYS_OF_ALARMS)
    alarms = rows.exclude(alarm="").filter(asked_at__gt=lately)
    return Attention(
        alarms=_group(alarms.order_by("-id")[:_SHOWN], alarms.count(), OperationFilters(alarm=True)),
        needs_person=_group(people.order_by("id")[:_SHOWN], people.count(), OperationFilters(needs_person=True)),
        unknown=_group(unknown.order_by("id")[:_SHOWN], unknown.count(), OperationFilters(waiting=True)),
        waiting_customers=_group(
            customers.order_by("answer_by")[:_SHOWN], customers.count(), OperationFilters(unanswered=True)
        ),
        overdue=customers.filter(answer_by__lt=datetime.now(UTC)).count(),
    )


def counts() -> dict[str, int]:
    """For operators, without a word about anybody."""
    rows = Operation.objects
    return {
        "operations that need a person": rows.filter(_NEEDS_PERSON).count(),
        "operations with an unknown outcome": rows.filter(_UNKNOWN).count(),
        "uses of the account for emergencies that nobody reviewed": not_reviewed().count(),
    }


def _group(operations: Iterable[Operation], count: int, filters: OperationFilters) -> Group:
    return Group(tuple(summary_of(each) for each in operations), count, list_url(filters))
