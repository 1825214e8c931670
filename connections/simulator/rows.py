"""One connection, as the simulated Smartcar remembers it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from connections.simulator.wire import Pair

MODES = ("live", "simulated", "test")


class UserAttributes(StrEnum):
    """How v3 writes `attributes.user`, which only newer answers have (C)."""

    PRESENT = "present"  # `externalId` is left out when there is none
    EXTERNAL_NULL = "external-null"  # `externalId` is null when there is none
    NULL = "null"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    connection_id: str
    user_id: str
    vehicle_id: str
    connected_ms: int
    updated_ms: int
    mode: str
    make: str
    model: str
    year: int
    powertrain: str
    permissions: tuple[str, ...]
    external_id: str | None = None
    # Ways in which real rows differ from the documented sample.
    is_old: bool = False  # v2.0 says `createdAt` and no mode (S)
    year_is_text: bool = False  # (C)
    user_attributes: UserAttributes = UserAttributes.PRESENT
    has_milliseconds: bool = True  # v3 timestamps come both ways (C)

    @property
    def pair(self) -> Pair:
        return self.user_id, self.vehicle_id

    @property
    def connected_at(self) -> datetime:
        return datetime.fromtimestamp(self.connected_ms / 1000, UTC)

    @property
    def order(self) -> tuple[int, str]:
        """Sorts newest first (D); the id decides between rows of the same millisecond."""
        return -self.connected_ms, self.connection_id


def timestamp(milliseconds: int, *, with_milliseconds: bool = True) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{milliseconds % 1000:03d}Z" if with_milliseconds else f"{moment}Z"
