"""
Connections out of the JSON of either generation.

What identifies a row must be right, or the row is `Misshapen`; what merely
describes it is kept as sent, and is None where it makes no sense.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from connections.smartcar.types import Connection, PairScope

_LONGEST_TEXT = 256
_LENGTH_OF_UUID = 36
_YEARS = range(1900, 2101)
_LARGEST_TOTAL = 10**9


class Misshapen(ValueError):  # noqa: N818 - says of a value what it is
    """The JSON is not of the shape that Smartcar documents; the message says where."""


def read_rows(rows: object, read_row: Callable[[Any], Connection]) -> tuple[Connection, ...]:
    """Every row of a list. Raises `Misshapen` if it is no list or a row in it is none."""
    if not isinstance(rows, list):
        raise Misshapen("has no list of connections")
    return tuple(read_row(row) for row in rows)


def read_management_row(row: object) -> Connection:
    """A row of management v2.0; older ones have `createdAt` and no mode."""
    return Connection(
        user_id=read_id(row, "userId"),
        vehicle_id=read_id(row, "vehicleId"),
        connected_at=_moment(at(row, "connectedAt")) or _moment(at(row, "createdAt")),
        mode=_text(at(row, "mode")),
    )


def read_removed_pair(row: object) -> PairScope:
    """A row of what a v2.0 DELETE removed."""
    return PairScope(read_id(row, "userId"), read_id(row, "vehicleId"))


def read_vehicle_row(row: object) -> Connection:
    """An item of vehicle v3; the ids of user and vehicle are always among its relationships."""
    vehicle = at(row, "attributes", "vehicle")
    return Connection(
        user_id=read_id(row, "relationships", "user", "data", "id"),
        vehicle_id=read_id(row, "relationships", "vehicle", "data", "id"),
        connection_id=read_id(row, "id"),
        connected_at=_moment(at(row, "meta", "createdAt")),
        updated_at=_moment(at(row, "meta", "updatedAt")),
        permissions=_permissions(at(row, "attributes", "permissions")),
        external_id=_text(at(row, "attributes", "user", "externalId")),
        mode=_text(at(vehicle, "mode")),
        make=_text(at(vehicle, "make")),
        model=_text(at(vehicle, "model")),
        powertrain=_text(at(vehicle, "powertrainType")),
        year=_year(at(vehicle, "year")),
    )


def at(value: object, *path: str) -> Any:
    """What stands at the end of a path of keys; None where the path breaks off."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def read_id(row: object, *path: str) -> UUID:
    """A UUID in its usual form, not the nil one. Raises `Misshapen`."""
    text = at(row, *path)
    # `UUID` also takes braces, prefixes and no hyphens, which Smartcar never sends.
    if isinstance(text, str) and len(text) == _LENGTH_OF_UUID:
        try:
            value = UUID(text)
        except ValueError:
            value = UUID(int=0)
        if value.int:
            return value
    raise Misshapen(f"has a row without a UUID as {'.'.join(path)}")


def read_total(value: object) -> int | None:
    """A count that can be one."""
    return value if type(value) is int and 0 <= value <= _LARGEST_TOTAL else None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str | None:
    """Text as sent, but for characters that no page and no database could hold."""
    if not isinstance(value, str) or not value:
        return None
    shown = value[:_LONGEST_TEXT]
    return shown if shown.isprintable() else "".join(c if c.isprintable() else "�" for c in shown)


def _permissions(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(text for item in value if (text := _text(item)))


def _year(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) == len("2020"):
        value = int(value)
    return value if type(value) is int and value in _YEARS else None
