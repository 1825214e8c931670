"""One request to Smartcar and the answer to it, free of any HTTP library."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connections.smartcar.errors import Exchange
from connections.smartcar.types import Generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """
    What is asked, of which generation (None is the token host).

    `secrets` are struck out should the answer quote them.
    """

    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    generation: Generation | None = None
    authorization: str | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def exchange(self) -> Exchange:
        """What an error can say of it before there is an answer."""
        return Exchange(method=self.method, generation=self.generation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer of whatever status, its body not yet looked at."""

    request: Request
    status: int
    body: bytes
    request_id: str | None
    retry_after: str | None
    milliseconds: int

    def exchange(self) -> Exchange:
        """What an error can say of it."""
        return Exchange(
            method=self.request.method,
            generation=self.request.generation,
            status=self.status,
            request_id=self.request_id,
        )
