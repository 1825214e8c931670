"""
An operation, its connections and its decisions, made from its audit events alone.

What no event holds is no part of the truth and is not made here: the sentence
of a failure, how often it was looked at, and when it is due.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from connections.audit.events import ActorKind, EventType, Status
from connections.models import Approval, AuditDetail, AuditEvent, Decision, Item, Operation, ScopeKind, State
from connections.revocations import policy
from connections.revocations.progress import ACCEPTED, OPEN, UNSETTLED, is_all_gone, state_of_all
from connections.revocations.reasons import WITHDRAWN
from connections.revocations.scope import PURGED

_SCOPES = {"connection": ScopeKind.PAIR, "user": ScopeKind.USER, "vehicle": ScopeKind.VEHICLE}
_AFTER_ANSWER = {
    Status.SUCCESS: State.SUCCEEDED,
    Status.ALREADY_GONE: State.ALREADY_GONE,
    Status.FAILED: State.FAILED,
    Status.REFUSED: State.FAILED,
    Status.UNKNOWN: State.UNKNOWN,
}
_AFTER_READING = {
    Status.SUCCESS: State.SUCCEEDED,
    Status.SEEN_GONE: State.SEEN_GONE,
    Status.ALREADY_GONE: State.ALREADY_GONE,
    Status.FAILED: State.FAILED,
    Status.SUPERSEDED: State.SUPERSEDED,
    Status.UNKNOWN: State.UNKNOWN,
}


@dataclass(slots=True)
class Rebuilt:
    """Rows as the events have them, none of them saved; the operation has no preview, only that one's digest."""

    operation: Operation
    digest: str = ""
    items: list[Item] = field(default_factory=list)
    decisions: list[Approval] = field(default_factory=list)
    _counts: Counter[State] = field(default_factory=Counter)

    def become(self, item: Item, state: State) -> None:
        """Counted at once, since going over thousands after each of their events would take half a minute."""
        self._counts[State(item.state)] -= 1
        self._counts[state] += 1
        item.state = state

    @property
    def states(self) -> set[State]:
        """Those that its connections have now."""
        return {state for state, count in self._counts.items() if count}


@dataclass(frozen=True, slots=True)
class _Told:
    """One event of the operation."""

    type: str
    seq: int
    at: datetime
    body: Mapping[str, Any]
    actor_name: str

    def part(self, group: str) -> Mapping[str, Any]:
        part: Mapping[str, Any] = self.body.get(group) or {}
        return part

    @property
    def status(self) -> Status:
        return Status(self.part("outcome")["status"])


def rebuilt(operation_id: UUID) -> Rebuilt | None:
    """What the events say, or None if there are none."""
    events = _events(operation_id)
    if not events:
        return None
    found = _begun(operation_id, events[0])
    for told in events:
        _STEPS[told.type](found, told)
        _settle(found, told)
    return found


def _events(operation_id: UUID) -> list[_Told]:
    rows = list(AuditEvent.objects.filter(operation=str(operation_id), type__in=list(_STEPS)).order_by("seq"))
    details = AuditDetail.objects.filter(seq__in=[row.seq for row in rows], field="actor.name")
    names = dict(details.values_list("seq", "value"))
    return [_Told(row.type, row.seq, row.at, json.loads(row.body), names.get(row.seq) or "") for row in rows]


def _begun(operation_id: UUID, first: _Told) -> Rebuilt:
    """What the first event holds of who, what and why."""
    target, why, actor, control = (first.part(name) for name in ("target", "why", "actor", "control"))
    tier = control["policy"]["tier"]
    is_purge = target.get("id") == PURGED
    operation = Operation(
        id=operation_id,
        scope=ScopeKind.PURGE if is_purge else _SCOPES[target["kind"]],
        user_id=_id(target.get("user")),
        vehicle_id=_id(target.get("vehicle")),
        connection_id=_id(target.get("connection")),
        connected_at=_moment(target.get("connected_at")),
        actor_id=actor["id"],
        actor_name=first.actor_name,
        reason=why["reason"],
        ticket=why["ticket"],
        received_at=_moment(why.get("received_at")),
        answer_by=_moment(why.get("due_at")),
        tier=tier,
        asked_at=first.at,
    )
    count = first.part("outcome")["expected"] or 1  # the user themselves, of whom no connection was listed
    items = [Item(position=position) for position in range(count)]
    return Rebuilt(operation, control["preview"], items, _counts=Counter(State(item.state) for item in items))


def _requested(found: Rebuilt, _: _Told) -> None:
    found.operation.approvals_needed = policy.Requirement(found.operation.tier).approvals
    _all_become(found, State.AWAITING_APPROVAL)


def _decided(found: Rebuilt, told: _Told) -> None:
    is_grant = told.type == EventType.APPROVAL_GRANTED
    found.decisions.append(
        Approval(
            requester_id=found.operation.actor_id,
            approver_id=told.part("actor")["id"],
            approver_name=told.actor_name,
            decision=Decision.GRANTED if is_grant else Decision.DENIED,
            digest=told.part("control")["preview"],
            seq=told.seq,
            at=told.at,
        )
    )
    if not is_grant:
        _cancelled(found, told)


def _cancelled(found: Rebuilt, told: _Told) -> None:
    found.operation.completed_at = told.at
    if told.type == EventType.APPROVAL_VOIDED and told.part("actor")["kind"] == ActorKind.STAFF:
        found.operation.failure = WITHDRAWN  # which ends the wait of a customer, as no other end without a word does
    _all_become(found, State.CANCELLED)


def _intended(found: Rebuilt, told: _Told) -> None:
    found.operation.intended_seq, found.operation.intended_at = told.seq, told.at
    _all_become(found, State.INTENDED)


def _attempted(found: Rebuilt, told: _Told) -> None:
    found.operation.attempted_at = told.at
    for item in _meant(found, told, State.INTENDED):
        found.become(item, State.ATTEMPTED)
        item.attempts += 1


def _completed(found: Rebuilt, told: _Told) -> None:
    outcome, operation = told.part("outcome"), found.operation
    operation.completed_at = _moment(outcome.get("answered_at")) or told.at
    operation.http = outcome.get("http")
    operation.smartcar_request_id = outcome.get("smartcar_request_id", "")[:100]
    operation.alarm = operation.alarm or outcome.get("alarm", "")[:200]
    waits = outcome.get("http") == HTTPStatus.TOO_MANY_REQUESTS
    is_success = told.status == Status.SUCCESS
    # What reading again has found in the meantime is newer, but for "not applied", which gives way to a late success.
    unsettled = UNSETTLED if is_success else {State.ATTEMPTED}
    for item in _meant(found, told, *unsettled, *ACCEPTED):
        if outcome.get("attempt", item.attempts) != item.attempts:
            continue
        if item.state in unsettled:
            found.become(item, State.INTENDED if waits else _after_answer(told))
            item.answered_gone = _is_answered_gone(outcome)
        operation.accepted += is_success and item.state in ACCEPTED


def _is_answered_gone(outcome: Mapping[str, Any]) -> bool:
    """What a read showed since is not in the events, but then neither is a second answer needed."""
    return outcome.get("removed") == 0 and outcome["status"] == Status.UNKNOWN


def _alarmed(found: Rebuilt, told: _Told) -> None:
    """Of an answer it says what `completed` said; of what was withheld it is the only one that does."""
    found.operation.alarm = found.operation.alarm or told.part("outcome").get("alarm", "")[:200]


def _after_answer(told: _Told) -> State:
    is_purged = told.status == Status.SUCCESS and told.part("outcome").get("expected") == 0
    return State.PURGED if is_purged else _AFTER_ANSWER[told.status]


def _reconciled(found: Rebuilt, told: _Told) -> None:
    # Of a user whom no list can show gone, a person concluded it.
    is_purged = told.status == Status.SUCCESS and told.part("target").get("id") == PURGED
    found.become(found.items[told.body.get("item", 0)], State.PURGED if is_purged else _AFTER_READING[told.status])


def _seen_gone(found: Rebuilt, told: _Told) -> None:
    found.become(found.items[told.body.get("item", 0)], State.SEEN_GONE)


_STEPS: dict[str, Callable[[Rebuilt, _Told], None]] = {
    EventType.APPROVAL_REQUESTED: _requested,
    EventType.APPROVAL_GRANTED: _decided,
    EventType.APPROVAL_DENIED: _decided,
    EventType.APPROVAL_EXPIRED: _cancelled,
    EventType.APPROVAL_VOIDED: _cancelled,
    EventType.REVOCATION_INTENDED: _intended,
    EventType.REVOCATION_ATTEMPTED: _attempted,
    EventType.REVOCATION_COMPLETED: _completed,
    EventType.REVOCATION_ALARMED: _alarmed,
    EventType.REVOCATION_RECONCILED: _reconciled,
    EventType.REVOCATION_SEEN_GONE: _seen_gone,
}


def _settle(found: Rebuilt, told: _Told) -> None:
    """What the states of the connections make of the operation after this event."""
    operation, states = found.operation, found.states
    operation.state = state_of_all(states)
    if State.AWAITING_APPROVAL not in states and not OPEN & set(states):
        operation.completed_at = operation.completed_at or told.at
    if is_all_gone(states):
        operation.seen_gone_at = operation.seen_gone_at or told.at


def _meant(found: Rebuilt, told: _Told, *states: State) -> list[Item]:
    """The connection the event names, or else all that were in one of these states."""
    if "item" in told.body:
        return [found.items[told.body["item"]]]
    return [item for item in found.items if item.state in states]


def _all_become(found: Rebuilt, state: State) -> None:
    for item in found.items:
        found.become(item, state)


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
