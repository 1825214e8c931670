"""
The allowance of requests: a bucket of 120 that refills at two a minute, per application.

Documented by Smartcar; whether all its hosts share one bucket is not known, so
all requests are counted in one. Only arithmetic and the interface are here: who
keeps the count is not this package's business.
"""

from dataclasses import dataclass
from typing import Protocol

# Seconds: sums of many small parts are not exact.
_SLACK = 0.001


class Allowance(Protocol):
    """Asked by the transport. A DELETE is paid for by whoever commits to it, before that."""

    def spend(self) -> None:
        """Pay for a request that is about to leave. Raises `AllowanceSpent` if it may not."""

    def count(self) -> None:
        """Pay for a request that leaves in any case: without an access token nothing else can."""

    def refused(self, retry_after: float | None) -> None:
        """Smartcar answered 429, and perhaps in how many seconds it wants to hear from us again."""


class Unlimited:
    """Counts nothing."""

    def spend(self) -> None: ...

    def count(self) -> None: ...

    def refused(self, retry_after: float | None) -> None: ...


UNLIMITED = Unlimited()


@dataclass(frozen=True, slots=True)
class Bucket:
    """
    Holds `capacity` requests and gets `refill_per_minute` back.

    Its whole state is one moment: when it will be full. Moments are seconds
    since 1970.
    """

    capacity: int
    refill_per_minute: int

    @property
    def step(self) -> float:
        """Seconds in which one request comes back."""
        return 60 / self.refill_per_minute

    def left(self, full_at: float, now: float) -> int:
        """Whole requests in it."""
        missing = max(0.0, full_at - now - _SLACK) / self.step
        return max(0, int(self.capacity - missing))

    def latest(self, now: float, floor: int) -> float:
        """One may be taken, with `floor` left in it, if it will be full by then."""
        return now + (self.capacity - floor - 1) * self.step + _SLACK

    def opens_at(self, full_at: float, floor: int) -> float:
        """When one may be taken with `floor` left in it."""
        return full_at - (self.capacity - floor - 1) * self.step

    def furthest(self, now: float) -> float:
        """An empty one is full by then: what lies beyond was written before the clock was set back."""
        return now + self.capacity * self.step + _SLACK
