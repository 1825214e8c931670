"""Events with their personal values in place of the commitments, for formats that people and other programs read."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from connections.audit.entries import ERASED
from connections.audit.selection import Block
from connections.audit.sentences import sentence
from connections.audit.stored import Stored
from connections.audit.verifier.verify import PERSONAL

UNREADABLE = "This event cannot be read. Verify the log."
_GROUPS = ("actor", "target", "why", "control", "outcome", "found")
_PERSONAL = {f"{group}.{name}": (group, name) for group, name in PERSONAL}


class Reading(NamedTuple):
    """`body` is None where an altered log holds something else; `name` is the actor's, if it is known."""

    seq: int
    body: dict[str, Any] | None
    name: str | None
    leaf: str


def readings(block: Block) -> Iterator[Reading]:
    for seq, text, leaf in block.events:
        body, name = _body(text), None
        if body is not None:
            name = _fill(body, block.details.get(seq, ()))
        yield Reading(seq, body, name, bytes(leaf).hex())


def said(reading: Reading) -> str:
    """What happened, in a sentence."""
    try:
        return sentence(reading.body, reading.name) if reading.body else UNREADABLE
    except (TypeError, AttributeError):  # a value of another kind than any that we write
        return UNREADABLE


def _body(text: str) -> dict[str, Any] | None:
    """What can be written down as an event at all; whether it is a true one is for the verifier to say."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or not all(isinstance(body.get(name), str) for name in ("type", "at", "id")):
        return None
    return body if all(isinstance(body.get(group, {}), dict) for group in _GROUPS) else None


def _fill(body: dict[str, Any], details: Iterable[Stored]) -> str | None:
    """Put the values where their commitments are; gives the actor's name."""
    known = {field: value for field, _, value, _ in details if value is not None}
    for field, (group, name) in _PERSONAL.items():
        if name in body.get(group, ()):
            body[group][name] = known.get(field, ERASED)
    return known.get("actor.name")
