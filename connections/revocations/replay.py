"""What waited on disk becomes events: Smartcar's answers that could not be recorded when they came."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from connections.actors import SYSTEM
from connections.audit.events import Event, EventType, Outcome
from connections.audit.ledger import recording
from connections.models import AuditEvent, Item, Operation
from connections.revocations import spool
from connections.revocations.kept import Kept
from connections.revocations.outcome import number_of, record_answer


def replay_spooled() -> None:
    """Record the answers that wait on disk. Raises `NotRecorded` while that still fails."""
    spool.replay(_record_spooled)


def _record_spooled(answer: Kept) -> None:
    operation = Operation.objects.filter(pk=answer.operation).select_related("preview").first()
    items = list(operation.items.filter(position__in=answer.items)) if operation else []
    if operation is None or not items:
        _record_without_operation(answer)
        return
    if _is_recorded(operation, items, answer.attempt):
        return  # another process was quicker
    # Also where reading again has told by now what became of it: Smartcar's answer may hold an alarm.
    attempt = answer.attempt or items[0].attempts
    answered_at = _when(answer, operation)
    record_answer(operation, items, SYSTEM, answer.verdict, answer.request, attempt, answered_at)
    with recording() as record:
        record(Event(type=EventType.SYSTEM_SPOOL_REPLAYED, actor=SYSTEM, operation=operation.id))


def _when(answer: Kept, operation: Operation | None = None) -> datetime | None:
    """None for a time before it was sent, or one yet to come: the clock was wrong, or the file is."""
    at, sent = answer.answered_at, operation.attempted_at if operation else None
    return at if at and (sent or at) <= at <= datetime.now(UTC) else None


def _is_recorded(operation: Operation, items: Sequence[Item], attempt: int) -> bool:
    """Whether the log has an answer to this sending already; to any, where the file does not say to which."""
    told = AuditEvent.objects.filter(operation=str(operation.pk), type=EventType.REVOCATION_COMPLETED)
    number = number_of(operation, items)
    for body in map(json.loads, told.values_list("body", flat=True)):
        if body.get("item") == number and attempt in (0, body["outcome"].get("attempt")):
            return True
    return False


def _record_without_operation(answer: Kept) -> None:
    """Its row is not there, as after a backup was restored: what Smartcar said stays in the log, and alarms."""
    outcome = Outcome(
        status=answer.verdict.status,
        http=answer.verdict.http,
        smartcar_request_id=answer.verdict.smartcar_request_id,
        removed=answer.verdict.removed,
        answered_at=_when(answer),
        alarm="An answer of Smartcar's waited on disk for an operation that the database does not know.",
    )
    with recording() as record:
        record(
            Event(
                type=EventType.SYSTEM_SPOOL_REPLAYED,
                actor=SYSTEM,
                outcome=outcome,
                operation=answer.operation,
            )
        )
