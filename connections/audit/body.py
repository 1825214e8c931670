"""How an event becomes the body of a row, and how the other columns are derived from a body again."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from connections.audit.canonical import JSON, CanonicalError, canonical_time, storable
from connections.audit.events import Control, Event
from connections.audit.verifier.verify import PERSONAL, commitment

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id",),
    "type": ("type",),
    "operation": ("operation",),
    "actor_id": ("actor", "id"),
    "actor_name": ("actor", "name"),
    "target_user": ("target", "user"),
    "target_vehicle": ("target", "vehicle"),
    "target_connection": ("target", "connection"),
    "outcome": ("outcome", "status"),
    "ticket": ("why", "ticket"),
    "request_id": ("request",),
}
"""The copied columns that hold text, and where in the body each comes from; `seq` and `at` are not text."""

# The same in runs of neighbours from one part of the body: verification asks for them once an event.
_RUNS = tuple(
    (part, tuple(path[-1] for path in run)) for part, run in groupby(COLUMNS.values(), lambda path: path[:-1])
)
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Detail:
    """A personal value and the salt that hides it behind its commitment."""

    field: str
    salt: bytes
    value: str


def columns_of(body: Mapping[str, Any]) -> dict[str, str | None]:
    """The copied text columns of a body; a part that is absent is None."""
    return dict(zip(COLUMNS, copies_of(body), strict=True))


def copies_of(body: Mapping[str, Any]) -> tuple[str | None, ...]:
    """The same in the order of `COLUMNS`."""
    copies: list[str | None] = []
    for path, names in _RUNS:
        found = body.get(path[0]) if path else body
        copies += map(found.get, names) if isinstance(found, dict) else (None for _ in names)
    return tuple(copies)


def body_of(event: Event) -> tuple[dict[str, JSON], list[Detail]]:
    """
    The event as the JSON of a body, without the frame, and its personal values.

    Raises `CanonicalError` for a value that no body can hold.
    """
    body = _object(event)
    details = []
    for group, name in PERSONAL:
        part = body.get(group)
        value = part.get(name) if isinstance(part, dict) else None
        if isinstance(part, dict) and isinstance(value, str):
            detail = Detail(f"{group}.{name}", secrets.token_bytes(_SALT_BYTES), value)
            part[name] = commitment(detail.salt, value)
            details.append(detail)
    return body, details


def _object(part: Any) -> dict[str, JSON]:
    values = {each.name: (getattr(part, each.name), each.default) for each in fields(part)}
    return {name: _json(value) for name, (value, default) in values.items() if value not in (None, default)}


def _json(value: Any) -> JSON:
    match value:
        case bool() | int():
            return value
        case str():
            return storable(value)
        case UUID():
            return str(value)
        case datetime():
            return canonical_time(value)
        case Control():
            return _control(value)
    return _nested(value)


def _nested(value: Any) -> JSON:
    match value:
        case tuple():
            return [_json(item) for item in value]
        case Mapping():
            return {key: _json(item) for key, item in value.items()}
        case _ if is_dataclass(value):
            return _object(value)
    raise CanonicalError(f"{type(value).__name__} has no place in a body")


def _control(control: Control) -> JSON:
    """In a body the version and the tier of the policy stand together, as `policy`."""
    parts = _object(control)
    policy = {name: parts.pop(f"policy_{name}") for name in ("version", "tier") if f"policy_{name}" in parts}
    return {**parts, "policy": policy} if policy else parts
