"""The rate limit: one bucket for all three hosts."""

import time

import pytest

from connections.simulator.server import Simulator
from tests.simulator.calls import Calls


def test_both_generations_and_the_token_host_spend_from_one_bucket() -> None:
    with Simulator(connections=5, rate_capacity=3, rate_refill_per_minute=0) as simulator:
        calls = Calls(simulator)
        statuses = [calls.token().status_code, calls.v2().status_code, calls.token().status_code]
        v2, token = calls.v2(), calls.token()
        calls.close()
    assert statuses == [200, 200, 200]
    assert (v2.status_code, v2.json()["code"]) == (429, "SMARTCAR_API")
    assert (token.status_code, token.json()["error"]) == (429, "rate_limit_exceeded")


def test_v3_says_so_in_its_own_form() -> None:
    with Simulator(connections=5) as limited:
        calls = Calls(limited)
        calls.v3()
        limited.set_bucket(0)
        answer = calls.v3()
        calls.close()
    assert answer.status_code == 429
    assert answer.json()["errors"][0]["type"] == "RATE_LIMIT"


def test_a_refused_delete_is_not_applied() -> None:
    with Simulator(connections=5, rate_refill_per_minute=0) as simulator:
        calls = Calls(simulator)
        simulator.set_bucket(0)
        answer = calls.v2("DELETE", user_id=simulator.world.connections[0].user_id)
        calls.close()
        assert len(simulator.world.connections) == 5
    assert answer.status_code == 429


def test_the_bucket_refills_with_time_up_to_its_capacity() -> None:
    with Simulator(connections=5, rate_capacity=2, rate_refill_per_minute=600) as simulator:
        calls = Calls(simulator)
        simulator.set_bucket(0)
        dry = calls.v2().status_code
        time.sleep(0.5)
        level = simulator.state["bucket"]["level"]
        calls.close()
    assert (dry, level) == (429, 2)


def test_a_level_limits_an_unlimited_simulator_until_reset(simulator: Simulator, calls: Calls) -> None:
    simulator.set_bucket(1)
    assert [calls.v2().status_code for _ in range(2)] == [200, 429]
    simulator.reset()
    assert simulator.state["bucket"]["level"] is None
    assert [calls.v2().status_code for _ in range(2)] == [200, 200]


def test_wrong_credentials_and_control_calls_spend_nothing() -> None:
    with Simulator(connections=5, rate_refill_per_minute=0) as simulator:
        calls = Calls(simulator)
        calls.send("GET", "/v2.0/management/connections")
        level = calls.control("GET", "state").json()["bucket"]["level"]
        calls.close()
    assert level == pytest.approx(120)
