"""
Step 5, and whatever was left open: read again and conclude what the answers did not say.

| Was | Absent now | There, the same | There, made anew |
|---|---|---|---|
| succeeded | seen gone | wait | seen gone |
| unknown, or sent without an answer | applied, seen gone | not applied, after two looks | superseded, never touched |
| waiting to be sent | already gone | to be sent | superseded, never touched |
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from uuid import UUID

from connections.audit.events import Actor, Event, EventType, Outcome, Status
from connections.audit.ledger import recording
from connections.models import Item, Operation, State
from connections.revocations.outcome import bring_up_to_items, number_of
from connections.revocations.preview import connections_of
from connections.revocations.progress import OPEN, is_out_of_looks
from connections.revocations.scope import covered_now, modes_of, scope_of, target_of_items
from connections.smartcar.types import Connection, PairScope

# A delete may become visible late, so one look that still shows the connection proves nothing.
_LOOKS_TO_BE_SURE = 2


class Presence(Enum):
    """What a read shows of a connection that was to go."""

    ABSENT = auto()
    SAME = auto()
    ANEW = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """The state an item gets, and the events that say so."""

    state: State
    events: tuple[tuple[EventType, Status], ...]


_SEEN_GONE = Finding(State.SEEN_GONE, ((EventType.REVOCATION_SEEN_GONE, Status.SEEN_GONE),))
_APPLIED = Finding(
    State.SEEN_GONE,
    ((EventType.REVOCATION_RECONCILED, Status.SUCCESS), (EventType.REVOCATION_SEEN_GONE, Status.SEEN_GONE)),
)
_NOT_APPLIED = Finding(State.FAILED, ((EventType.REVOCATION_RECONCILED, Status.FAILED),))
_SUPERSEDED = Finding(State.SUPERSEDED, ((EventType.REVOCATION_RECONCILED, Status.SUPERSEDED),))
_ALREADY_GONE = Finding(State.ALREADY_GONE, ((EventType.REVOCATION_RECONCILED, Status.ALREADY_GONE),))


def look(operation: Operation, *, actor: Actor, request_id: UUID | None, counts: bool) -> tuple[Connection, ...]:
    """
    Read what the scope covers now and conclude what can be concluded; gives what is there.

    The look straight after the answer does not count towards the schedule. The
    caller holds the lease. Raises `SmartcarError`, `NotRecorded`.
    """
    connections = connections_of(operation.preview)
    present = covered_now(scope_of(operation), modes_of(connections))
    looks = operation.looks + counts
    with recording() as record:
        at = datetime.now(UTC)
        for item in operation.items.filter(state__in=OPEN):
            finding = _finding(State(item.state), _presence(item, present), looks)
            if finding is None:
                continue
            item.state = finding.state
            item.save(update_fields=["state"])
            for concluded in finding.events:
                at = record(_event(concluded, operation, item, actor=actor, request_id=request_id)).at
        settle(operation, looks=looks, now=at)
    return present


def give_up_unsent(operation: Operation, *, actor: Actor, because: str) -> None:
    """What was not sent will not be: nobody waits for it any more, or it is no longer what was shown."""
    with recording() as record:
        at = datetime.now(UTC)
        for item in operation.items.filter(state=State.INTENDED):
            item.state = State.FAILED
            item.save(update_fields=["state"])
            at = record(_event(_NOT_APPLIED.events[0], operation, item, actor=actor, request_id=None)).at
        operation.failure = because
        operation.save(update_fields=["failure"])
        settle(operation, looks=operation.looks, now=at)


def settle(operation: Operation, *, looks: int, now: datetime) -> None:
    """Bring the operation's row up to its items, with its next look or the call for a person."""
    states = [State(state) for state in operation.items.values_list("state", flat=True)]
    operation.looks = looks
    operation.needs_person = is_out_of_looks(states, looks=looks)
    if not OPEN & set(states):
        operation.completed_at = operation.completed_at or now
    operation.save(update_fields=["looks", "needs_person", "completed_at"])
    bring_up_to_items(operation, now=now)


def _presence(item: Item, present: Iterable[Connection]) -> Presence:
    rows = [each for each in present if each.pair == PairScope(item.user_id, item.vehicle_id)]
    if not rows:
        return Presence.ABSENT
    return Presence.SAME if any(_is_same(item, row) for row in rows) else Presence.ANEW


def _is_same(item: Item, row: Connection) -> bool:
    """By Smartcar's own id where both sides have one, else by the moment of connecting."""
    if item.connection_id and row.connection_id:
        return item.connection_id == row.connection_id
    return item.connected_at == row.connected_at


def _finding(state: State, presence: Presence, looks: int) -> Finding | None:
    """The table above; None where there is nothing to conclude yet."""
    if state is State.SUCCEEDED:
        return None if presence is Presence.SAME else _SEEN_GONE
    if state is State.INTENDED:
        return {Presence.ABSENT: _ALREADY_GONE, Presence.ANEW: _SUPERSEDED}.get(presence)
    if presence is Presence.SAME:
        return _NOT_APPLIED if looks >= _LOOKS_TO_BE_SURE else None
    return _APPLIED if presence is Presence.ABSENT else _SUPERSEDED


def _event(
    concluded: tuple[EventType, Status], operation: Operation, item: Item, *, actor: Actor, request_id: UUID | None
) -> Event:
    type_, status = concluded
    return Event(
        type=type_,
        actor=actor,
        target=target_of_items(operation, [item]),
        outcome=Outcome(status=status),
        operation=operation.id,
        item=number_of(operation, [item]),
        request=request_id,
        cause=operation.intended_seq,
    )
