"""The levers over HTTP: faults, journal, state, the owner's own deeds, reset."""

from uuid import uuid4

import pytest

from connections.simulator.server import Simulator
from tests.simulator.calls import MANAGEMENT_TOKEN, Calls


def test_a_fault_is_posted_listed_and_deleted(calls: Calls) -> None:
    posted = calls.control("POST", "faults", name="server-error", times=3, method="get", generation="v2")
    assert posted.json() == {
        "name": "server-error", "times": 3, "method": "GET", "generation": "v2", "seconds": 0,
    }  # fmt: skip
    assert calls.v2().status_code == 500
    assert calls.control("GET", "faults").json()["faults"][0]["times"] == 2
    calls.control("DELETE", "faults")
    assert calls.v2().ok


@pytest.mark.parametrize(
    "fields",
    [{}, {"name": "nope"}, {"name": "hang", "times": 0}, {"name": "hang", "times": "1"},
     {"name": "hang", "times": True}, {"name": "hang", "generation": "v9"}, {"name": "hang", "colour": 1},
     {"name": 7}, {"name": "hang", "seconds": -1}],
)  # fmt: skip
def test_a_fault_that_cannot_be_is_refused_with_a_sentence(calls: Calls, fields: dict[str, object]) -> None:
    answer = calls.control("POST", "faults", **fields)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert calls.v2().ok


def test_the_journal_names_every_request_and_no_credentials(simulator: Simulator, calls: Calls) -> None:
    user_id, vehicle_id = simulator.world.connections[0].pair
    read, deleted = calls.v2(limit=5), calls.v2("DELETE", user_id=user_id, vehicle_id=vehicle_id)
    calls.v3()
    answer = calls.control("GET", "requests")
    first, second, token, v3 = answer.json()["requests"]
    assert (first["method"], first["query"], first["status"]) == ("GET", "limit=5", 200)
    assert first["request_id"] == read.headers["SC-Request-Id"]
    assert (first["applied"], first["removed"]) == (False, [])
    assert second["request_id"] == deleted.headers["SC-Request-Id"]
    assert second["removed"] == [{"user_id": user_id, "vehicle_id": vehicle_id}]
    assert second["applied"]
    assert (token["generation"], v3["generation"]) == ("token", "v3")
    assert MANAGEMENT_TOKEN not in answer.text
    assert calls.bearer not in answer.text


def test_the_journal_is_cleared(simulator: Simulator, calls: Calls) -> None:
    calls.v2()
    calls.control("DELETE", "requests")
    assert simulator.requests == []


def test_state_counts_what_matters(calls: Calls) -> None:
    calls.v2("DELETE")
    state = calls.control("GET", "state").json()
    assert state["connections"] == 300
    assert (state["deletes"], state["unscoped_deletes"]) == (1, 1)
    assert state["requests_by_generation"] == {"v2": 1, "v3": 0, "token": 0}


def test_reset_brings_everything_back(simulator: Simulator, calls: Calls) -> None:
    before = simulator.world.connections
    calls.control("POST", "connect")
    calls.v2("DELETE", user_id=before[0].user_id)
    simulator.fault("server-error")
    calls.control("POST", "reset")
    assert simulator.world.connections == before
    assert (simulator.requests, simulator.faults) == ([], [])
    assert calls.v2().ok


@pytest.mark.parametrize("before", ["deleted", "still connected"])
def test_reconnecting_makes_the_same_pair_a_newer_connection(simulator: Simulator, calls: Calls, before: str) -> None:
    earlier = simulator.world.connections[9]
    user_id, vehicle_id = earlier.pair
    if before == "deleted":
        calls.v2("DELETE", user_id=user_id, vehicle_id=vehicle_id)
    said = calls.control("POST", "reconnect", user_id=user_id, vehicle_id=vehicle_id).json()
    newest = simulator.world.connections[0]
    assert newest.pair == earlier.pair
    assert said["connection_id"] == newest.connection_id != earlier.connection_id
    assert newest.connected_ms > earlier.connected_ms
    assert calls.pairs(user_id=user_id, vehicle_id=vehicle_id) == [earlier.pair]
    assert len(simulator.world.connections) == 300


def test_reconnecting_replaces_what_lists_still_show(simulator: Simulator, calls: Calls) -> None:
    user_id, vehicle_id = simulator.world.connections[0].pair
    simulator.fault("delayed-visibility", seconds=60)
    calls.v2("DELETE", user_id=user_id, vehicle_id=vehicle_id)
    simulator.reconnect(user_id, vehicle_id)
    assert calls.pairs(user_id=user_id, vehicle_id=vehicle_id) == [(user_id, vehicle_id)]
    assert calls.v2("DELETE", user_id=user_id, vehicle_id=vehicle_id).json()["connections"]


def test_reconnecting_a_pair_that_never_was_is_not_found(calls: Calls) -> None:
    answer = calls.control("POST", "reconnect", user_id=str(uuid4()), vehicle_id=str(uuid4()))
    assert answer.status_code == 404


def test_connecting_adds_the_newest_row_with_the_given_fields(calls: Calls) -> None:
    user_id = str(uuid4())
    said = calls.control(
        "POST", "connect", user_id=user_id, mode="simulated", year=1999, permissions=["read_vin"]
    ).json()
    row = calls.v2(limit=1).json()["connections"][0]
    item = calls.v3(path=f"/v3/connections/{said['connection_id']}").json()["data"]
    assert (row["userId"], row["mode"], row["connectedAt"]) == (user_id, "simulated", said["connected_at"])
    assert item["attributes"]["permissions"] == ["read_vin"]
    assert str(item["attributes"]["vehicle"]["year"]) == "1999"


@pytest.mark.parametrize("fields", [{"mode": "x"}, {"year": "1"}, {"user_id": "1"}, {"colour": "red"}])
def test_connecting_with_bad_fields_is_refused(simulator: Simulator, calls: Calls, fields: dict[str, object]) -> None:
    assert calls.control("POST", "connect", **fields).status_code == 400
    assert len(simulator.world.connections) == 300


def test_connecting_a_connected_pair_is_refused(simulator: Simulator, calls: Calls) -> None:
    user_id, vehicle_id = simulator.world.connections[0].pair
    assert calls.control("POST", "connect", user_id=user_id, vehicle_id=vehicle_id).status_code == 400


def test_owners_disconnect_by_themselves_without_an_api_request(simulator: Simulator, calls: Calls) -> None:
    user_id, vehicle_id = simulator.world.connections[0].pair
    pair = {"user_id": user_id, "vehicle_id": vehicle_id}
    assert calls.control("POST", "disconnect", **pair).json() == {"disconnected": True}
    assert calls.control("POST", "disconnect", **pair).json() == {"disconnected": False}
    assert simulator.requests == []
    assert calls.pairs(**pair) == []


def test_the_bucket_is_set_unless_the_level_is_no_number(calls: Calls) -> None:
    assert calls.control("POST", "bucket", level="1").status_code == 400
    calls.control("POST", "bucket", level=1)
    assert [calls.v2().status_code for _ in range(2)] == [200, 429]


def test_tokens_are_expired(calls: Calls) -> None:
    assert calls.v3().ok
    calls.control("POST", "expire-tokens")
    assert calls.v3().status_code == 401


@pytest.mark.parametrize(("method", "name"), [("GET", "nothing"), ("POST", "state"), ("DELETE", "reset")])
def test_an_unknown_control_call_says_what_there_is(calls: Calls, method: str, name: str) -> None:
    answer = calls.control(method, name)
    assert answer.status_code == 404
    assert "POST reconnect" in answer.json()["error"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_a_control_body_that_is_no_object_is_refused(calls: Calls, body: bytes) -> None:
    assert calls.send("POST", "/__simulator__/faults", data=body).status_code == 400
