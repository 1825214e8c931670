"""Whom the faults strike: for each deed a user of its own, so that no deed disturbs another."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client

from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import delete, fields
from tests.faults.settling import Pair


@dataclass(frozen=True, slots=True)
class Subject:
    """A user with connections, and what of them is to be revoked."""

    user_id: str
    rows: tuple[Connection, ...]
    is_whole_user: bool

    @property
    def url(self) -> str:
        if self.is_whole_user:
            return f"/users/{self.user_id}/connections/"
        return f"/connections/{self.user_id}/{self.rows[0].vehicle_id}/"

    @property
    def ids(self) -> dict[Pair, str]:
        return {row.pair: row.connection_id for row in self.rows}

    def look(self, client: Client) -> dict[str, str]:
        """Open the form; the fields that revoke exactly what it shows."""
        page = client.get(f"{self.url}revoke/")
        assert page.status_code == 200, page.text
        shown = re.search(r'name="preview" value="([0-9a-f]{64})"', page.text)
        assert shown is not None, page.text
        confirm = {"confirm": self.user_id[:8]} if self.is_whole_user else {}
        return fields(shown[1], **confirm)

    def revoke(self, client: Client) -> HttpResponse:
        """Look and send."""
        return self.send(client, self.look(client))

    def send(self, client: Client, filled_in: dict[str, str]) -> HttpResponse:
        return delete(client, self.url, filled_in)


def one_connection(simulator: Simulator) -> Subject:
    return _subject(simulator, 1, is_whole_user=False)


def all_of_a_user(simulator: Simulator, connections: int = 3) -> Subject:
    return _subject(simulator, connections, is_whole_user=True)


def _subject(simulator: Simulator, connections: int, *, is_whole_user: bool) -> Subject:
    user = str(uuid4())
    # One of them simulated, so that v3 reads both modes.
    modes = ["live"] * (connections - 1) + ["simulated" if connections > 1 else "live"]
    given: Any = {"user_id": user}
    rows = [simulator.connect(**given, vehicle_id=str(uuid4()), mode=mode) for mode in modes]
    return Subject(user, tuple(rows), is_whole_user)
