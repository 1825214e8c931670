"""One request's turn: what a route is given to work with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connections.simulator.errors import Kind, Refusal
from connections.simulator.rows import Connection
from connections.simulator.wire import Pair, Request, is_uuid
from connections.simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    request: Request
    world: World
    applies: bool = True  # False: a fault strikes before anything is done
    twists: Mapping[str, float] = field(default_factory=dict)  # fault name → its seconds

    def remove(self, rows: Iterable[Connection]) -> tuple[Pair, ...]:
        if not self.applies:
            return ()
        return self.world.remove(rows, visible_for=self.twists.get("delayed-visibility", 0))

    def purge(self, user_id: str) -> tuple[Pair, ...]:
        """The user with all of their connections, which are what it gives."""
        if self.applies:
            self.world.forget(user_id)
        return self.remove(self.world.existing(user_id=user_id))


class Parameters:
    """A query, read strictly: what is wrong is collected, so that one refusal names it all."""

    def __init__(self, request: Request) -> None:
        self.names = [name for name, _ in request.parameters]
        self._values = dict(request.parameters)
        self._wrong: list[dict[str, str]] = []
        for name in sorted({name for name in self.names if self.names.count(name) > 1}):
            self.refuse(name, "may be given once")

    def text(self, name: str) -> str:
        """The empty text when absent; present but empty is refused."""
        value = self._values.get(name)
        if value == "":
            self.refuse(name, "must not be empty")
        return value or ""

    def identifier(self, name: str) -> str:
        value = self.text(name)
        if value and not is_uuid(value):
            self.refuse(name, "must be a UUID")
        return value.lower()

    def choice(self, name: str, choices: tuple[str, ...], default: str = "") -> str:
        value = self.text(name) or default
        if value and value not in choices:
            self.refuse(name, f"must be one of {', '.join(choices)}")
        return value

    def number(self, name: str, *, default: int, highest: int) -> int:
        value = self.text(name) or str(default)
        # `isdecimal` alone would take digits of other scripts, and `int` underscores and signs.
        if not (value.isascii() and value.isdecimal() and len(value) < 10 and 1 <= int(value) <= highest):
            self.refuse(name, f"must be a whole number from 1 to {highest}")
            return default
        return int(value)

    def refuse(self, name: str, message: str) -> None:
        self._wrong.append({"field": name, "message": message})

    def check(self) -> None:
        """Raises the refusal if anything was wrong."""
        if self._wrong:
            raise Refusal(Kind.VALIDATION, detail=tuple(self._wrong))
