"""Step 1 of a deed: who wants what and why, committed with the operation before anything is sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from connections.audit.events import Actor, Approval, Control, Event, EventType, Outcome, Status, Why
from connections.audit.ledger import recording
from connections.ids import uuid7
from connections.models import Item, Operation, Preview, ScopeKind
from connections.revocations import policy
from connections.revocations.clock import answer_by
from connections.revocations.lease import LENGTH, Lease, taken_with
from connections.revocations.preview import connections_of
from connections.revocations.rate import refuse_too_many
from connections.revocations.reasons import Reason
from connections.revocations.scope import Subject, target_of
from connections.revocations.under_way import refuse_under_way
from connections.smartcar.types import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks for what, and why; `digest` is of the preview they were shown."""

    actor: Actor
    scope: Subject
    digest: str
    reason: Reason
    ticket: str
    note: str
    request_id: UUID
    received_at: datetime | None = None
    confirm: str = ""
    signed_in_recently: bool = False

    def why(self) -> Why:
        return Why(
            reason=self.reason,
            ticket=self.ticket,
            note=self.note or None,
            received_at=self.received_at,
            due_at=answer_by(self.received_at, self.reason),
        )


def intend(asked: Request, shown: Preview, tier: int) -> tuple[Operation, Lease | None]:
    """
    The operation, and its lease if this call made it: the ledger's lock lets only one spend a preview.

    Raises `UnderWay`, `TooMany`, `NotRecorded`.
    """
    with recording() as record:
        if earlier := Operation.objects.filter(preview=shown).first():
            return earlier, None
        refuse_under_way(shown)
        refuse_too_many(asked.actor)
        operation = drafted(asked, shown, tier=tier)
        intended = record(intended_event(asked, operation, approvals=()))
        operation.intended_seq = intended.seq
        operation.asked_at = operation.intended_at = intended.at
        # If this process ends here, the worker finds it when the lease has run out.
        operation.due_at = intended.at + LENGTH
        lease = taken_with(operation, intended.at)
        save_with_items(operation)
    return operation, lease


def drafted(asked: Request, shown: Preview, *, tier: int) -> Operation:
    """The operation's row, not yet saved; under the ledger's lock, so that its id sorts after all others there are."""
    newest = Operation.objects.order_by("-id").values_list("id", flat=True).first()
    operation = Operation(
        id=uuid7(after=newest),
        preview=shown,
        scope=shown.scope,
        user_id=shown.user_id,
        vehicle_id=shown.vehicle_id,
        actor_id=asked.actor.id or "",
        actor_name=asked.actor.name or "",
        reason=asked.reason,
        ticket=asked.ticket,
        received_at=asked.received_at,
        answer_by=answer_by(asked.received_at, asked.reason),
        tier=tier,
    )
    connections = connections_of(shown)
    if operation.scope == ScopeKind.PAIR and len(connections) == 1:
        operation.connection_id = connections[0].connection_id
        operation.connected_at = connections[0].connected_at
    return operation


def save_with_items(operation: Operation) -> None:
    """Inside the transaction of the event that announces it."""
    operation.save(force_insert=True)
    Item.objects.bulk_create(items_of(operation))


def items_of(operation: Operation) -> list[Item]:
    """A row, not yet saved, for each connection of the preview; without any, one for the user who is to be purged."""
    connections = connections_of(operation.preview)
    if operation.user_id and not connections:
        return [Item(operation=operation, position=0, user_id=operation.user_id, state=operation.state)]
    return [_item(operation, number, each) for number, each in enumerate(connections)]


def _item(operation: Operation, position: int, connection: Connection) -> Item:
    return Item(
        operation=operation,
        position=position,
        user_id=connection.user_id,
        vehicle_id=connection.vehicle_id,
        connection_id=connection.connection_id,
        connected_at=connection.connected_at,
        state=operation.state,
    )


def intended_event(asked: Request, operation: Operation, *, approvals: tuple[Approval, ...]) -> Event:
    connections = connections_of(operation.preview)
    return Event(
        type=EventType.REVOCATION_INTENDED,
        actor=asked.actor,
        target=target_of(asked.scope, connections),
        why=asked.why(),
        control=Control(
            policy_version=policy.VERSION, policy_tier=operation.tier, preview=asked.digest, approvals=approvals
        ),
        outcome=Outcome(status=Status.PENDING, expected=len(connections)),
        operation=operation.id,
        request=asked.request_id,
    )
