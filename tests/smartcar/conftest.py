"""Clients of either generation, pointed at a scripted server."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from connections.smartcar.client import ConnectionsAPI, Credentials, Origins, Smartcar
from connections.smartcar.transport import Timeouts
from connections.smartcar.types import Connection, PairScope
from tests.smartcar.material import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONNECTION,
    LIVE,
    MANAGEMENT_TOKEN,
    USER,
    VEHICLE,
    Clock,
    MakeSmartcar,
    Naps,
    v3_list,
)
from tests.smartcar.scripted import ScriptedServer, json_reply, token_reply


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def make_smartcar(naps: Naps) -> Iterator[MakeSmartcar]:
    """Builds clients whose pauses take no time, and closes them."""
    with ExitStack() as stack:

        def make(url: str, api: str = "v2", **options: Any) -> Smartcar:
            patient: dict[str, Any] = {"timeouts": Timeouts(connect=2, read=2, total=5), "sleep": naps}
            smartcar = Smartcar(
                Credentials(management_token=MANAGEMENT_TOKEN, client_id=CLIENT_ID, client_secret=CLIENT_SECRET),
                Origins(management=url, vehicle=url, iam=url),
                api,
                **(patient | options),
            )
            stack.callback(smartcar.close)
            return smartcar

        yield make


@pytest.fixture
def v2(make_smartcar: MakeSmartcar, server: ScriptedServer) -> ConnectionsAPI:
    return make_smartcar(server.url, "v2").api


@pytest.fixture
def v3(make_smartcar: MakeSmartcar, server: ScriptedServer) -> ConnectionsAPI:
    """With an access token in hand already, so that a script holds answers about connections only."""
    api = make_smartcar(server.url, "v3").api
    server.script(token_reply(), json_reply(200, v3_list()))
    api.page(LIVE, limit=1)
    server.requests.clear()
    return api


@pytest.fixture
def pair() -> PairScope:
    return PairScope(USER, VEHICLE)


@pytest.fixture
def connection() -> Connection:
    return Connection(user_id=USER, vehicle_id=VEHICLE, connection_id=CONNECTION)
