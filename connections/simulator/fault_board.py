"""Which faults are on, for how many calls, and which of them a request meets."""

import re
from dataclasses import dataclass
from typing import Any

from connections.simulator.faults import CATALOGUE, Fault
from connections.simulator.wire import Generation, Request

_SPELLING = re.compile(r"([a-z0-9-]+)(?::([0-9]{1,6}))?(?:@([0-9]{1,6}(?:\.[0-9]{1,3})?))?")
_LONGEST_SECONDS = 24 * 3600


class FaultError(ValueError):
    """No such fault, or it cannot be switched on that way; the message says what can."""


@dataclass(slots=True, kw_only=True)
class ActiveFault:
    fault: Fault
    times: int | None  # None: until cleared
    method: str | None
    generation: str | None
    seconds: float

    def meets(self, request: Request) -> bool:
        return (
            self.times != 0
            and request.call in self.fault.calls
            and request.generation in self.fault.generations
            and self.method in (None, request.method)
            and self.generation in (None, request.generation)
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.fault.name,
            "times": self.times,
            "method": self.method,
            "generation": self.generation,
            "seconds": self.seconds,
        }


class FaultBoard:
    def __init__(self) -> None:
        self._active: list[ActiveFault] = []

    def add(
        self,
        name: str,
        *,
        times: int | None = None,
        method: str | None = None,
        generation: str | None = None,
        seconds: float | None = None,
    ) -> ActiveFault:
        fault = CATALOGUE.get(name)
        if fault is None:
            raise FaultError(f"There is no fault {name!r}. There are: {', '.join(CATALOGUE)}.")
        if times is not None and times < 1:
            raise FaultError("times must be a whole number above zero.")
        if seconds is not None and not 0 <= seconds <= _LONGEST_SECONDS:
            raise FaultError(f"seconds must be from 0 to {_LONGEST_SECONDS}.")
        if generation is not None and generation not in list(Generation):
            raise FaultError(f"generation must be one of {', '.join(Generation)}.")
        active = ActiveFault(
            fault=fault,
            times=times,
            method=method.upper() if method else None,
            generation=generation,
            seconds=fault.seconds if seconds is None else seconds,
        )
        self._active.append(active)
        return active

    def add_spelled(self, text: str) -> ActiveFault:
        """As on the command line: `NAME`, `NAME:times`, `NAME@seconds` or `NAME:times@seconds`."""
        match = _SPELLING.fullmatch(text)
        if match is None:
            raise FaultError(f"{text!r} is not NAME, NAME:times or NAME:times@seconds.")
        name, times, seconds = match.groups()
        return self.add(name, times=int(times) if times else None, seconds=float(seconds) if seconds else None)

    def clear(self) -> None:
        self._active.clear()

    def as_json(self) -> list[dict[str, Any]]:
        return [active.as_json() for active in self._active]

    def met_by(self, request: Request) -> list[ActiveFault]:
        """All twists and the first other fault, since an answer is spoiled only once; uses them up."""
        met = [active for active in self._active if active.meets(request)]
        spoiling = [active for active in met if not active.fault.is_twist][:1]
        used = [active for active in met if active.fault.is_twist] + spoiling
        for active in used:
            if active.times is not None:
                active.times -= 1
        self._active = [active for active in self._active if active.times != 0]
        return used
