"""
A long history for the audit log, made quickly: chained, and with a mix of events as a support desk leaves it.

Goes around the ledger and the triggers with the rights of the tables' owner,
which only somebody who made the database a moment ago has.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain
from json import JSONEncoder
from typing import Any

from django.db import connection

from connections.audit.body import columns_of
from connections.audit.canonical import canonical_time
from connections.audit.verifier.verify import NO_LEAF, SCHEMA, leaf_hash
from tests.benchmarks.bulk import Bulk, bulk

Body = dict[str, Any]
DAYS = 730
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


def seed(count: int) -> Sample:
    """Append so many events to an empty log; gives something to look for from its middle."""
    with bulk() as into:
        return _History(count).write(into)


def sample_of(count: int) -> Sample:
    """What to look for in a history of so many events that was made before."""
    history = _History(count)
    for _ in zip(range(count * 3 // 4), history._bodies(), strict=False):
        pass
    assert history.sample is not None
    return history.sample


@dataclass
class _History:
    count: int
    leaf: bytes = NO_LEAF
    chance: random.Random = field(default_factory=lambda: random.Random(6))
    sample: Sample | None = None

    def write(self, into: Bulk) -> Sample:
        end = datetime.now(UTC)
        step = timedelta(days=DAYS) / self.count
        for seq, body in zip(range(1, self.count + 1), self._bodies(), strict=False):
            self._write(into, seq, end - step * (self.count - seq), body)
        assert self.sample is not None
        return self.sample

    def _write(self, into: Bulk, seq: int, at: datetime, body: Body) -> None:
        actor, why = body["actor"], body.get("why", {})
        personal = {("actor", "name"): actor, ("why", "note"): why}
        for (group, name), part in personal.items():
            if value := part.get(name):
                salt = sha256(b"%d%s" % (seq, name.encode())).digest()[:16]
                into.details.append((seq, f"{group}.{name}", salt, value))
                part[name] = sha256(salt + value.encode()).hexdigest()
        moment = canonical_time(at)
        body |= {"v": SCHEMA, "seq": seq, "prev": self.leaf.hex(), "id": _uuid(3, seq), "at": moment}
        body |= {"instance": "benchmark", "app": "0"}
        text = _ENCODED(body)
        self.leaf = leaf_hash(text)
        into.add((seq, connection.ops.adapt_datetimefield_value(at), *columns_of(body).values(), text, self.leaf))

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
        self._keep(number, ticket, ids)
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

    def _keep(self, number: int, ticket: str, ids: Body) -> None:
        """The first revocation is taken, and the last that begins in the first half of the stories."""
        if self.sample is None or number < self.count // 4:
            target = ids["target"]
            self.sample = Sample(
                actor=_actor(number)["id"],
                user=target["user"],
                vehicle=target["vehicle"],
                operation=ids["operation"],
                request=ids["request"],
                ticket=ticket,
            )


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
