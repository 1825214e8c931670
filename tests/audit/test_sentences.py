"""Each event in words."""

from uuid import UUID

import pytest

from connections.audit.body import body_of
from connections.audit.events import (
    Actor,
    ActorKind,
    Event,
    EventType,
    Found,
    Outcome,
    Status,
    Target,
    TargetKind,
    Why,
)
from connections.audit.sentences import sentence

ANA = Actor(kind=ActorKind.STAFF, id="1", name="Ana Ruíz")
TESLA = Target(
    kind=TargetKind.CONNECTION,
    user=UUID("1e258add-fb21-4293-b9ab-cf8a61f7a880"),
    vehicle=UUID("a6a425d6-c661-4b21-af7a-d6b75f80f3b0"),
    make="Tesla",
    model="Model S",
    year=2020,
)
SUBJECT = "the connection of user 1e258add to vehicle a6a425d6 (Tesla Model S 2020)"
TICKET = Why(ticket="SUP-7")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            Event(
                type=EventType.REVOCATION_COMPLETED,
                actor=ANA,
                target=TESLA,
                why=TICKET,
                outcome=Outcome(status=Status.SUCCESS, http=200),
            ),
            f"Ana Ruíz revoked {SUBJECT} (Smartcar answered 200) for SUP-7.",
        ),
        (
            Event(
                type=EventType.REVOCATION_COMPLETED,
                actor=ANA,
                target=TESLA,
                outcome=Outcome(status=Status.UNKNOWN),
            ),
            f"Ana Ruíz tried to revoke {SUBJECT}, and it is not known whether it was done.",
        ),
        (
            Event(
                type=EventType.REVOCATION_COMPLETED,
                actor=ANA,
                target=TESLA,
                outcome=Outcome(status=Status.SUCCESS, alarm="2 removed, 1 expected."),
            ),
            f"Ana Ruíz revoked {SUBJECT}, with an alarm: 2 removed, 1 expected.",
        ),
        (
            Event(type=EventType.REVOCATION_INTENDED, actor=ANA, target=TESLA, why=TICKET),
            f"Ana Ruíz asked to revoke {SUBJECT} for SUP-7.",
        ),
        (Event(type=EventType.CONNECTION_VIEWED, actor=ANA, target=TESLA), f"Ana Ruíz viewed {SUBJECT}."),
        (
            Event(
                type=EventType.CONNECTION_LISTED,
                actor=ANA,
                found=Found.of(["a"], {"user_id": "u", "mode": "live"}),
            ),
            "Ana Ruíz listed 1 connection, user u, mode live.",
        ),
        (
            Event(type=EventType.CONNECTION_LISTED, actor=ANA, found=Found.of([])),
            "Ana Ruíz listed 0 connections.",
        ),
        (
            Event(type=EventType.ACCESS_REFUSED, actor=ANA, why=Why(reason="manage_staff")),
            "Ana Ruíz was refused: manage staff.",
        ),
        (
            Event(type=EventType.AUTH_SIGN_IN_FAILED, actor=Actor(kind=ActorKind.ANONYMOUS)),
            "Somebody not signed in failed to sign in.",
        ),
        (Event(type=EventType.SYSTEM_STARTED, actor=Actor(kind=ActorKind.SYSTEM)), "The system started."),
        (
            Event(type=EventType.AUDIT_EXPORTED, actor=Actor(kind=ActorKind.COMMAND, id="audit_export")),
            "A command exported the audit log.",
        ),
        (
            Event(type=EventType.STAFF_CREATED, actor=ANA, target=Target(kind=TargetKind.STAFF, id="7")),
            "Ana Ruíz created the account of staff 7.",
        ),
    ],
)
def test_the_sentence(event: Event, expected: str) -> None:
    body, details = body_of(event)
    name = next((detail.value for detail in details if detail.field == "actor.name"), None)
    assert sentence(body, name) == expected


@pytest.mark.parametrize("kind", list(EventType))
def test_every_type_has_a_sentence_with_and_without_a_target(kind: EventType) -> None:
    for target in (
        None,
        TESLA,
        Target(kind=TargetKind.CONNECTION),
        Target(kind=TargetKind.USER, user=TESLA.user),
    ):
        body, _ = body_of(Event(type=kind, actor=ANA, target=target))
        assert sentence(body, "Ana").startswith("Ana ")
        assert sentence(body, "Ana").endswith(".")
