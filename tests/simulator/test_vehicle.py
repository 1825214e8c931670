"""Vehicle v3 as the facts have it: list by page, one, delete, purge, links, errors."""

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from connections.simulator.server import Simulator
from tests.simulator.calls import Calls


def every_item(calls: Calls, mode: str = "live") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    path: str | None = f"/v3/connections?filter[vehicle.mode]={mode}&page[size]=100"
    while path:
        body = calls.v3(path=path).json()
        items += body["data"]
        following = body["links"]["next"]
        path = following and following.removeprefix(calls.simulator.url)
    return items


def test_following_next_shows_every_live_connection_once(simulator: Simulator, calls: Calls) -> None:
    ids = [item["id"] for item in every_item(calls)]
    assert ids == [row.connection_id for row in simulator.world.connections if row.mode == "live"]


def test_the_mode_is_live_unless_told_otherwise(calls: Calls) -> None:
    body = calls.v3().json()
    assert {item["attributes"]["vehicle"]["mode"] for item in body["data"]} == {"live"}
    assert parse_qs(urlsplit(body["links"]["self"]).query)["filter[vehicle.mode]"] == ["live"]


def test_simulated_vehicles_are_of_make_simulated_and_named_after_their_powertrain(calls: Calls) -> None:
    cars = [item["attributes"]["vehicle"] for item in every_item(calls, "simulated")]
    assert cars
    assert all(car["make"] == "Simulated" and car["model"] == car["powertrainType"] for car in cars)


def test_the_world_shows_every_documented_variant_of_a_row(calls: Calls) -> None:
    items = every_item(calls)
    attributes = [item["attributes"] for item in items]
    users = [one["user"] for one in attributes if "user" in one]
    makes = [one["vehicle"]["make"] for one in attributes]
    assert {type(one["vehicle"]["year"]) for one in attributes} == {int, str}
    assert len(users) < len(attributes)
    assert None in users
    assert any(user and user.get("externalId", "") is None for user in users)
    assert any(user and user.get("externalId") for user in users)
    assert any(make.isupper() for make in makes)
    assert any(not make.isupper() for make in makes)
    assert any("." not in item["meta"]["createdAt"] for item in items)
    assert any("control_charge" in one["permissions"] for one in attributes)


def test_a_list_says_its_place_and_total(simulator: Simulator, calls: Calls) -> None:
    total = sum(row.mode == "live" for row in simulator.world.connections)
    body = calls.v3(parameters={"page[number]": 2, "page[size]": 50}).json()
    assert body["meta"] == {
        "pageNumber": 2,
        "pageSize": 50,
        "totalCount": total,
        "orderBy": "createdAt",
        "orderDirection": "DESC",
    }


def test_links_are_absolute_percent_encoded_and_echo_the_effective_filters(simulator: Simulator, calls: Calls) -> None:
    user_id = next(row.user_id for row in simulator.world.connections if row.mode == "live")
    links = calls.v3(parameters={"filter[userId]": user_id, "page[size]": 100}).json()["links"]
    filters = f"filter%5BuserId%5D={user_id}&filter%5Bvehicle.mode%5D=live"
    assert links["self"] == f"{simulator.url}/v3/connections?{filters}&page%5Bnumber%5D=1&page%5Bsize%5D=100"
    assert (links["next"], links["prev"]) == (None, None)


def test_raw_and_encoded_brackets_are_one_parameter(calls: Calls) -> None:
    raw = calls.v3(path="/v3/connections?filter[vehicle.mode]=simulated&page[size]=3").json()
    encoded = calls.v3(path="/v3/connections?filter%5Bvehicle.mode%5D=simulated&page%5Bsize%5D=3").json()
    assert raw == encoded
    assert len(raw["data"]) == 3


def test_an_empty_list_has_total_and_page_size_zero(calls: Calls) -> None:
    body = calls.v3(parameters={"filter[userId]": uuid4()}).json()
    assert body["data"] == []
    assert (body["meta"]["totalCount"], body["meta"]["pageSize"]) == (0, 0)


def test_filters_narrow_by_vehicle_and_external_id(simulator: Simulator, calls: Calls) -> None:
    row = next(row for row in simulator.world.connections if row.external_id and row.mode == "live")
    by_vehicle = calls.v3(parameters={"filter[vehicleId]": row.vehicle_id}).json()["data"]
    by_external = calls.v3(parameters={"filter[user.externalId]": row.external_id}).json()["data"]
    assert row.connection_id in {item["id"] for item in by_vehicle}
    assert {item["relationships"]["user"]["data"]["id"] for item in by_external} == {row.user_id}


def test_one_connection_is_answered_as_in_the_list_and_deleted_once(simulator: Simulator, calls: Calls) -> None:
    item = calls.v3().json()["data"][0]
    path = f"/v3/connections/{item['id']}"
    assert calls.v3(path=path).json() == {"data": item}
    first, second = calls.v3("DELETE", path), calls.v3("DELETE", path)
    assert (first.status_code, first.content) == (204, b"")
    assert (second.status_code, second.json()["errors"][0]["type"]) == (404, "RESOURCE_NOT_FOUND")
    assert calls.v3(path=path).status_code == 404
    assert len(simulator.world.connections) == 299


def test_deleting_a_user_removes_all_their_connections(simulator: Simulator, calls: Calls) -> None:
    user_id = simulator.world.connections[0].user_id
    assert calls.v3("DELETE", f"/v3/users/{user_id}").status_code == 204
    assert calls.pairs(user_id=user_id) == []
    assert calls.v3("DELETE", f"/v3/users/{user_id}").status_code == 404


def test_connections_of_mode_test_do_not_exist_for_v3(simulator: Simulator, calls: Calls) -> None:
    row = next(row for row in simulator.world.connections if row.mode == "test")
    assert calls.v3(path=f"/v3/connections/{row.connection_id}").status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filter[vehicle.mode]", "test"),
        ("filter[userId]", "x"),
        ("filter[colour]", "red"),
        ("page[size]", "101"),
        ("page[number]", "0"),
    ],
)
def test_bad_parameters_are_refused_in_the_form_of_v3(calls: Calls, name: str, value: str) -> None:
    answer = calls.v3(parameters={name: value})
    (error,) = answer.json()["errors"]
    assert answer.status_code == 400
    assert (error["status"], error["type"], error["code"]) == ("400", "VALIDATION", "INVALID_INPUT_FORMAT")
    assert error["detail"].startswith(name)


def test_a_bad_id_is_refused_and_an_unknown_path_not_found(calls: Calls) -> None:
    assert calls.v3(path="/v3/connections/42").status_code == 400
    assert calls.v3(path="/v3/vehicles").status_code == 404


def test_a_delete_of_the_whole_list_does_not_exist_and_is_counted(simulator: Simulator, calls: Calls) -> None:
    assert calls.v3("DELETE").status_code == 404
    assert simulator.unscoped_deletes == 1
