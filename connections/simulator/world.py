"""Which connections exist, indexed so that a page costs the same among a hundred rows or 100,000."""

import threading
import time
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import attrgetter

from connections.simulator.rows import Connection
from connections.simulator.seeding import Seeding
from connections.simulator.wire import Pair

_order = attrgetter("order")
_Index = defaultdict[str, list[Connection]]


class World:
    """
    All connections, newest first, and the same by user, vehicle, mode and external id.

    `lock` is for whoever uses more than `connections`, for as long as a use must be of one piece.
    """

    def __init__(self, *, connections: int, users: int | None, seed: int) -> None:
        self.lock = threading.RLock()
        self._seed = seed
        self._seeded = sorted(Seeding(seed).rows(connections, users), key=_order)
        self.restore()

    def restore(self) -> None:
        """Back to what the seed drew."""
        self._draw = Seeding(self._seed + 1)
        self._rows: list[Connection] = []
        self._users: _Index = defaultdict(list)
        self._vehicles: _Index = defaultdict(list)
        self._modes: _Index = defaultdict(list)
        self._external: _Index = defaultdict(list)
        self._ids: dict[str, Connection] = {}
        self._remembered: dict[Pair, Connection] = {}
        self._purged: set[str] = set()
        self._lingering: dict[str, float] = {}
        self._latest_ms = self._seeded[0].connected_ms if self._seeded else 0
        for row in self._seeded:
            for index in self._lists(row):
                index.append(row)
            self._ids[row.connection_id] = row
            self._remembered[row.pair] = row

    @property
    def connections(self) -> Sequence[Connection]:
        """Those that exist, newest first; a copy."""
        with self.lock:
            return tuple(self.existing())

    @property
    def count(self) -> int:
        self._forget_lingering()
        return len(self._rows) - len(self._lingering)

    def matching(
        self, *, user_id: str = "", vehicle_id: str = "", mode: str = "", external_id: str = ""
    ) -> Sequence[Connection]:
        """What a list shows, newest first; the empty text filters nothing. Not to be changed or kept."""
        self._forget_lingering()
        if user_id or vehicle_id or external_id:
            narrow = min(self._candidates(user_id, vehicle_id, external_id), key=len)
            return [
                row
                for row in narrow
                if user_id in ("", row.user_id)
                and vehicle_id in ("", row.vehicle_id)
                and mode in ("", row.mode)
                and external_id in ("", row.external_id)
            ]
        return self._modes.get(mode, []) if mode else self._rows

    def existing(self, *, user_id: str = "", vehicle_id: str = "") -> list[Connection]:
        """As `matching`, without those already deleted that lists still show."""
        rows = self.matching(user_id=user_id, vehicle_id=vehicle_id)
        return [row for row in rows if row.connection_id not in self._lingering]

    def shown(self, connection_id: str) -> Connection | None:
        self._forget_lingering()
        return self._ids.get(connection_id)

    def exists(self, row: Connection) -> bool:
        return row.connection_id in self._ids and row.connection_id not in self._lingering

    def remove(self, rows: Iterable[Connection], *, visible_for: float = 0) -> tuple[Pair, ...]:
        """Delete; with `visible_for` seconds, lists go on showing them for so long."""
        removed = [row for row in rows if self.exists(row)]
        for row in removed:
            self._lingering[row.connection_id] = time.monotonic() + visible_for
        self._forget_lingering()
        return tuple(row.pair for row in removed)

    def knows(self, user_id: str) -> bool:
        """A user who was ever connected stays one, until they are purged."""
        return user_id in self._users and user_id not in self._purged

    def forget(self, user_id: str) -> None:
        """Purge: unknown from now on, unless they connect again."""
        self._purged.add(user_id)

    def reconnect(self, user_id: str, vehicle_id: str) -> Connection:
        """The owner connects again: same pair, another connection. LookupError if the pair never existed."""
        earlier = self._remembered.get((user_id, vehicle_id))
        if earlier is None:
            raise LookupError("this user and vehicle were never connected")
        now = self._next_ms()
        connection_id = self._draw.connection_id()
        return self._add(replace(earlier, connection_id=connection_id, connected_ms=now, updated_ms=now, is_old=False))

    def connect(self, **fields: object) -> Connection:
        """A new connection; what is not given is drawn. ValueError if the pair is connected already."""
        now = self._next_ms()
        mode = fields.get("mode")
        row = self._draw.row(self._draw.owner(), self._draw.car(mode if isinstance(mode, str) else None), now)
        row = replace(row, updated_ms=now, **fields)  # type: ignore[arg-type]  # `control` has checked names and types
        if self.existing(user_id=row.user_id, vehicle_id=row.vehicle_id):
            raise ValueError("this user and vehicle are connected already")
        return self._add(row)

    def _candidates(self, user_id: str, vehicle_id: str, external_id: str) -> list[list[Connection]]:
        wanted = ((self._users, user_id), (self._vehicles, vehicle_id), (self._external, external_id))
        return [index.get(key, []) for index, key in wanted if key]

    def _lists(self, row: Connection) -> list[list[Connection]]:
        lists = [self._rows, self._users[row.user_id], self._vehicles[row.vehicle_id], self._modes[row.mode]]
        return [*lists, self._external[row.external_id]] if row.external_id else lists

    def _add(self, row: Connection) -> Connection:
        # A pair is connected once: what exists of it, or is still shown, makes way.
        self._drop(list(self.matching(user_id=row.user_id, vehicle_id=row.vehicle_id)))
        for index in self._lists(row):
            insort(index, row, key=_order)
        self._ids[row.connection_id] = row
        self._remembered[row.pair] = row
        self._purged.discard(row.user_id)
        return row

    def _drop(self, rows: Iterable[Connection]) -> None:
        for row in rows:
            for index in self._lists(row):
                del index[bisect_left(index, row.order, key=_order)]
            del self._ids[row.connection_id]
            self._lingering.pop(row.connection_id, None)

    def _forget_lingering(self) -> None:
        if self._lingering:
            now = time.monotonic()
            self._drop([self._ids[key] for key, until in list(self._lingering.items()) if until <= now])

    def _next_ms(self) -> int:
        """Later than every connection there ever was, whatever the clock says: a new one is the newest."""
        self._latest_ms = max(time.time_ns() // 1_000_000, self._latest_ms + 1)
        return self._latest_ms


def after(rows: Sequence[Connection], connected_ms: int, connection_id: str) -> int:
    """Where the rows behind a place begin, whether or not the row at that place still exists."""
    return bisect_right(rows, (-connected_ms, connection_id), key=_order)
