"""The seeded world: the same for the same seed, realistic, and quick at any size."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from connections.simulator.server import Simulator
from connections.simulator.world import World
from tests.simulator.calls import Calls


def world(connections: int = 500, users: int | None = None, seed: int = 7) -> World:
    return World(connections=connections, users=users, seed=seed)


def test_the_same_seed_makes_the_same_world_and_another_seed_another() -> None:
    assert world().connections == world().connections
    assert world().connections != world(seed=8).connections


def test_no_pair_and_no_connection_id_occurs_twice() -> None:
    rows = world(3000, users=20).connections
    assert len({row.pair for row in rows}) == len({row.connection_id for row in rows}) == 3000


def test_some_users_have_several_vehicles_and_some_vehicles_several_users() -> None:
    rows = world().connections
    assert max(Counter(row.user_id for row in rows).values()) > 5
    assert max(Counter(row.vehicle_id for row in rows).values()) > 1
    assert len({row.user_id for row in world(users=40).connections}) == 40


def test_a_shared_vehicle_is_the_same_car_for_each_of_its_users() -> None:
    cars: dict[str, set[tuple[object, ...]]] = {}
    for row in world().connections:
        cars.setdefault(row.vehicle_id, set()).add((row.make, row.model, row.year, row.mode, row.powertrain))
    assert all(len(descriptions) == 1 for descriptions in cars.values())


def test_permissions_suit_the_powertrain() -> None:
    rows = world().connections
    assert not any("read_fuel" in row.permissions for row in rows if row.powertrain == "BEV")
    assert not any("control_charge" in row.permissions for row in rows if row.powertrain == "ICE")
    assert any("control_security" in row.permissions for row in rows)


def test_no_row_was_updated_before_it_was_made() -> None:
    assert all(row.updated_ms >= row.connected_ms for row in world().connections)


def test_a_world_of_ten_thousand_takes_about_ten_times_as_long_as_one_of_a_thousand() -> None:
    assert _seconds_to_build(10_000) < 30 * _seconds_to_build(1000)


def _seconds_to_build(connections: int) -> float:
    timings = []
    for _ in range(3):
        started = time.perf_counter()
        world(connections)
        timings.append(time.perf_counter() - started)
    return min(timings)


@pytest.mark.parametrize("narrowed", ["to nothing", "to a user"])
def test_a_page_costs_about_the_same_among_two_hundred_rows_and_fifty_thousand(narrowed: str) -> None:
    small, large = (_seconds_a_page(connections, narrowed) for connections in (200, 50_000))
    assert large < 4 * small


def _seconds_a_page(connections: int, narrowed: str) -> float:
    with Simulator(connections=connections, rate_capacity=None) as simulator:
        calls = Calls(simulator)
        user_id = simulator.world.connections[0].user_id
        query = {"user_id": user_id} if narrowed == "to a user" else {}
        timings = []
        for _ in range(15):
            started = time.perf_counter()
            calls.v2(limit=100, **query)
            timings.append(time.perf_counter() - started)
        calls.close()
    # The quickest, since whatever else the machine does can only add to it.
    return min(timings)


def test_of_many_deletes_at_once_each_connection_is_removed_by_one() -> None:
    # One user with very many connections: the longer a delete takes, the surer a missing lock shows.
    with Simulator(connections=3000, users=1, rate_capacity=None) as simulator:
        user_id = simulator.world.connections[0].user_id
        together = Barrier(8)

        def delete(_number: int) -> list[str]:
            calls = Calls(simulator)
            together.wait(10)
            answer = calls.v2("DELETE", user_id=user_id)
            calls.close()
            return [row["vehicleId"] for row in answer.json()["connections"]]

        with ThreadPoolExecutor(8) as pool:
            removed = [vehicle_id for each in pool.map(delete, range(8)) for vehicle_id in each]
        assert len(simulator.world.connections) == 0
    assert len(removed) == len(set(removed)) == 3000
