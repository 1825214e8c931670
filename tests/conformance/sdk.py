"""
Smartcar's own SDKs as the tests drive them: each in a process of its own, a line of JSON for a call.

A process, because both read the origin from the environment, Python's while it
is imported; and because that way one test speaks to both.
"""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ORIGIN = "SMARTCAR_MANAGEMENT_API_ORIGIN"

Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What an SDK made of an answer: a list, or what a delete removed."""

    pairs: list[Pair]
    connected_at: list[str | None]
    cursor: str | None
    request_id: str | None


class SDKError(Exception):
    """What an SDK raised: its class and what it made of the answer."""

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(fields["message"])
        self.kind: str = fields["class"]
        self.message: str = fields["message"]
        self.type: str | None = fields.get("type")
        self.code: str | None = fields.get("code")
        self.status: int | None = fields.get("status")
        self.request_id: str | None = fields.get("request_id")
        self.description: str | None = fields.get("description")
        self.doc_url: str | None = fields.get("doc_url")
        self.detail: list[dict[str, str]] | None = fields.get("detail")
        self.retry_after: str | None = fields.get("retry_after")


class SDK:
    def __init__(self, name: str, command: Sequence[str], origin: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            command, env={**os.environ, ORIGIN: origin}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __repr__(self) -> str:
        return self.name

    def list(self, token: str = "a-token", *, limit: int = 100, cursor: str | None = None, **ids: str) -> Listing:
        paging = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        return self._call({"call": "list", "token": token, "filter": ids, "paging": paging})

    def delete(self, token: str = "a-token", **ids: str) -> Listing:
        return self._call({"call": "delete", "token": token, "filter": ids})

    def close(self) -> None:
        self._process.communicate(timeout=10)

    def _call(self, call: dict[str, Any]) -> Listing:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the SDK's process has no pipes")
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise SDKError(answer["error"])
        rows = answer["connections"]
        return Listing(
            pairs=[(row["user_id"], row["vehicle_id"]) for row in rows],
            connected_at=[row["connected_at"] for row in rows],
            cursor=answer["cursor"],
            request_id=answer["request_id"],
        )
