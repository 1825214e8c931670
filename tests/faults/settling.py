"""Let the workers run until nothing is due, and hold what they concluded against the simulator's world."""

import time
from collections.abc import Mapping, Set as AbstractSet
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import time_machine
from django.core.management import call_command

from connections.models import Item, Operation, ScopeKind, State
from connections.simulator.journal import Entry
from connections.simulator.server import Simulator
from tests.record import bodies

Pair = tuple[str, str]
GONE = {State.SEEN_GONE, State.ALREADY_GONE}
NOT_TOLD = {State.ATTEMPTED, State.UNKNOWN}
ENDS = GONE | {State.FAILED, State.SUPERSEDED, State.CANCELLED, State.PARTLY_REVOKED}
_ROUNDS = 60


def work_until_nothing_is_due(*, pause: float = 0) -> None:
    """Turns of the worker until nothing waits; `pause` is between turns."""
    for _ in range(_ROUNDS):
        if not work_a_turn():
            return
        time.sleep(pause)
    left = Operation.objects.filter(due_at__isnull=False).values_list("pk", "state", "items__looks", "failure")
    raise AssertionError(f"still due after {_ROUNDS} turns: {list(left)}")


def work_a_turn() -> bool:
    """One turn of the worker at the time when the last of what waits is due; False if nothing waits."""
    due = _next_due()
    if due is None:
        return False
    with time_machine.travel(max(due, datetime.now(UTC)) + timedelta(seconds=1), tick=True):
        call_command("worker", once=True)
    return True


def _next_due() -> datetime | None:
    """When the last of what waits may be taken up: its time has come and no lease is on it."""
    waiting = Operation.objects.filter(due_at__isnull=False).values_list("due_at", "leased_until")
    return max((max(each for each in moments if each) for moments in waiting), default=None)


def assert_all_is_true(
    simulator: Simulator, before: Mapping[Pair, str], *, by_owner: AbstractSet[str] = frozenset()
) -> None:
    """
    Each operation has ended, and as the world is; `before` has the connection id of each pair when it was shown.

    A purge whose answer was lost ends with a person, since no list shows it.
    Gone or superseded means that this very connection is no more; failed means
    that we did not remove it: it is there, unless its owner removed it
    (`by_owner`); of a purge, that the user was not purged. Cancelled means that
    nothing was sent.
    """
    there = {row.connection_id for row in simulator.world.connections}
    for item in Item.objects.select_related("operation").order_by("operation", "position"):
        original = before[str(item.user_id), str(item.vehicle_id)]
        said = f"{item.operation_id} {item.position}: {item.state}, of {item.operation.state}"
        _assert_has_ended(simulator, item, said)
        if item.state == State.CANCELLED:
            assert item.operation.attempted_at is None, said
        elif item.operation.scope == ScopeKind.PURGE and item.state == State.FAILED:
            assert not _is_purged(simulator, str(item.user_id)), said
        elif original not in by_owner:
            assert (item.state == State.FAILED) == (original in there), said
        elif item.state != State.FAILED:
            assert original not in there, said
    for operation in Operation.objects.all():
        is_unknown = operation.items.filter(state__in=NOT_TOLD).exists()
        assert operation.state in ENDS or is_unknown, operation.state
        assert operation.needs_person == is_unknown, operation.pk
        assert operation.due_at is None, operation.pk
    assert simulator.unscoped_deletes == 0
    call_command("audit_verify")


def _is_purged(simulator: Simulator, user: str) -> bool:
    return any(entry.applied and entry.path.endswith(f"/users/{user}") for entry in simulator.deletes)


def _assert_has_ended(simulator: Simulator, item: Item, said: str) -> None:
    if item.operation.scope != ScopeKind.PURGE:
        assert item.state in ENDS, said
        return
    assert item.state in ENDS | NOT_TOLD, said
    if item.state == State.SEEN_GONE:
        user = str(item.user_id)
        assert not simulator.world.knows(user) or simulator.world.existing(user_id=user), said


def assert_sent_only_what_was_committed(simulator: Simulator) -> None:
    """No more DELETEs of anything than committed attempts at it."""
    attempts = [_named(body["target"]) for body in bodies("revocation.attempted")]
    for entry in simulator.deletes:
        name = next((each for each in attempts if _is_about(entry, each)), None)
        assert name is not None, f"sent without an attempt: {entry}"
        attempts.remove(name)


def assert_nothing_was_sent_twice_without_a_read(simulator: Simulator, before: Mapping[Pair, str]) -> None:
    """Between two DELETEs of the same thing somebody asked what its user has, or who has its vehicle."""
    pairs = {connection_id: frozenset(pair) for pair, connection_id in before.items()}
    sent: dict[str, frozenset[str]] = {}
    for entry in simulator.requests:
        ids = _ids_in(entry, pairs)
        if entry.method == "GET":
            sent = {what: about for what, about in sent.items() if not about & ids}
        elif entry.method == "DELETE":
            what = f"{entry.path}?{entry.query}"
            assert what not in sent, f"sent twice without a read: {what}"
            sent[what] = ids


def _ids_in(entry: Entry, pairs: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Users and vehicles that a request is about."""
    asked = dict(parse_qsl(entry.query))
    named = {asked[name] for name in ("user_id", "vehicle_id", "filter[userId]", "filter[vehicleId]") if name in asked}
    last = entry.path.rpartition("/")[2]  # of a purge, the user
    return frozenset(named) | pairs.get(last, frozenset({last}))


def _named(target: dict[str, str | None]) -> tuple[str, ...]:
    """The ids by which a DELETE of this may be recognised."""
    return tuple(value for key in ("user", "vehicle", "connection") if (value := target.get(key)))


def _is_about(entry: Entry, names: tuple[str, ...]) -> bool:
    if entry.generation == "v3":
        return entry.path.rpartition("/")[2] in names
    return all(part.partition("=")[2] in names for part in entry.query.split("&"))
