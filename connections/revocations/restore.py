"""Compare the rows of operations with what their events say, and set them right from the log."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from connections.audit.archived import newest
from connections.audit.events import EventType
from connections.audit.ledger import take_lock
from connections.models import Approval, AuditEvent, Item, Operation, Preview, State
from connections.revocations.intent import items_of
from connections.revocations.preview import connections_of, is_readable
from connections.revocations.progress import OPEN
from connections.revocations.rebuild import Rebuilt, rebuilt
from connections.revocations.snapshot import digest_of
from connections.revocations.warrant import altered_items

_FIELDS = (
    "scope",
    "user_id",
    "vehicle_id",
    "connection_id",
    "connected_at",
    "state",
    "actor_id",
    "reason",
    "ticket",
    "http",
    "smartcar_request_id",
    "alarm",
    "accepted",
    "tier",
    "approvals_needed",
    "asked_at",
    "received_at",
    "answer_by",
    "intended_seq",
    "intended_at",
    "attempted_at",
    "completed_at",
    "seen_gone_at",
)
_FIRST = (EventType.APPROVAL_REQUESTED, EventType.REVOCATION_INTENDED)


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as the events say; `is_mended` once it is."""

    operation_id: UUID
    what: tuple[str, ...]
    is_mended: bool = False


def every_operation() -> Iterator[UUID]:
    """Ids of all operations that have a row or an event."""
    with_row = set(Operation.objects.values_list("pk", flat=True))
    told = AuditEvent.objects.filter(type__in=_FIRST, operation__isnull=False).values_list("operation", flat=True)
    yield from sorted(with_row | {UUID(each) for each in told.distinct()})


def is_archived(operation: Operation) -> bool:
    """Whether its events are: all of them are archived together, and its rows are as they were then."""
    last = newest()
    return last is not None and operation.asked_at <= last.last_at


def compare(operation_id: UUID) -> Difference | None:
    """None if rows and events agree. Only where they do not, the ledger is held, to be sure."""
    if not _differences(operation_id, rebuilt(operation_id)):
        return None
    with transaction.atomic(durable=True):
        take_lock()  # so that no process is between an event and its row
        what = _differences(operation_id, rebuilt(operation_id))
    return Difference(operation_id, what) if what else None


def mend(operation_id: UUID) -> Difference | None:
    """Make the rows as the events say; what was not so is in the difference, None if nothing was."""
    if not _differences(operation_id, rebuilt(operation_id)):
        return None
    with transaction.atomic(durable=True):
        take_lock()
        found = rebuilt(operation_id)
        what = _differences(operation_id, found)
        is_mended = bool(what) and found is not None and _save(operation_id, found)
    return Difference(operation_id, what, is_mended) if what else None


def _differences(operation_id: UUID, found: Rebuilt | None) -> tuple[str, ...]:
    row = Operation.objects.filter(pk=operation_id).first()
    if row is None:
        return ("it has no row",)
    if found is None:
        return () if is_archived(row) else ("it has no events",)
    rows = (*_of_row(row, found), *_of_items(row, found), *_of_decisions(row, found), *_of_clock(row, found))
    return (*rows, *_of_preview(row, found))


def _of_row(row: Operation, found: Rebuilt) -> Iterator[str]:
    # A name that was erased from the log is no reason to erase it here.
    fields = (*_FIELDS, "actor_name") if found.operation.actor_name else _FIELDS
    for name in fields:
        is_now, told = getattr(row, name), getattr(found.operation, name)
        if is_now != told:
            yield f"{name} is {is_now} and should be {told}"


def _of_items(row: Operation, found: Rebuilt) -> Iterator[str]:
    rows = {item.position: item for item in row.items.all()}
    for told in found.items:
        item = rows.pop(told.position, None)
        if item is None:
            yield f"connection {told.position} is missing"
        elif (item.state, item.attempts) != (told.state, told.attempts):
            yield (
                f"connection {told.position} is {item.state} after {item.attempts} attempts "
                f"and should be {told.state} after {told.attempts}"
            )
    for position in rows:
        yield f"connection {position} is in no event"


def _of_preview(row: Operation, found: Rebuilt) -> Iterator[str]:
    """The events hold its digest alone, so that it cannot be mended; the items can, by it."""
    if not _is_preview_intact(row, found):
        yield "what was shown is not what its preview holds"
        return
    for position in altered_items(row):
        yield f"connection {position} is not the one that was shown"


def _is_preview_intact(row: Operation, found: Rebuilt) -> bool:
    return is_readable(row.preview) and digest_of(connections_of(row.preview)) == found.digest


def _of_decisions(row: Operation, found: Rebuilt) -> Iterator[str]:
    rows = {(each.seq, each.approver_id, each.decision, each.digest) for each in row.approvals.all()}
    told = {(each.seq, each.approver_id, each.decision, each.digest) for each in found.decisions}
    for seq, *_ in sorted(told ^ rows):
        yield f"the decision of event {seq} is not as it was made"


def _of_clock(row: Operation, found: Rebuilt) -> Iterator[str]:
    """When it is due, no event says; that it is due, or waits for a person, follows from its state."""
    is_open = _is_open(found)
    is_waited_for = row.due_at is not None or row.needs_person
    if is_open and not is_waited_for:
        yield "it is not settled and nothing waits for it"
    if not (is_open or _is_followed(row)) and is_waited_for:
        yield "it is settled and something waits for it"


def _is_open(found: Rebuilt) -> bool:
    return bool({State(item.state) for item in found.items} & {*OPEN, State.AWAITING_APPROVAL})


def _is_followed(row: Operation) -> bool:
    """No event says so, as none says how often it was looked at."""
    return row.items.filter(may_still_go=True).exists()


def _save(operation_id: UUID, found: Rebuilt) -> bool:
    row = Operation.objects.filter(pk=operation_id).first() or _made_again(found)
    if row is None or not _is_preview_intact(row, found):
        return False
    for name in (*_FIELDS, *(["actor_name"] if found.operation.actor_name else [])):
        setattr(row, name, getattr(found.operation, name))
    _set_clock(row, found)
    row.save()
    _save_items(row, found)
    if any(_of_decisions(row, found)):
        row.approvals.all().delete()
        for each in found.decisions:
            each.operation = row
        Approval.objects.bulk_create(found.decisions)
    return True


def _made_again(found: Rebuilt) -> Operation | None:
    """The events hold the digest of what was shown, and its preview holds the rest; without it there is no way back."""
    shown = Preview.objects.filter(
        digest=found.digest,
        actor_id=found.operation.actor_id,
        scope=found.operation.scope,
        operation=None,
        shown_at__lte=found.operation.asked_at,
    )
    preview = shown.order_by("-id").first()
    return Operation(id=found.operation.id, preview=preview, failure=found.operation.failure) if preview else None


def _set_clock(row: Operation, found: Rebuilt) -> None:
    """Look at once at what is open and nobody waits for: that costs a read. An approval has the time it had."""
    if not _is_open(found):
        row.due_at, row.needs_person = row.due_at if _is_followed(row) else None, False
    elif row.due_at is None and not row.needs_person:
        is_asked = row.state == State.AWAITING_APPROVAL
        row.due_at = row.asked_at + settings.APPROVAL_LIFETIME if is_asked else datetime.now(UTC)


def _save_items(row: Operation, found: Rebuilt) -> None:
    row.items.filter(position__gte=len(found.items)).delete()
    present = {item.position: item for item in row.items.all()}
    for item, told in zip(items_of(row), found.items, strict=True):
        kept: Item | None = present.get(item.position)
        if kept is None:
            kept, item.answered_gone = item, told.answered_gone
        kept.user_id, kept.vehicle_id = item.user_id, item.vehicle_id
        kept.connection_id, kept.connected_at = item.connection_id, item.connected_at
        kept.state, kept.attempts = told.state, told.attempts
        kept.save()
