"""What was asked and what came of it: every API request, without its credentials."""

from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from connections.simulator.wire import Pair

_KEPT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    time: datetime
    method: str
    path: str
    query: str
    generation: str
    status: int | None  # None: no answer was given
    request_id: str
    applied: bool
    removed: tuple[Pair, ...]
    faults: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        removed = [{"user_id": user, "vehicle_id": vehicle} for user, vehicle in self.removed]
        return asdict(self) | {"time": self.time.isoformat(), "removed": removed}


class Journal:
    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)

    def clear(self) -> None:
        self._entries.clear()

    @property
    def entries(self) -> list[Entry]:
        return list(self._entries)


def now() -> datetime:
    return datetime.now(UTC)
