"""The token host, and which bearer tokens v3 takes."""

import time
from uuid import uuid4

import pytest

from connections.simulator.server import Simulator
from tests.simulator.calls import Calls


def test_a_form_mints_a_bearer_token_for_an_hour(calls: Calls) -> None:
    body = calls.token().json()
    assert (body.keys(), body["token_type"]) == ({"access_token", "token_type", "expires_in"}, "Bearer")
    assert body["expires_in"] == 3600


def test_json_mints_one_too(calls: Calls) -> None:
    asked = {"grant_type": "client_credentials", "client_id": "client_a", "client_secret": "s"}
    assert calls.send("POST", "/oauth2/token", json=asked).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"client_id": str(uuid4())}, 401, "invalid_client"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "invalid_request"),
    ],
)
def test_refusals_are_in_oauth_form(calls: Calls, fields: dict[str, str], status: int, error: str) -> None:
    answer = calls.token(**fields)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"client_id":"\\ud800"}'])
def test_a_body_that_cannot_be_read_is_refused(calls: Calls, body: bytes) -> None:
    answer = calls.send("POST", "/oauth2/token", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_given_credentials_are_compared_strictly() -> None:
    with Simulator(connections=1, client_id="client_one", client_secret="right") as simulator:
        calls = Calls(simulator)
        statuses = [
            calls.token(client_secret="right").status_code,
            calls.token(client_secret="wrong").status_code,
            calls.token(client_id="client_two", client_secret="right").status_code,
        ]
        calls.close()
    assert statuses == [200, 401, 401]


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer never-minted", "Basic x"])
def test_v3_takes_only_tokens_it_minted(calls: Calls, authorization: str) -> None:
    answer = calls.send("GET", "/v3/connections", headers={"Authorization": authorization})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["type"], error["code"]) == (401, "AUTHENTICATION", "UNAUTHORIZED")


def test_a_token_ends_with_its_lifetime() -> None:
    with Simulator(connections=1, token_lifetime=0.2) as simulator:
        calls = Calls(simulator)
        young = calls.v3().status_code
        time.sleep(0.25)
        old = calls.v3().status_code
        calls.close()
    assert (young, old) == (200, 401)


def test_expired_tokens_are_refused_until_another_is_minted(simulator: Simulator, calls: Calls) -> None:
    calls.v3()
    simulator.expire_tokens()
    refused = calls.v3().status_code
    calls.forget_bearer()
    assert (refused, calls.v3().status_code) == (401, 200)
