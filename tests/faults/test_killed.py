"""
kill -9 at each boundary of the order of a revocation loses nothing and does nothing twice.

Each run has a process of its own that revokes through the front door, or works
as the worker does, and is killed when it stands at the boundary. Around the
request the simulator brings it to a stand, which sees a request and lets it
hang; between two commits the database does (`tests.faults.brakes`); and between
the attempt and the request a gate that takes no connection
(`tests.faults.gate`). Nothing of ours is patched. Then workers run until
nothing is due, and every operation must have ended as the world is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.test import Client

from connections.models import Item, Operation, State
from connections.simulator.server import Simulator
from tests.faults.brakes import brake
from tests.faults.gate import Gate
from tests.faults.orders import Ordered, Orders, until
from tests.faults.settling import (
    assert_all_is_true,
    assert_nothing_was_sent_twice_without_a_read,
    assert_sent_only_what_was_committed,
    work_until_nothing_is_due,
)
from tests.faults.subjects import Subject, all_of_a_user, one_connection
from tests.marks import both_generations
from tests.record import types

_HANGS = 12
# A worker finds an operation whose process died when its lease has run out.
_AFTER_THE_LEASE = 130

Made = Callable[[Simulator], Subject]

subjects = pytest.mark.parametrize("subject", [one_connection, all_of_a_user])


class Scene:
    """One deed that is about to be killed."""

    def __init__(self, orders: Orders, simulator: Simulator, client: Client, subject: Subject) -> None:
        self.orders = orders
        self.simulator = simulator
        self.client = client
        self.subject = subject
        self.fields = subject.look(client)

    def sent(self, **changes: object) -> Ordered:
        return self.orders.revoke(self.client, self.subject.url, self.fields, **changes)

    def deletes(self) -> int:
        return len(self.simulator.deletes)


Boundary = Callable[[Scene], None]


def _killed_before(event_type: str, *, after: str = "", item: int | None = None) -> Boundary:
    def kill(scene: Scene) -> None:
        with brake(event_type, after=after, item=item) as held:
            process = scene.sent()
            held.wait_until_held()
            process.kill()

    return kill


def _killed_before_the_request_left(scene: Scene) -> None:
    attempted = len(types("revocation.attempted"))
    with Gate(scene.simulator.url) as gate:
        origins = ("MANAGEMENT_API", "VEHICLE_API", "IAM")
        process = scene.sent(**{f"SMARTCAR_{name}_ORIGIN": gate.url for name in origins})
        until(lambda: len(types("revocation.attempted")) > attempted, "an attempt")
        process.kill()


def _killed_before_finding_it_gone(scene: Scene) -> None:
    """The owner was faster, so there is nothing to send."""
    for row in scene.subject.rows:
        scene.simulator.disconnect(*row.pair)
    _killed_before("revocation.reconciled", after="revocation.intended")(scene)


def _killed_in_flight(fault: str) -> Boundary:
    def kill(scene: Scene) -> None:
        sent_before = scene.deletes()
        scene.simulator.fault(fault, times=1, method="DELETE", seconds=_HANGS)
        process = scene.sent()
        until(lambda: scene.deletes() > sent_before, "a DELETE")
        process.kill()

    return kill


def _killed_in_the_workers_read(scene: Scene) -> None:
    with _unknown(scene):
        asked = len(scene.simulator.requests)
        scene.simulator.fault("hang", times=1, method="GET", seconds=_HANGS)
        worker = scene.orders.work(ahead=_AFTER_THE_LEASE)
        until(lambda: len(scene.simulator.requests) > asked + _tokens(scene, asked), "a read of the worker")
        worker.kill()


def _killed_before_the_workers_finding(scene: Scene) -> None:
    with _unknown(scene), brake("revocation.reconciled") as held:
        worker = scene.orders.work(ahead=_AFTER_THE_LEASE)
        held.wait_until_held()
        worker.kill()


def _killed_before_the_workers_second_sending(scene: Scene) -> None:
    scene.simulator.fault("rate-limit", times=1, method="DELETE")
    scene.sent().answer()
    with brake("revocation.completed") as held:
        worker = scene.orders.work(ahead=_AFTER_THE_LEASE)
        held.wait_until_held()
        worker.kill()


@contextmanager
def _unknown(scene: Scene) -> Iterator[None]:
    """The delete was applied and its answer lost, so the worker is to find out."""
    scene.simulator.fault("reset-applied", times=1)
    scene.sent().answer()
    assert Operation.objects.order_by("-id").values_list("state", flat=True).first() == State.UNKNOWN
    yield


def _tokens(scene: Scene, since: int) -> int:
    return sum(entry.generation == "token" for entry in scene.simulator.requests[since:])


BOUNDARIES: dict[str, Boundary] = {
    "before the intent": _killed_before("revocation.intended"),
    "after the intent, before the attempt": _killed_before("revocation.attempted"),
    "after the intent, before finding it gone": _killed_before_finding_it_gone,
    "after the attempt, before the request left": _killed_before_the_request_left,
    "in flight, not applied": _killed_in_flight("hang"),
    "in flight, applied": _killed_in_flight("hang-applied"),
    "after the answer, before the outcome": _killed_before("revocation.completed"),
    "after the outcome, before seen gone": _killed_before("revocation.seen_gone"),
    "in the worker's read": _killed_in_the_workers_read,
    "before the worker's finding": _killed_before_the_workers_finding,
    "in the worker, after a second sending": _killed_before_the_workers_second_sending,
}
ENDS = {
    "before the intent": set(),
    "after the intent, before the attempt": {State.FAILED},
    "after the intent, before finding it gone": {State.ALREADY_GONE},
    "after the attempt, before the request left": {State.FAILED},
    "in flight, not applied": {State.FAILED},
}


# Where Smartcar takes one connection at a time, there are boundaries between one and the next.
BETWEEN_TWO: dict[str, Boundary] = {
    "before the second attempt": _killed_before("revocation.attempted", after="revocation.completed", item=1),
    "before the second outcome": _killed_before("revocation.completed", item=1),
}


@both_generations
@subjects
def test_killed_once_at_each_boundary(subject: Made, orders: Orders, lead: Client, simulator: Simulator) -> None:
    _kill_at(list(BOUNDARIES), subject, orders, lead, simulator)


def test_killed_once_between_two_connections(orders: Orders, lead: Client, simulator: Simulator) -> None:
    _kill_at(list(BETWEEN_TWO), all_of_a_user, orders, lead, simulator)


@pytest.mark.long
@both_generations
@subjects
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_killed_fifty_times(boundary: str, subject: Made, orders: Orders, lead: Client, simulator: Simulator) -> None:
    _kill_at([boundary] * 50, subject, orders, lead, simulator)


@pytest.mark.long
@pytest.mark.parametrize("boundary", BETWEEN_TWO)
def test_killed_fifty_times_between_two_connections(
    boundary: str, orders: Orders, lead: Client, simulator: Simulator
) -> None:
    _kill_at([boundary] * 50, all_of_a_user, orders, lead, simulator)


def _kill_at(boundaries: list[str], make: Made, orders: Orders, client: Client, simulator: Simulator) -> None:
    """One deed and one killed process for each; then the workers work, and all must be true."""
    struck: list[Subject] = []
    for boundary in boundaries:
        subject = make(simulator)
        struck.append(subject)
        {**BOUNDARIES, **BETWEEN_TWO}[boundary](Scene(orders, simulator, client, subject))
        assert_sent_only_what_was_committed(simulator)
        simulator.clear()
    work_until_nothing_is_due()
    before = {pair: identifier for subject in struck for pair, identifier in subject.ids.items()}
    assert_all_is_true(simulator, before)
    assert_sent_only_what_was_committed(simulator)
    assert_nothing_was_sent_twice_without_a_read(simulator, before)
    for boundary, subject in zip(boundaries, struck, strict=True):
        # Only the first was being sent; what comes after it the worker sends in v3, whatever became of the first.
        ended = set(Item.objects.filter(user_id=subject.rows[0].user_id, position=0).values_list("state", flat=True))
        assert ended == ENDS.get(boundary, {State.SEEN_GONE}), boundary
