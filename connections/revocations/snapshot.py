"""A set of connections as it was shown: stored whole, and bound by one digest."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from connections.smartcar.types import Connection

_IDS = ("user_id", "vehicle_id", "connection_id")
_MOMENTS = ("connected_at", "updated_at")
# What tells one connection from another, and from a later one of the same pair.
_IDENTITY = ("user_id", "vehicle_id", "connection_id", "connected_at", "mode")


def digest_of(connections: Iterable[Connection]) -> str:
    """SHA-256 over the identities of the set, in any order; one connection more, fewer or renewed changes it."""
    identities = sorted(json.dumps([stored(each)[name] for name in _IDENTITY]) for each in connections)
    return hashlib.sha256("\n".join(identities).encode()).hexdigest()


def stored(connection: Connection) -> dict[str, Any]:
    """As JSON can hold it."""
    return {field.name: _plain(getattr(connection, field.name)) for field in fields(connection)}


def restored(kept: dict[str, Any]) -> Connection:
    """The connection that `stored` kept."""
    values = dict(kept)
    for name in _IDS:
        values[name] = UUID(values[name]) if values[name] else None
    for name in _MOMENTS:
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    if values["permissions"] is not None:
        values["permissions"] = tuple(values["permissions"])
    return Connection(**values)


def _plain(value: Any) -> Any:
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case tuple():
            return list(value)
        case _:
            return value
