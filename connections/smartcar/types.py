"""The values that the client takes and gives: real types, built in one place from JSON."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID


class Generation(StrEnum):
    """Which of Smartcar's two APIs is spoken to."""

    V2 = "v2"
    V3 = "v3"


class Mode(StrEnum):
    """The modes one can ask for. What rows say is kept as text: the set is open."""

    LIVE = "live"
    SIMULATED = "simulated"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class PairScope:
    """Exactly this vehicle of exactly this user."""

    user_id: UUID
    vehicle_id: UUID

    def __post_init__(self) -> None:
        _require_id(self.user_id)
        _require_id(self.vehicle_id)


@dataclass(frozen=True, slots=True)
class UserScope:
    """Every vehicle of this user."""

    user_id: UUID

    def __post_init__(self) -> None:
        _require_id(self.user_id)


@dataclass(frozen=True, slots=True)
class VehicleScope:
    """One vehicle, for all of its users."""

    vehicle_id: UUID

    def __post_init__(self) -> None:
        _require_id(self.vehicle_id)


@dataclass(frozen=True, slots=True)
class Purge:
    """
    A user with all their connections and all else that Smartcar keeps of them; v3 only.

    Not a scope: it deletes more than connections, so nothing that takes a scope takes it by mistake.
    """

    user_id: UUID

    def __post_init__(self) -> None:
        _require_id(self.user_id)


# There is no scope without an id, so a delete without one cannot be expressed.
Scope: TypeAlias = PairScope | UserScope | VehicleScope


def _require_id(value: object) -> None:
    """A type hint does not stop a form's empty string at run time; this does."""
    if not isinstance(value, UUID):
        message = f"A scope takes UUID objects, not {type(value).__name__}."
        raise TypeError(message)
    if value.int == 0:
        raise ValueError("The nil UUID names nobody and cannot be a scope.")


# Without slots: a cache pickles a hundred of these for every page, which costs a quarter less so.
@dataclass(frozen=True, kw_only=True)
class Connection:
    """
    One row of Smartcar's list; None where this generation, or this row, does not say.

    `connected_at` is UTC: v2 `connectedAt` (`createdAt` in older rows), v3
    `meta.createdAt`. It tells a re-connection from the one that was looked at.
    """

    user_id: UUID
    vehicle_id: UUID
    connected_at: datetime | None = None
    mode: str | None = None
    connection_id: UUID | None = None
    updated_at: datetime | None = None
    permissions: tuple[str, ...] | None = None
    make: str | None = None
    model: str | None = None
    powertrain: str | None = None
    year: int | None = None
    external_id: str | None = None

    @property
    def pair(self) -> PairScope:
        return PairScope(self.user_id, self.vehicle_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is narrowed to; None leaves that side open."""

    user_id: UUID | None = None
    vehicle_id: UUID | None = None
    mode: Mode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list, newest connection first. No `next_cursor` means the list has ended."""

    connections: tuple[Connection, ...]
    next_cursor: str | None = None
    previous_cursor: str | None = None
    total: int | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """
    A DELETE that Smartcar accepted.

    `removed` is what Smartcar says it deleted, None where it does not say (v3).
    An empty tuple is no proof that nothing was: read again.
    """

    removed: tuple[PairScope, ...] | None
    status: int
    request_id: str | None
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a generation can do, so that nothing above asks which one it is."""

    lists_all_modes: bool
    knows_total: bool
    knows_details: bool
    has_connection_ids: bool
    deletes_by_scope: bool
    goes_back: bool
