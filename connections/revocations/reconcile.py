"""What a person concludes where reading again could not: it is gone, or it was not revoked. Never sends anything."""

from datetime import UTC, datetime
from uuid import UUID

from django.db.models import TextChoices

from connections.audit.events import Actor, Event, EventType, Outcome, Status, Why
from connections.audit.ledger import recording
from connections.models import Item, Operation, State
from connections.revocations.errors import NotReconciled
from connections.revocations.lease import leased
from connections.revocations.look import settle
from connections.revocations.outcome import number_of
from connections.revocations.progress import OPEN
from connections.revocations.scope import target_of_items


class Conclusion(TextChoices):
    GONE = "gone", "It is gone: Smartcar no longer has it"
    NOT_APPLIED = "not_applied", "It was not revoked: the connection is still there"


_GONE = (State.SEEN_GONE, Status.SEEN_GONE)
# What was never sent did not go by our doing.
_GONE_UNSENT = (State.ALREADY_GONE, Status.ALREADY_GONE)
_NOT_APPLIED = (State.FAILED, Status.FAILED)
_FAILURES = {Conclusion.GONE: "", Conclusion.NOT_APPLIED: "A person looked and found it still there."}


def reconcile(operation_id: UUID, *, actor: Actor, conclusion: Conclusion, note: str, request_id: UUID) -> Operation:
    """
    Close what needs a person, each connection that is still open, with who concluded it and how they know.

    Raises `NotReconciled` if it does not need one, or no longer; `NotRecorded`.
    """
    with leased(operation_id) as lease:
        operation = Operation.objects.select_related("preview").get(pk=operation_id)
        if lease is None or not operation.needs_person:
            raise NotReconciled("It does not wait for a person, or no longer.")
        _conclude(operation, actor, conclusion, Why(ticket=operation.ticket, note=note), request_id)
    return operation


def _conclude(operation: Operation, actor: Actor, conclusion: Conclusion, why: Why, request_id: UUID) -> None:
    with recording() as record:
        at = datetime.now(UTC)
        for item in operation.items.filter(state__in=OPEN):
            item.state, status = _concluded(item, conclusion)
            item.save(update_fields=["state"])
            event = Event(
                type=EventType.REVOCATION_RECONCILED,
                actor=actor,
                target=target_of_items(operation, [item]),
                why=why,
                outcome=Outcome(status=status),
                operation=operation.id,
                item=number_of(operation, [item]),
                request=request_id,
                cause=operation.intended_seq,
            )
            at = record(event).at
        operation.failure = _FAILURES[conclusion]
        operation.save(update_fields=["failure"])
        settle(operation, looks=operation.looks, now=at)


def _concluded(item: Item, conclusion: Conclusion) -> tuple[State, Status]:
    if conclusion is Conclusion.NOT_APPLIED:
        return _NOT_APPLIED
    return _GONE_UNSENT if item.state == State.INTENDED else _GONE
