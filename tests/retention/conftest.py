"""What the tests of retention share: a log of deeds that are settled, and the commands as an operator runs them."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command

from connections.audit.checkpoints import checkpoint
from connections.audit.events import Actor, ActorKind, Event, EventType, Found, Outcome, Status, Target, TargetKind, Why
from connections.audit.ledger import append, recording
from connections.ids import uuid7

USER = UUID("1e258add-fb21-4293-b9ab-cf8a61f7a880")
OTHER = UUID("4c8a52ac-79ff-4b2a-9ee4-8f9a1e9b1a21")
VEHICLE = UUID("a6a425d6-c661-4b21-af7a-d6b75f80f3b0")
NOTE = "Frau Özgür-Sand asked by telephone"
STAGES = (
    (EventType.REVOCATION_INTENDED, Status.PENDING),
    (EventType.REVOCATION_ATTEMPTED, Status.SENT),
    (EventType.REVOCATION_COMPLETED, Status.SUCCESS),
)

Run = Callable[..., str]


@pytest.fixture
def ana() -> Actor:
    return Actor(kind=ActorKind.STAFF, id="42", name="Ana Ruíz", roles=("support",), ip="192.0.2.7", user_agent="B/1")


@pytest.fixture
def revocation(ana: Actor) -> Callable[..., UUID]:
    """Appends the three events of a revocation of a user's connection, and gives its operation."""

    def record(user: UUID = USER, ticket: str = "SUP-7", note: str = NOTE) -> UUID:
        operation, request = uuid7(), uuid4()
        target = Target(kind=TargetKind.CONNECTION, user=user, vehicle=VEHICLE, make="Tesla")
        why = Why(reason="customer_request", ticket=ticket, note=note)
        for kind, status in STAGES:
            outcome = Outcome(status=status)
            append(
                Event(
                    type=kind, actor=ana, target=target, why=why, outcome=outcome, operation=operation, request=request
                )
            )
        return operation

    return record


@pytest.fixture
def looks(ana: Actor) -> Callable[[int], None]:
    """Appends so many events that are about nobody."""

    def record(count: int) -> None:
        with recording() as append_one:
            for _ in range(count):
                append_one(Event(type=EventType.AUDIT_VIEWED, actor=ana, found=Found(count=0, search="ticket:SUP-7")))

    return record


@pytest.fixture
def signed(looks: Callable[[int], None], revocation: Callable[..., UUID]) -> int:
    """Two revocations among a hundred events, signed, and some more; gives the size that was signed."""
    looks(70)
    revocation()
    looks(24)
    revocation(OTHER, "SUP-8", "a note about somebody else")
    checkpoint()
    looks(5)
    return 100


@pytest.fixture
def run() -> Run:
    """A command, and what it said."""

    def call(*arguments: str, **options: Any) -> str:
        out = StringIO()
        call_command(*arguments, stdout=out, **options)
        return out.getvalue()

    return call


@pytest.fixture
def archived(signed: int, tmp_path: Path, run: Run) -> Path:
    """Events 1 to 100 are archived in the folder this gives."""
    run("audit_archive", "--yes", through=signed, output=tmp_path / "archive", note="older than we keep")
    return tmp_path / "archive"
