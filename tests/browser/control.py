"""The levers of the demo's simulator, pulled from outside over HTTP."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import requests


@dataclass(frozen=True, slots=True)
class Pair:
    """A connection by its two ids, and where the dashboard shows it."""

    user_id: str
    vehicle_id: str

    @property
    def page(self) -> str:
        return f"/connections/{self.user_id}/{self.vehicle_id}/"

    @property
    def table(self) -> str:
        """The table with this user's connections alone, read for the first time."""
        return f"/connections/?user_id={self.user_id}&mode=live"

    @property
    def row(self) -> str:
        """The row's CSS selector."""
        return f'tr:has(a[href^="{self.page}"])'


class Control:
    def __init__(self, simulator: str) -> None:
        self._url = f"{simulator}/__simulator__"

    def connect(self, user_id: str = "", **fields: Any) -> Pair:
        """A new live connection, of a user nobody has looked at yet if none is named."""
        pair = Pair(user_id or str(uuid4()), str(uuid4()))
        self._call("POST", "connect", mode="live", user_id=pair.user_id, vehicle_id=pair.vehicle_id, **fields)
        return pair

    def reconnect(self, pair: Pair) -> None:
        """The owner connects the same car again."""
        self._call("POST", "reconnect", user_id=pair.user_id, vehicle_id=pair.vehicle_id)

    def fault(self, name: str, **fields: Any) -> None:
        self._call("POST", "faults", name=name, **fields)

    def clear(self) -> None:
        """Switch every fault off."""
        self._call("DELETE", "faults")

    def deletes(self, pair: Pair) -> list[dict[str, Any]]:
        """The journal's entries of what removed this pair."""
        removed = {"user_id": pair.user_id, "vehicle_id": pair.vehicle_id}
        return [entry for entry in self._call("GET", "requests")["requests"] if removed in entry["removed"]]

    def request_ids(self) -> re.Pattern[str]:
        """Any of those Smartcar answered with lately; the last of all may have been the worker's."""
        lately = self._call("GET", "requests")["requests"][-20:]
        return re.compile("|".join(str(entry["request_id"]) for entry in lately))

    def _call(self, verb: str, lever: str, /, **fields: Any) -> Any:
        answer = requests.request(verb, f"{self._url}/{lever}", json=fields, timeout=10)
        assert answer.ok, answer.text
        return answer.json()
