"""Whom the faults strike: for each deed users and vehicles of its own, so that no deed disturbs another."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client

from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import delete, fields
from tests.faults.settling import Pair


@dataclass(frozen=True, slots=True)
class Subject:
    """Connections to be revoked at once, where that is done, and what is to be typed for it."""

    url: str
    rows: tuple[Connection, ...]
    confirm: str = ""
    needs_second_person: bool = False
    form: str = "revoke/"

    @property
    def ids(self) -> dict[Pair, str]:
        return {row.pair: row.connection_id for row in self.rows}

    def look(self, client: Client) -> dict[str, str]:
        """Open the form; the fields that revoke exactly what it shows."""
        page = client.get(f"{self.url}{self.form}")
        assert page.status_code == 200, page.text
        shown = re.search(r'name="preview" value="([0-9a-f]{64})"', page.text)
        assert shown is not None, page.text
        return fields(shown[1], confirm=self.confirm)

    def revoke(self, client: Client, **changes: str) -> HttpResponse:
        """Look and send, with these fields otherwise than usual."""
        return self.send(client, self.look(client) | changes)

    def send(self, client: Client, filled_in: dict[str, str]) -> HttpResponse:
        return delete(client, self.url, filled_in)


def one_connection(simulator: Simulator) -> Subject:
    [row] = _rows(simulator, [str(uuid4())], [str(uuid4())])
    return Subject(f"/connections/{row.user_id}/{row.vehicle_id}/", (row,))


def all_of_a_user(simulator: Simulator, connections: int = 3) -> Subject:
    user = str(uuid4())
    rows = _rows(simulator, [user] * connections, [str(uuid4()) for _ in range(connections)])
    return Subject(f"/users/{user}/connections/", rows, user[:8])


def a_purge(simulator: Simulator, connections: int = 3) -> Subject:
    """Of the user as a whole, whose form and deed have the same address."""
    user = str(uuid4())
    rows = _rows(simulator, [user] * connections, [str(uuid4()) for _ in range(connections)])
    return Subject(f"/users/{user}/purge/", rows, user[:8], form="")


def a_vehicle_for_all(simulator: Simulator, users: int = 3) -> Subject:
    vehicle = str(uuid4())
    rows = _rows(simulator, [str(uuid4()) for _ in range(users)], [vehicle] * users)
    return Subject(f"/vehicles/{vehicle}/connections/", rows, vehicle[:8], needs_second_person=True)


Made = Callable[[Simulator], Subject]

# Every scope: one for each way in which Smartcar is asked.
SCOPES: tuple[Made, ...] = (one_connection, all_of_a_user, a_vehicle_for_all, a_purge)


def _rows(simulator: Simulator, users: list[str], vehicles: list[str]) -> tuple[Connection, ...]:
    # One of several simulated, so that v3 reads both modes.
    modes = ["live"] * (len(users) - 1) + ["simulated" if len(users) > 1 else "live"]
    pairs = zip(users, vehicles, modes, strict=True)
    return tuple(simulator.connect(user_id=user, vehicle_id=vehicle, mode=mode) for user, vehicle, mode in pairs)
