"""What the tests of the log share: a person, and a deed."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from connections.audit.events import (
    Actor,
    ActorKind,
    Event,
    EventType,
    Outcome,
    Status,
    Target,
    TargetKind,
    Why,
)
from connections.audit.ledger import append
from connections.ids import uuid7

USER = UUID("1e258add-fb21-4293-b9ab-cf8a61f7a880")
VEHICLE = UUID("a6a425d6-c661-4b21-af7a-d6b75f80f3b0")


@pytest.fixture
def ana() -> Actor:
    return Actor(
        kind=ActorKind.STAFF,
        id="42",
        name="Ana Ruíz",
        roles=("support",),
        ip="192.0.2.7",
        user_agent="Browser/1",
    )


@pytest.fixture
def system() -> Actor:
    """Nobody: an actor without details."""
    return Actor(kind=ActorKind.SYSTEM, id="system")


@pytest.fixture
def connection_target() -> Target:
    return Target(kind=TargetKind.CONNECTION, user=USER, vehicle=VEHICLE, make="Tesla", model="Model S", year=2020)


@pytest.fixture
def revocation(ana: Actor, connection_target: Target) -> Callable[[], UUID]:
    """Appends the three events of a revocation that went well and gives its operation."""

    def record() -> UUID:
        operation, request = uuid7(), uuid4()
        why = Why(reason="customer_request", ticket="SUP-7", note="asked by telephone")
        for type_, status in (
            (EventType.REVOCATION_INTENDED, Status.PENDING),
            (EventType.REVOCATION_ATTEMPTED, Status.SENT),
            (EventType.REVOCATION_COMPLETED, Status.SUCCESS),
        ):
            append(
                Event(
                    type=type_,
                    actor=ana,
                    target=connection_target,
                    why=why,
                    outcome=Outcome(status=status),
                    operation=operation,
                    request=request,
                )
            )
        return operation

    return record
