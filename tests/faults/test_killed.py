"""
kill -9 at each boundary of the order of a revocation loses nothing and does nothing twice.

Each run has a process of its own that asks, revokes or grants through the front
door, or works as the worker does, and is killed when it stands at the boundary
(`tests.faults.boundaries`). Around the request the simulator brings it to a
stand, which sees a request and lets it hang; between two commits the database
does (`tests.faults.brakes`); and between the attempt and the request a gate
that takes no connection (`tests.faults.gate`). Nothing of ours is patched. Then
workers run until nothing is due, and every operation must have ended as the
world is.
"""

from collections.abc import Callable, Sequence

import pytest

from connections.models import Item
from connections.permissions import Role
from connections.simulator.server import Simulator
from tests.faults.boundaries import AFTER_AN_EMPTY_ANSWER, BETWEEN_TWO, BOUNDARIES, Boundary, Scene
from tests.faults.orders import Orders
from tests.faults.settling import (
    assert_all_is_true,
    assert_nothing_was_sent_twice_without_a_read,
    assert_sent_only_what_was_committed,
    work_until_nothing_is_due,
)
from tests.faults.subjects import SCOPES, Made, Subject, a_vehicle_for_all, all_of_a_user, one_connection
from tests.marks import both_generations
from tests.people import SignIn

_TIMES = 50

KillAt = Callable[[Sequence[Boundary], Made], None]

scopes = pytest.mark.parametrize("make", SCOPES)
scopes_of_connections = pytest.mark.parametrize("make", [one_connection, all_of_a_user, a_vehicle_for_all])
wide_scopes = pytest.mark.parametrize("make", [all_of_a_user, a_vehicle_for_all])
each_boundary = pytest.mark.parametrize(
    ("make", "boundary"),
    [pytest.param(make, each, id=f"{make.__name__}, {each.name}") for make in SCOPES for each in BOUNDARIES[make]],
)


@both_generations
@scopes
def test_killed_once_at_each_boundary(make: Made, kill_at: KillAt) -> None:
    kill_at(BOUNDARIES[make], make)


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
@scopes_of_connections
def test_killed_once_after_an_answer_that_does_not_tell(make: Made, kill_at: KillAt) -> None:
    kill_at(AFTER_AN_EMPTY_ANSWER, make)


@wide_scopes
def test_killed_once_between_two_connections(make: Made, kill_at: KillAt) -> None:
    kill_at(BETWEEN_TWO, make)


@pytest.mark.long
@both_generations
@each_boundary
def test_killed_fifty_times(boundary: Boundary, make: Made, kill_at: KillAt) -> None:
    kill_at([boundary] * _TIMES, make)


@pytest.mark.long
@pytest.mark.parametrize("generation", ["v2"], indirect=True)
@scopes_of_connections
@pytest.mark.parametrize("boundary", AFTER_AN_EMPTY_ANSWER, ids=lambda boundary: boundary.name)
def test_killed_fifty_times_after_an_answer_that_does_not_tell(boundary: Boundary, make: Made, kill_at: KillAt) -> None:
    kill_at([boundary] * _TIMES, make)


@pytest.mark.long
@wide_scopes
@pytest.mark.parametrize("boundary", BETWEEN_TWO, ids=lambda boundary: boundary.name)
def test_killed_fifty_times_between_two_connections(boundary: Boundary, make: Made, kill_at: KillAt) -> None:
    kill_at([boundary] * _TIMES, make)


@pytest.fixture
def kill_at(orders: Orders, sign_in: SignIn, simulator: Simulator) -> KillAt:
    """One deed and one killed process for each boundary; then the workers work, and all must be true."""
    requester, approver = sign_in(Role.LEAD, "first"), sign_in(Role.LEAD, "second")

    def kill(boundaries: Sequence[Boundary], make: Made) -> None:
        struck: list[Subject] = []
        for boundary in boundaries:
            subject = make(simulator)
            struck.append(subject)
            boundary.kill(Scene(orders, simulator, requester, approver, subject, subject.look(requester)))
            assert_sent_only_what_was_committed(simulator)
            simulator.clear()
        work_until_nothing_is_due()
        _assert_all_is_as_the_world(simulator, struck)
        for boundary, subject in zip(boundaries, struck, strict=True):
            ends = _ends_of_the_first(subject)
            assert ends <= boundary.ends, boundary.name
            assert bool(ends) == bool(boundary.ends), boundary.name

    return kill


def _assert_all_is_as_the_world(simulator: Simulator, struck: Sequence[Subject]) -> None:
    before = {pair: identifier for subject in struck for pair, identifier in subject.ids.items()}
    assert_all_is_true(simulator, before)
    assert_sent_only_what_was_committed(simulator)
    assert_nothing_was_sent_twice_without_a_read(simulator, before)


def _ends_of_the_first(subject: Subject) -> set[str]:
    """Only the first was being sent; what comes after it the worker sends in v3, whatever became of the first."""
    users = [row.user_id for row in subject.rows]
    return set(Item.objects.filter(user_id__in=users, position=0).values_list("state", flat=True))
