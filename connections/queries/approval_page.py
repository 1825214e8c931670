"""What waits for a second person, as the page of approvals shows it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from connections.audit.browse import notes_of_requests
from connections.models import Approval, Operation, Staff, State
from connections.queries.keyset import keyset
from connections.queries.operations import OperationSummary, moment_of, summary_of
from connections.queries.table import Row, shown_rows
from connections.revocations.preview import is_readable
from connections.revocations.snapshot import restored

# Of a large set; its operation's page has them all.
_ROWS = 20
# Each is a panel with its set, so fewer than of a list's rows.
_ENDED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An operation that needed others, with the set it covers and what they decided."""

    operation: OperationSummary
    may_be_withdrawn: bool
    note: str
    is_readable: bool
    rows: tuple[Row, ...]
    more: int
    decisions: tuple[Approval, ...]
    needed: int
    expires: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPage:
    for_me: tuple[Waiting, ...]
    for_others: tuple[Waiting, ...]
    ended: tuple[Waiting, ...]
    newer_url: str | None
    older_url: str | None


def approval_page(
    staff: Staff, *, may_approve: bool, before: UUID | None = None, after: UUID | None = None
) -> ApprovalPage:
    """What waits for this person, what waits for others, and a page of those that ended, the newest first."""
    asked = Operation.objects.filter(approvals_needed__gt=0).select_related("preview").prefetch_related("approvals")
    waiting = list(asked.filter(state=State.AWAITING_APPROVAL).order_by("id"))
    notes = notes_of_requests(each.pk for each in waiting)
    open_ones = [_waiting(each, staff, notes.get(str(each.pk), "")) for each in waiting]
    mine = [each for each in open_ones if may_approve and _is_for(each, str(staff.pk))]
    ended = keyset(asked.exclude(state=State.AWAITING_APPROVAL), before=before, after=after, limit=_ENDED)
    return ApprovalPage(
        for_me=tuple(mine),
        for_others=tuple(each for each in open_ones if each not in mine),
        ended=tuple(_waiting(each, staff) for each in ended.rows),
        newer_url=_url(after=ended.newer) if ended.newer else None,
        older_url=_url(before=ended.older) if ended.older else None,
    )


def _url(**place: UUID) -> str:
    return f"{reverse('approval-list')}?{urlencode(place)}#ended"


def _is_for(waiting: Waiting, staff_id: str) -> bool:
    decided = {each.approver_id for each in waiting.decisions}
    return waiting.operation.actor_id != staff_id and staff_id not in decided


def may_withdraw(operation: Operation, staff: Staff) -> bool:
    """Only who asked for it, and only while it waits."""
    return operation.state == State.AWAITING_APPROVAL and operation.actor_id == str(staff.pk)


def _waiting(operation: Operation, staff: Staff, note: str = "") -> Waiting:
    is_whole = is_readable(operation.preview)
    kept = operation.preview.connections if is_whole else []
    return Waiting(
        note=note,
        is_readable=is_whole,
        rows=shown_rows(tuple(restored(each) for each in kept[:_ROWS]), datetime.now(UTC)),
        more=max(0, len(kept) - _ROWS),
        may_be_withdrawn=may_withdraw(operation, staff),
        operation=summary_of(operation),
        decisions=tuple(operation.approvals.all()),
        needed=operation.approvals_needed,
        expires=moment_of(operation.due_at, datetime.now(UTC)),
    )
