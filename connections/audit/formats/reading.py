"""Events with their personal values in place of the commitments, for formats that people and other programs read."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from connections.audit.entries import ERASED
from connections.audit.selection import Block
from connections.audit.sentences import sentence
from connections.audit.verifier.verify import PERSONAL

UNREADABLE = "This event cannot be read. Verify the log."
_FRAME = ("type", "at", "id")
_GROUPS = {"actor", "target", "why", "control", "outcome", "found"}
_PERSONAL = {group: tuple((name, f"{group}.{name}") for of, name in PERSONAL if of == group) for group, _ in PERSONAL}
_decoded = json.JSONDecoder().decode


class Reading(NamedTuple):
    """`body` is None where an altered log holds something else; `name` is the actor's, if it is known."""

    seq: int
    body: dict[str, Any] | None
    name: str | None
    leaf: str


def readings(block: Block) -> Iterator[Reading]:
    known: dict[int, dict[str, str]] = {}
    for seq, field, _, value, _ in block.details:
        if value is not None:
            known.setdefault(seq, {})[field] = value
    nothing: dict[str, str] = {}
    for seq, text, leaf in block.events:
        body, values = _body(text), known.get(seq, nothing)
        if body is not None:
            _fill(body, values)
        yield Reading(seq, body, values.get("actor.name"), bytes(leaf).hex())


def said(reading: Reading) -> str:
    """What happened, in a sentence."""
    try:
        return sentence(reading.body, reading.name) if reading.body else UNREADABLE
    except (TypeError, AttributeError):  # a value of another kind than any that we write
        return UNREADABLE


def _body(text: str) -> dict[str, Any] | None:
    """What can be written down as an event at all; whether it is a true one is for the verifier to say."""
    try:
        body = _decoded(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    is_frame = all(type(body.get(name)) is str for name in _FRAME)
    return body if is_frame and all(type(body[group]) is dict for group in _GROUPS & body.keys()) else None


def _fill(body: dict[str, Any], values: Mapping[str, str]) -> None:
    """Put the values where their commitments are."""
    for group, fields in _PERSONAL.items():
        if part := body.get(group):
            for name, field in fields:
                if name in part:
                    part[name] = values.get(field, ERASED)
