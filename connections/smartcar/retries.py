"""When a failed read is tried again, and after how long. Deletes never come here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from connections.smartcar.errors import AnswerLost, NotSent, RateLimited, ServerFailed, SmartcarError

T = TypeVar("T")

_PASSING = (NotSent, AnswerLost, ServerFailed, RateLimited)


@dataclass(frozen=True, slots=True)
class Retries:
    """
    Two repeats at most, since each spends from an allowance of two requests a minute.

    `jitter` answers between 0 and 1; it keeps threads that failed together from
    coming back together.
    """

    sleep: Callable[[float], None]
    jitter: Callable[[], float]

    # Seconds before each repeat.
    PAUSES: ClassVar[tuple[float, ...]] = (0.25, 1.0)
    # A person waits for the page: a longer wait is better told than sat out.
    LONGEST_PAUSE: ClassVar[float] = 5.0

    def run(self, attempt: Callable[[], T], *, remaining: Callable[[], float]) -> T:
        """What the attempt returns, repeated on passing failures while seconds remain."""
        for usual in self.PAUSES:
            try:
                return attempt()
            except _PASSING as error:
                pause = self._pause(error, usual)
                if pause is None or pause >= remaining():
                    raise
            self.sleep(pause)
        return attempt()

    def _pause(self, error: SmartcarError, usual: float) -> float | None:
        """Seconds to wait, or None where to come back would be useless."""
        asked = error.retry_after if isinstance(error, RateLimited | ServerFailed) else None
        if asked is None:
            return None if isinstance(error, RateLimited) else usual * (0.5 + self.jitter())
        if asked > self.LONGEST_PAUSE:
            return None
        return max(asked, usual) + usual * self.jitter()
