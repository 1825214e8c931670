"""Events with their personal values in place of the commitments, for formats that people and other programs read."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from connections.audit.entries import ERASED
from connections.audit.selection import Block
from connections.audit.sentences import english_sentence
from connections.audit.verifier.verify import PERSONAL

UNREADABLE = "This event cannot be read. Verify the log."
_GROUPS = ("actor", "target", "why", "control", "outcome", "found")
_PERSONAL = {group: tuple((name, f"{group}.{name}") for of, name in PERSONAL if of == group) for group, _ in PERSONAL}
_NOTHING: dict[str, Any] = {}
_decoded = json.JSONDecoder().raw_decode


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
        return english_sentence(reading.body, reading.name) if reading.body else UNREADABLE
    except (TypeError, AttributeError):  # a value of another kind than any that we write
        return UNREADABLE


def _body(text: str) -> dict[str, Any] | None:
    """What can be written down as an event at all; whether it is a true one is for the verifier to say."""
    try:
        body, end = _decoded(text)
        is_event = type(body["type"]) is type(body["at"]) is type(body["id"]) is str and end == len(text)
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    for group in _GROUPS:
        is_event = is_event and type(body.get(group, _NOTHING)) is dict
    return body if is_event else None


def _fill(body: dict[str, Any], values: Mapping[str, str]) -> None:
    """Put the values where their commitments are."""
    for group, fields in _PERSONAL.items():
        if part := body.get(group):
            for name, field in fields:
                if name in part:
                    part[name] = values.get(field, ERASED)
