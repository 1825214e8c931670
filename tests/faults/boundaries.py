"""
Where a revocation can be killed, and how each place is reached and struck.

A wide deed that needs a second person has two processes: the one that asks, and
the one that grants and sends. The first is killed at its own boundary, the
second at all the others.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from django.test import Client

from connections.models import Operation, State
from connections.simulator.server import Simulator
from tests.faults.brakes import brake
from tests.faults.gate import Gate
from tests.faults.orders import Ordered, Orders, until
from tests.faults.subjects import Made, Subject, a_purge, a_vehicle_for_all, all_of_a_user, one_connection
from tests.record import types

_HANGS = 12
# A worker finds an operation whose process died when its lease has run out.
_AFTER_THE_LEASE = 130


@dataclass(frozen=True, slots=True)
class Scene:
    """One deed that is about to be killed."""

    orders: Orders
    simulator: Simulator
    requester: Client
    approver: Client
    subject: Subject
    fields: dict[str, str]

    def asked(self) -> Ordered:
        """The process of who asks, be it to revoke or for a second person."""
        return self.orders.revoke(self.requester, self.subject.url, self.fields)

    def sent(self, **changes: object) -> Ordered:
        """The process that sends: of who asked, or of the second person."""
        if self.subject.needs_second_person:
            return self.granted(self.requested(), **changes)
        return self.orders.revoke(self.requester, self.subject.url, self.fields, **changes)

    def requested(self) -> UUID:
        """The operation that waits for a second person from now on."""
        before = set(Operation.objects.values_list("pk", flat=True))
        assert self.subject.send(self.requester, self.fields).status_code == 200
        return Operation.objects.exclude(pk__in=before).get().pk

    def granted(self, operation_id: UUID, **changes: object) -> Ordered:
        """The process of the second person."""
        return self.orders.grant(self.approver, operation_id, **changes)

    def deletes(self) -> int:
        return len(self.simulator.deletes)


@dataclass(frozen=True, slots=True)
class Boundary:
    """`ends` are the states in which the connection being sent may end; none where nothing was begun."""

    name: str
    kill: Callable[[Scene], None]
    ends: frozenset[State] = frozenset({State.SEEN_GONE})


def _killed_before(event_type: str, *, after: str = "", item: int | None = None) -> Callable[[Scene], None]:
    def kill(scene: Scene) -> None:
        with brake(event_type, after=after, item=item) as held:
            process = scene.sent()
            held.wait_until_held()
            process.kill()

    return kill


def _killed_before_the_request_for_a_second_person(scene: Scene) -> None:
    with brake("approval.requested", after="revocation.previewed") as held:
        process = scene.asked()
        held.wait_until_held()
        process.kill()


def _killed_before_the_request_left(scene: Scene) -> None:
    attempted = len(types("revocation.attempted"))
    with Gate(scene.simulator.url) as gate:
        origins = ("MANAGEMENT_API", "VEHICLE_API", "IAM")
        process = scene.sent(**{f"SMARTCAR_{name}_ORIGIN": gate.url for name in origins})
        until(lambda: len(types("revocation.attempted")) > attempted, "an attempt")
        process.kill()


def _killed_before_finding_it_gone(scene: Scene) -> None:
    """The owner was faster, so there is nothing to send."""
    _owners_disconnect(scene)
    _killed_before("revocation.reconciled", after="revocation.intended")(scene)


def _killed_before_finding_it_changed(scene: Scene) -> None:
    """The grant is committed, and that it is void is not yet."""
    operation_id = scene.requested()
    _owners_disconnect(scene)
    with brake("approval.voided", after="approval.granted") as held:
        process = scene.granted(operation_id)
        held.wait_until_held()
        process.kill()


def _owners_disconnect(scene: Scene) -> None:
    for row in scene.subject.rows:
        scene.simulator.disconnect(*row.pair)


def _killed_in_flight(fault: str) -> Callable[[Scene], None]:
    def kill(scene: Scene) -> None:
        sent_before = scene.deletes()
        scene.simulator.fault(fault, times=1, method="DELETE", seconds=_HANGS)
        process = scene.sent()
        until(lambda: scene.deletes() > sent_before, "a DELETE")
        process.kill()

    return kill


def _killed_after_an_empty_answer(event_type: str) -> Callable[[Scene], None]:
    """v2 deleted it and named none, so that a read must tell."""

    def kill(scene: Scene) -> None:
        scene.simulator.fault("deleted-but-empty", times=1, method="DELETE")
        _killed_before(event_type)(scene)

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


_FAILED = frozenset({State.FAILED})
_CANCELLED = frozenset({State.CANCELLED})
_ALONE = (
    Boundary("before the intent", _killed_before("revocation.intended"), frozenset()),
    Boundary(
        "after the intent, before finding it gone", _killed_before_finding_it_gone, frozenset({State.ALREADY_GONE})
    ),
)
_IN_TWO = (
    Boundary("before the request for a second person", _killed_before_the_request_for_a_second_person, frozenset()),
    # Both are committed together, so the request waits on and nobody has granted it.
    Boundary(
        "before the grant and the intent", _killed_before("approval.granted", after="approval.requested"), _CANCELLED
    ),
    Boundary("after the grant, before finding it changed", _killed_before_finding_it_changed, _CANCELLED),
)
_FROM_THE_INTENT_ON = (
    Boundary("after the intent, before the attempt", _killed_before("revocation.attempted"), _FAILED),
    Boundary("after the attempt, before the request left", _killed_before_the_request_left, _FAILED),
    Boundary("in flight, not applied", _killed_in_flight("hang"), _FAILED),
    Boundary("after the outcome, before seen gone", _killed_before("revocation.seen_gone")),
)
_WITHOUT_AN_ANSWER = (
    Boundary("in flight, applied", _killed_in_flight("hang-applied")),
    Boundary("after the answer, before the outcome", _killed_before("revocation.completed")),
    Boundary("in the worker's read", _killed_in_the_workers_read),
    Boundary("in the worker, after a second sending", _killed_before_the_workers_second_sending),
)
_FOUND_BY_READING = (Boundary("before the worker's finding", _killed_before_the_workers_finding),)
_OF_CONNECTIONS = _FROM_THE_INTENT_ON + _WITHOUT_AN_ANSWER + _FOUND_BY_READING
# That a user was purged no list shows.
_NOBODY_TELLS = frozenset({State.ATTEMPTED, State.UNKNOWN})
_OF_A_USER = _FROM_THE_INTENT_ON + tuple(replace(each, ends=_NOBODY_TELLS) for each in _WITHOUT_AN_ANSWER)

BOUNDARIES: dict[Made, tuple[Boundary, ...]] = {
    one_connection: _ALONE + _OF_CONNECTIONS,
    all_of_a_user: _ALONE + _OF_CONNECTIONS,
    a_vehicle_for_all: _IN_TWO + _OF_CONNECTIONS,
    a_purge: _ALONE[:1] + _OF_A_USER,
}
# Where v2's answer alone does not tell; what it said is known only once it is committed.
AFTER_AN_EMPTY_ANSWER = (
    Boundary("after an empty answer, before its outcome", _killed_after_an_empty_answer("revocation.completed")),
    Boundary(
        "after an empty answer, before finding it gone",
        _killed_after_an_empty_answer("revocation.reconciled"),
        frozenset({State.ALREADY_GONE}),
    ),
)
# Where Smartcar takes one connection at a time, there are boundaries between one and the next.
BETWEEN_TWO = (
    Boundary("before the second attempt", _killed_before("revocation.attempted", after="revocation.completed", item=1)),
    Boundary("before the second outcome", _killed_before("revocation.completed", item=1)),
)
