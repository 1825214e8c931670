"""
A long history for the audit log, made quickly: chained, and with a mix of events as a support desk leaves it.

Goes around the ledger and the triggers with the rights of the tables' owner,
which only somebody who made the database a moment ago has.
"""

import base64
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain
from json import JSONEncoder
from typing import Any

from django.conf import settings

from connections.audit.checkpoints import checkpoint
from connections.audit.ledger import tail
from connections.audit.signing import Keys, make_keys_if_there_are_none
from connections.audit.verifier.verify import NO_LEAF, SCHEMA, Frontier, leaf_hash
from connections.models import AuditEvent
from tests.benchmarks.bulk import Bulk, bulk

Body = dict[str, Any]
DAYS = 730
BETWEEN_CHECKPOINTS = 64
_NOTHING: Body = {}
_ENCODED = JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_NOTES = (
    "The customer asked for it by telephone",
    "Asked in writing; the letter is in the archive",
    "Sold the car to a neighbour last week",
    "Could not sign in any more and wants a new connection",
    "Test account of the garage in Lyon",
)
_NAMES = ("Ana Ruíz", "Ben Okafor", "Cleo Marsh", "Dan Lindqvist", "Eva Novák")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Values that occur in the history, to look for."""

    actor: str
    user: str
    vehicle: str
    operation: str
    request: str
    ticket: str


def opened(count: int) -> Sample:
    """A log of so many events, made now unless it was made before; and something to look for, from its middle."""
    newest = tail()[0]
    if not newest:
        seed(count)
    elif newest < count:
        raise SystemExit(f"The log that was kept holds {newest} events, and {count} are wanted.")
    intents = AuditEvent.objects.filter(type="revocation.intended", seq__gt=count // 2).order_by("seq")
    columns = "actor_id", "target_user", "target_vehicle", "operation", "request_id", "ticket"
    found = intents.values_list(*columns).first()
    assert found is not None
    actor, user, vehicle, operation, request, ticket = found
    return Sample(actor=actor, user=user, vehicle=vehicle, operation=operation, request=request, ticket=ticket)


def seed(count: int) -> None:
    """Append so many events to an empty log, with their checkpoints; the last is made by the product."""
    with bulk() as into:
        _History(count).write(into)
    checkpoint()


@dataclass
class _History:
    count: int
    leaf: bytes = NO_LEAF
    chance: random.Random = field(default_factory=lambda: random.Random(6))
    tree: Frontier = field(default_factory=Frontier)

    def write(self, into: Bulk) -> None:
        keys, _ = make_keys_if_there_are_none()
        end = datetime.now(UTC).replace(tzinfo=None)
        step = timedelta(days=DAYS) / self.count
        for seq, body in zip(range(1, self.count + 1), self._bodies(), strict=False):
            at = (end - step * (self.count - seq)).isoformat(timespec="microseconds")
            self._write(into, seq, at, body)
            if seq % BETWEEN_CHECKPOINTS == 0 and seq < self.count:
                into.checkpoints.append((seq, *self._signed(keys), at.replace("T", " ")))

    def _write(self, into: Bulk, seq: int, at: str, body: Body) -> None:
        actor, why, target = body["actor"], body.get("why", _NOTHING), body.get("target", _NOTHING)
        for group, part in (("actor.name", actor), ("why.note", why)):
            name = group.partition(".")[2]
            if value := part.get(name):
                salt = sha256(b"%d%s" % (seq, name.encode())).digest()[:16]
                into.details.append((seq, group, salt, value))
                part[name] = sha256(salt + value.encode()).hexdigest()
        body |= {"v": SCHEMA, "seq": seq, "prev": self.leaf.hex(), "id": _uuid(3, seq), "at": f"{at}Z"}
        body |= {"instance": "benchmark", "app": "0"}
        text = _ENCODED(body)
        self.leaf = leaf_hash(text)
        self.tree.append(self.leaf)
        copies = (
            *(body["id"], body["type"], body.get("operation"), actor.get("id"), actor.get("name")),
            *(target.get("user"), target.get("vehicle"), None),
            *(body.get("outcome", _NOTHING).get("status"), why.get("ticket"), body.get("request")),
        )
        into.add((seq, at.replace("T", " "), *copies, text, self.leaf))

    def _signed(self, keys: Keys) -> tuple[bytes, str]:
        root = self.tree.root()
        origin = settings.AUDIT_ORIGIN
        return root, keys.sign(f"{origin}\n{self.tree.size}\n{base64.b64encode(root).decode()}\n", origin)

    def _bodies(self) -> Iterator[Body]:
        """Stories one after the other, without end."""
        kinds: list[Callable[[int], Iterator[Body]]] = [_reading, _signing_in, self._revoking, _refused, _auditing]
        for number in chain.from_iterable(iter(lambda: range(2**40), None)):
            (story,) = self.chance.choices(kinds, (60, 8, 24, 1, 7))
            yield from story(number)

    def _revoking(self, number: int) -> Iterator[Body]:
        users = max(self.count // 20, 10)
        target = _target(number * 7919 % users)
        ticket = f"{('SUP', 'OPS', 'CRM')[number % 3]}-{number * 104729 % (users * 10)}"
        why = {"reason": "customer_request", "ticket": ticket}
        ids = {"operation": _uuid(1, number), "request": _uuid(2, number), "target": target}
        is_unknown = self.chance.random() < 0.004
        for stage, status in (
            ("previewed", None),
            ("intended", "pending"),
            ("attempted", "sent"),
            ("completed", "unknown" if is_unknown else "success"),
            ("seen_gone", "seen_gone"),
        ):
            note = {"note": _NOTES[number % 5]} if stage == "intended" else {}
            outcome = {"outcome": {"status": status, "http": 200, "ms": 180}} if status else {}
            reasons = {"why": {**why, **note}} if status else {}
            yield {"type": f"revocation.{stage}", "actor": _actor(number), **ids, **reasons, **outcome}
        if self.chance.random() < 0.002:
            alarm = {"status": "success", "alarm": "Smartcar removed more than was expected"}
            yield {"type": "revocation.alarmed", "actor": {"kind": "system"}, **ids, "outcome": alarm}


def _reading(number: int) -> Iterator[Body]:
    request = _uuid(2, number)
    found = {"count": 50, "digest": sha256(b"%d" % number).hexdigest()}
    yield {"type": "connection.listed", "actor": _actor(number), "request": request, "found": found}
    target = _target(number * 31 % 50_021)
    yield {"type": "connection.viewed", "actor": _actor(number), "request": _uuid(4, number), "target": target}


def _signing_in(number: int) -> Iterator[Body]:
    yield {"type": "auth.signed_in", "actor": _actor(number), "request": _uuid(2, number)}


def _refused(number: int) -> Iterator[Body]:
    outcome = {"status": "refused", "http": 403}
    why = {"reason": "revoke_wide"}
    yield {"type": "access.refused", "actor": _actor(number), "why": why, "outcome": outcome}


def _auditing(number: int) -> Iterator[Body]:
    yield {"type": "audit.viewed", "actor": _actor(number % 7), "request": _uuid(2, number), "found": {"count": 50}}


def _actor(number: int) -> Body:
    who = number * 13 % 200 + 1000
    return {"kind": "staff", "id": str(who), "name": _NAMES[who % 5], "roles": ["support"]}


def _target(number: int) -> Body:
    car = {"make": "TESLA", "model": "Model 3", "year": 2020}
    return {"kind": "connection", "user": _uuid(5, number), "vehicle": _uuid(6, number), **car}


def _uuid(kind: int, number: int) -> str:
    return f"{number % 2**32:08x}-{kind:04x}-7000-8000-{number * 2654435761 % 2**48:012x}"
