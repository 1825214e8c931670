"""The rate limit: one bucket that every authenticated call spends from (D; that the hosts share it: ?)."""

import time


class Bucket:
    """`capacity` requests that refill at `refill_per_minute`; a capacity of None never runs dry until it is set to."""

    def __init__(self, capacity: int | None, refill_per_minute: float) -> None:
        self.capacity = capacity
        self._refill_per_second = refill_per_minute / 60
        self._level: float | None = capacity
        self._seen = time.monotonic()

    @property
    def level(self) -> float | None:
        """Requests left now; None when unlimited."""
        if self._level is None:
            return None
        now = time.monotonic()
        self._level = self._capped(self._level + (now - self._seen) * self._refill_per_second)
        self._seen = now
        return self._level

    def take(self) -> bool:
        """Spend one request; False when there is none."""
        level = self.level
        if level is None:
            return True
        if level < 1:
            return False
        self._level = level - 1
        return True

    def fill_to(self, level: float) -> None:
        """Also limits a bucket that was unlimited, until it is filled again."""
        self._level = self._capped(max(0.0, level))
        self._seen = time.monotonic()

    def fill(self) -> None:
        self._level = self.capacity
        self._seen = time.monotonic()

    def _capped(self, level: float) -> float:
        return level if self.capacity is None else min(level, self.capacity)
