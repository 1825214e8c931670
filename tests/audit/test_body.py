import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from connections.audit.body import body_of, columns_of
from connections.audit.canonical import CanonicalError, canonical_text
from connections.audit.events import (
    Actor,
    ActorKind,
    Approval,
    Auth,
    Control,
    Event,
    EventType,
    Found,
    Outcome,
    Status,
    Target,
    TargetKind,
    Why,
)
from connections.audit.verifier.verify import commitment, leaf_hash, parsed

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_leaves_of_the_vectors_reproduce() -> None:
    assert [leaf_hash(body).hex() for body in VECTORS["bodies"]] == VECTORS["leaf_hex"]


def test_links_of_the_vectors_reproduce() -> None:
    links = [parsed(body)["prev"] for body in VECTORS["bodies"]]
    assert links == ["0" * 64, *VECTORS["leaf_hex"][:-1]]


def test_bodies_of_the_vectors_are_canonical() -> None:
    assert [canonical_text(parsed(body)) for body in VECTORS["bodies"]] == VECTORS["bodies"]


def test_a_whole_event_is_nested_as_the_format_says(ana: Actor) -> None:
    user, vehicle = UUID(int=1), UUID(int=2)
    body, _ = body_of(
        Event(
            type=EventType.REVOCATION_COMPLETED,
            actor=Actor(kind=ana.kind, id="42", auth=Auth(method="password", at=NOON)),
            target=Target(kind=TargetKind.CONNECTION, user=user, vehicle=vehicle, connected_at=NOON, permissions=()),
            why=Why(reason="fraud", ticket="SUP-7"),
            control=Control(
                policy_version="1",
                policy_tier=0,
                preview="ab",
                approvals=(Approval(actor="7", decision="granted", at=NOON, seq=3),),
            ),
            outcome=Outcome(status=Status.SUCCESS, http=200, removed=0),
            operation=UUID(int=3),
            cause=1,
        )
    )
    noon = "2026-11-21T12:00:00.000000Z"
    assert body == {
        "type": "revocation.completed",
        "actor": {"kind": "staff", "id": "42", "auth": {"method": "password", "at": noon}},
        "target": {
            "kind": "connection",
            "user": str(user),
            "vehicle": str(vehicle),
            "connected_at": noon,
            "permissions": [],
        },
        "why": {"reason": "fraud", "ticket": "SUP-7"},
        "control": {
            "policy": {"version": "1", "tier": 0},
            "preview": "ab",
            "approvals": [{"actor": "7", "decision": "granted", "at": noon, "seq": 3}],
        },
        "outcome": {"status": "success", "http": 200, "removed": 0},
        "operation": str(UUID(int=3)),
        "cause": 1,
    }


def test_personal_values_are_only_committed_to(ana: Actor) -> None:
    event = Event(
        type=EventType.CONNECTION_LISTED,
        actor=ana,
        why=Why(note="call back"),
        found=Found(search="Ana at home"),
    )
    body, details = body_of(event)
    text = canonical_text(body)
    assert [value for value in ("Ana", "192.0.2.7", "Browser/1", "call back") if value in text] == []
    assert {detail.field for detail in details} == {
        "actor.name",
        "actor.ip",
        "actor.user_agent",
        "why.note",
        "found.search",
    }
    held: Any = body
    for detail in details:
        group, name = detail.field.split(".")
        assert held[group][name] == commitment(detail.salt, detail.value)


def test_a_commitment_is_sha256_over_salt_and_value() -> None:
    assert commitment(b"salt", "Ruíz") == hashlib.sha256(b"salt" + "Ruíz".encode()).hexdigest()


def test_each_salt_is_new_and_16_bytes(ana: Actor) -> None:
    event = Event(type=EventType.AUTH_SIGNED_IN, actor=ana)
    salts = [detail.salt for _ in range(3) for detail in body_of(event)[1]]
    assert len(set(salts)) == len(salts) == 9
    assert {len(salt) for salt in salts} == {16}


def test_text_that_no_database_holds_is_replaced_not_refused() -> None:
    actor = Actor(kind=ActorKind.ANONYMOUS, name="a\x00b\ud800")
    _, (detail,) = body_of(Event(type=EventType.AUTH_SIGN_IN_FAILED, actor=actor))
    assert detail.value == "a\N{REPLACEMENT CHARACTER}b?"


def test_columns_agree_with_a_body_whose_text_was_normalised() -> None:
    why = Why(ticket="SUP-e\N{COMBINING ACUTE ACCENT}")
    body, _ = body_of(Event(type=EventType.CONNECTION_VIEWED, actor=Actor(kind=ActorKind.SYSTEM), why=why))
    assert columns_of(body) == columns_of(parsed(canonical_text(body)))


def test_a_value_without_a_place_is_refused() -> None:
    found = Found(count=1.5)  # type: ignore[arg-type]  # that is what is refused
    with pytest.raises(CanonicalError):
        body_of(Event(type=EventType.CONNECTION_LISTED, actor=Actor(kind=ActorKind.SYSTEM), found=found))


def test_the_digest_of_a_read_does_not_depend_on_order() -> None:
    assert Found.of(["b", "a"]) == Found.of(["a", "b"])
    assert Found.of(["a", "b"]).digest == hashlib.sha256(b"a\nb\n").hexdigest()
