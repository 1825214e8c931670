"""Access tokens: minted once, kept, renewed early, and what their refusal means."""

import threading
import time
from typing import Any
from urllib.parse import parse_qs

import pytest

from connections.smartcar.client import ConnectionsAPI, Credentials, Origins, Smartcar
from connections.smartcar.errors import (
    AuthenticationFailed,
    RateLimited,
    Refused,
    ServerFailed,
    SmartcarError,
    Unreadable,
)
from connections.smartcar.types import Connection
from tests.smartcar.material import CLIENT_SECRET, CONNECTION, LIVE, Clock, MakeSmartcar, v3_list
from tests.smartcar.scripted import Reply, ScriptedServer, json_reply, reply, token_reply

EMPTY = json_reply(200, v3_list())


@pytest.fixture
def fresh(make_smartcar: MakeSmartcar, server: ScriptedServer, clock: Clock) -> ConnectionsAPI:
    """Without a token yet, on a clock that moves when told."""
    return make_smartcar(server.url, "v3", clock=clock).api


def bearers(server: ScriptedServer) -> list[str]:
    return [seen.headers["authorization"] for seen in server.requests if seen.path.startswith("/v3")]


def test_a_token_is_asked_for_in_a_form_and_then_kept(fresh: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(token_reply("one"), EMPTY, EMPTY)

    fresh.page(LIVE, limit=10)
    fresh.page(LIVE, limit=10)

    mint = server.requests[0]
    assert (mint.method, mint.path) == ("POST", "/oauth2/token")
    assert mint.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(mint.body) == {
        "grant_type": ["client_credentials"],
        "client_id": ["client_tests"],
        "client_secret": [CLIENT_SECRET],
    }
    assert bearers(server) == ["Bearer one", "Bearer one"]


@pytest.mark.parametrize(
    ("expires_in", "kept", "renewed"),
    [
        (3600, 3539, 3541),
        ("3600", 3539, 3541),
        (100, 89, 91),
        (None, 269, 271),
        (-1, 269, 271),
        (True, 269, 271),
    ],
)
def test_a_token_is_renewed_before_it_ends(
    *,
    fresh: ConnectionsAPI,
    server: ScriptedServer,
    clock: Clock,
    expires_in: object,
    kept: float,
    renewed: float,
) -> None:
    server.script(token_reply("one", expires_in=expires_in), EMPTY, EMPTY, token_reply("two"), EMPTY)
    start = clock.now

    fresh.page(LIVE, limit=10)
    clock.now = start + kept
    fresh.page(LIVE, limit=10)
    clock.now = start + renewed
    fresh.page(LIVE, limit=10)

    assert bearers(server) == ["Bearer one", "Bearer one", "Bearer two"]


def test_a_read_mints_anew_once_when_its_token_is_not_accepted(fresh: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(token_reply("one"), reply(401), token_reply("two"), EMPTY)

    fresh.page(LIVE, limit=10)

    assert bearers(server) == ["Bearer one", "Bearer two"]


def test_a_second_refusal_is_told(fresh: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(token_reply("one"), reply(401), token_reply("two"), reply(401))

    with pytest.raises(AuthenticationFailed):
        fresh.page(LIVE, limit=10)

    assert len(server.requests) == 4


def test_a_delete_is_not_sent_again_with_another_token(
    fresh: ConnectionsAPI, server: ScriptedServer, connection: Connection
) -> None:
    server.script(token_reply("one"), reply(401), token_reply("two"), reply(204))

    with pytest.raises(AuthenticationFailed) as caught:
        fresh.delete_connection(connection)

    assert not caught.value.may_have_been_applied
    assert len(server.with_method("DELETE")) == 1
    fresh.delete_connection(connection)
    assert bearers(server) == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize(
    "refusal",
    [
        json_reply(401, {"error": "invalid_client", "error_description": "no such client"}),
        json_reply(400, {"error": "invalid_client"}),
        reply(401),
    ],
)
def test_refused_credentials_are_named(fresh: ConnectionsAPI, server: ScriptedServer, refusal: Reply) -> None:
    server.script(refusal)

    with pytest.raises(AuthenticationFailed, match="SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET") as caught:
        fresh.page(LIVE, limit=10)

    assert caught.value.generation is None
    assert CLIENT_SECRET not in str(caught.value)


def test_a_uuid_as_client_id_is_told_as_the_usual_mistake(server: ScriptedServer) -> None:
    server.script(json_reply(401, {"error": "invalid_client"}))
    smartcar = Smartcar(
        Credentials(client_id="8229df9f-91a0-4ff0-a1ae-a1f38ee24d07", client_secret=CLIENT_SECRET),
        Origins(management=server.url, vehicle=server.url, iam=server.url),
    )

    with pytest.raises(AuthenticationFailed, match="Application ID"):
        smartcar.api.page(LIVE, limit=10)
    smartcar.close()


@pytest.mark.parametrize("status", [400, 404, 410, 418])
def test_another_refusal_is_never_taken_for_one_of_a_connection(
    fresh: ConnectionsAPI, server: ScriptedServer, status: int
) -> None:
    """A caller takes a 404 for a connection that is gone, and a 400 for a cursor that has expired."""
    words = f"grant_type missing, secret {CLIENT_SECRET}"
    server.script(json_reply(status, {"error": "invalid_request", "error_description": words}))

    with pytest.raises(Refused, match="grant_type missing") as caught:
        fresh.connection(CONNECTION)

    assert type(caught.value) is Refused
    assert (caught.value.code, caught.value.status) == ("invalid_request", status)
    assert CLIENT_SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 7},
        {"access_token": "two words"},
        {"access_token": "line\r\nfeed"},
        {"access_token": "schlüssel"},
    ],
)
def test_an_answer_without_a_token_is_unreadable(fresh: ConnectionsAPI, server: ScriptedServer, content: Any) -> None:
    server.script(json_reply(200, content))

    with pytest.raises(Unreadable):
        fresh.page(LIVE, limit=10)

    assert len(server.requests) == 1


def test_a_passing_failure_of_the_token_host_is_overcome(fresh: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(reply(502), token_reply("one"), EMPTY)

    fresh.page(LIVE, limit=10)

    assert bearers(server) == ["Bearer one"]


def test_after_a_failure_the_next_call_tries_again(fresh: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(reply(429), token_reply("one"), EMPTY)

    with pytest.raises(RateLimited):
        fresh.page(LIVE, limit=10)
    fresh.page(LIVE, limit=10)

    assert bearers(server) == ["Bearer one"]


def in_threads(count: int, api: ConnectionsAPI) -> list[SmartcarError | None]:
    outcomes: list[SmartcarError | None] = []

    def read() -> None:
        try:
            api.page(LIVE, limit=10)
        except SmartcarError as error:
            outcomes.append(error)
        else:
            outcomes.append(None)

    threads = [threading.Thread(target=read) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def slow(answer: Reply) -> Reply:
    """Long enough for every thread to come and wait."""
    return Reply(answer.data, drip=0.3 / len(answer.data))


def test_threads_that_need_a_token_at_once_mint_one(fresh: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(slow(token_reply("one")))
    server.otherwise = EMPTY

    assert in_threads(8, fresh) == [None] * 8
    assert len(server.with_method("POST")) == 1
    assert set(bearers(server)) == {"Bearer one"}


def test_threads_that_wait_for_a_token_share_its_failure(fresh: ConnectionsAPI, server: ScriptedServer) -> None:
    """Else each of them would wait in turn for a token host that is down."""
    server.script(slow(reply(500)), reply(500), reply(500))
    server.otherwise = token_reply("late")
    started = time.monotonic()

    assert {type(outcome) for outcome in in_threads(8, fresh)} == {ServerFailed}
    assert len(server.requests) == 3
    assert time.monotonic() - started < 5
