"""What goes over the wire: a request as it was read, an answer before it is sent. No state, no routes."""

import json
import re
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

JSON = "application/json"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

Pair = tuple[str, str]


class Generation(StrEnum):
    """Which of Smartcar's three hosts a path belongs to."""

    V2 = "v2"
    V3 = "v3"
    TOKEN = "token"  # noqa: S105 - the name of a host, not a secret


class Call(StrEnum):
    READ = "read"
    DELETE = "delete"
    TOKEN = "token"  # noqa: S105 - the name of a call, not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def generation(self) -> Generation:
        if self.path.startswith("/oauth2/"):
            return Generation.TOKEN
        return Generation.V3 if re.match(r"/v3(/|$)", self.path) else Generation.V2

    @property
    def call(self) -> Call:
        if self.generation is Generation.TOKEN:
            return Call.TOKEN
        return Call.DELETE if self.method == "DELETE" else Call.READ

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Decoded, so that `filter[userId]` and `filter%5BuserId%5D` are one name (C)."""
        return parse_qsl(self.query, keep_blank_values=True)

    @property
    def origin(self) -> str:
        return f"http://{self.headers.get('host', '127.0.0.1')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str | None = JSON
    headers: tuple[tuple[str, str], ...] = ()
    removed: tuple[Pair, ...] = ()  # what this call really removed, whatever the body says


def json_answer(status: int, payload: Any, *, removed: tuple[Pair, ...] = ()) -> Answer:
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    return Answer(status=status, body=body, removed=removed)


def is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None
