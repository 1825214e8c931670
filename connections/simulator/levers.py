"""What may be done to the simulator besides calling its API; `control` offers the same over HTTP."""

from typing import Any

from connections.simulator.journal import Entry
from connections.simulator.rows import Connection
from connections.simulator.service import Service
from connections.simulator.wire import Generation
from connections.simulator.world import World


class Levers:
    """Every lever takes effect with the next request."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def world(self) -> World:
        """To pick connections from; change it by the levers, which lock."""
        return self._service.world

    @property
    def requests(self) -> list[Entry]:
        """Every API request seen, oldest first."""
        with self._service.lock:
            return self._service.journal.entries

    @property
    def deletes(self) -> list[Entry]:
        return [entry for entry in self.requests if entry.method == "DELETE"]

    @property
    def faults(self) -> list[dict[str, Any]]:
        """Those switched on and not used up."""
        with self._service.lock:
            return self._service.board.as_json()

    @property
    def access_tokens(self) -> list[str]:
        """Those minted and still good."""
        with self._service.lock:
            return self._service.gate.tokens

    @property
    def unscoped_deletes(self) -> int:
        """How many DELETEs named nobody; anything but 0 is the worst thing a client of ours can do."""
        return self._service.unscoped_deletes

    @property
    def state(self) -> dict[str, Any]:
        with self._service.lock:
            entries = self._service.journal.entries
            return {
                "connections": self.world.count,
                "bucket": {"level": self._service.bucket.level, "capacity": self._service.bucket.capacity},
                "requests": len(entries),
                "requests_by_generation": {
                    name: sum(entry.generation == name for entry in entries) for name in Generation
                },
                "deletes": sum(entry.method == "DELETE" for entry in entries),
                "unscoped_deletes": self._service.unscoped_deletes,
                "faults": len(self._service.board.as_json()),
            }

    def fault(
        self,
        name: str,
        *,
        times: int | None = None,
        method: str | None = None,
        generation: str | None = None,
        seconds: float | None = None,
    ) -> dict[str, Any]:
        """
        Switch a fault on, for so many calls or until cleared, for the calls it meets or fewer.

        `generation` is "v2", "v3" or "token"; what `seconds` means, the fault says.
        Raises `FaultError`, whose message lists the names.
        """
        with self._service.lock:
            return self._service.board.add(
                name, times=times, method=method, generation=generation, seconds=seconds
            ).as_json()

    def clear(self) -> None:
        """Switch every fault off."""
        with self._service.lock:
            self._service.board.clear()

    def clear_requests(self) -> None:
        with self._service.lock:
            self._service.journal.clear()

    def reset(self) -> None:
        """World as seeded, no faults, no requests, bucket full. Bearer tokens stay good."""
        self._service.reset()

    def reconnect(self, user_id: str, vehicle_id: str) -> Connection:
        """The owner connects the same car again; LookupError if that pair never was."""
        with self._service.lock:
            return self.world.reconnect(str(user_id).lower(), str(vehicle_id).lower())

    def connect(self, **fields: Any) -> Connection:
        """Another connection; fields of `Connection` that are not given are drawn."""
        ids = {name: str(fields[name]).lower() for name in ("user_id", "vehicle_id") if name in fields}
        with self._service.lock:
            return self.world.connect(**fields | ids)

    def disconnect(self, user_id: str, vehicle_id: str) -> bool:
        """The owner revokes by themselves; False if there was nothing."""
        with self._service.lock:
            rows = self.world.existing(user_id=str(user_id).lower(), vehicle_id=str(vehicle_id).lower())
            return bool(self.world.remove(rows))

    def set_bucket(self, level: float) -> None:
        """How many requests are left before 429."""
        with self._service.lock:
            self._service.bucket.fill_to(level)

    def expire_tokens(self) -> None:
        """Every bearer token minted so far is refused from now on."""
        with self._service.lock:
            self._service.gate.expire_tokens()
