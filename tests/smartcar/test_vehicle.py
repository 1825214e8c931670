"""Vehicle API v3: what is asked, and every form an answer is known to take."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from connections.smartcar.client import ConnectionsAPI
from connections.smartcar.errors import InvalidRequest, NotFound, Unreadable, Unsupported
from connections.smartcar.types import Connection, Filters, Mode, PairScope
from tests.smartcar.material import CONNECTION, LIVE, USER, VEHICLE, v3_item, v3_list
from tests.smartcar.scripted import Reply, ScriptedServer, json_reply, reply


def first_row(api: ConnectionsAPI, server: ScriptedServer, item: Any) -> Connection:
    server.script(json_reply(200, v3_list(item)))
    return api.page(LIVE, limit=10).connections[0]


def described_as(**vehicle: Any) -> dict[str, Any]:
    return v3_item(attributes={"permissions": [], "vehicle": vehicle})


def test_a_list_asks_for_mode_filters_and_page(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(json_reply(200, v3_list()))

    v3.page(Filters(user_id=USER, vehicle_id=VEHICLE, mode=Mode.SIMULATED), limit=50, cursor="3")

    (seen,) = server.requests
    assert (seen.method, seen.path) == ("GET", "/v3/connections")
    assert seen.headers["authorization"] == "Bearer minted-1"
    assert seen.query == {
        "filter[vehicle.mode]": "simulated",
        "filter[userId]": str(USER),
        "filter[vehicleId]": str(VEHICLE),
        "page[number]": "3",
        "page[size]": "50",
    }


def test_a_list_without_a_mode_is_not_sent(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    with pytest.raises(ValueError, match="mode"):
        v3.page(Filters(), limit=10)

    assert not server.requests


def test_mode_test_is_said_to_be_unknown_to_v3(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    with pytest.raises(Unsupported):
        v3.page(Filters(mode=Mode.TEST), limit=10)

    assert not server.requests


@pytest.mark.parametrize("cursor", ["0", "-1", "two", "1.5", "٣", "1" * 12, "AES-256-CBC::x"])
def test_a_cursor_that_is_no_page_number_is_invalid_as_in_v2(
    v3: ConnectionsAPI, server: ScriptedServer, cursor: str
) -> None:
    with pytest.raises(InvalidRequest):
        v3.page(LIVE, limit=10, cursor=cursor)

    assert not server.requests


def test_an_item_is_a_connection_with_real_types(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    assert first_row(v3, server, v3_item()) == Connection(
        user_id=USER,
        vehicle_id=VEHICLE,
        connection_id=CONNECTION,
        connected_at=datetime(2025, 5, 3, 2, 45, 45, 349000, UTC),
        updated_at=datetime(2026, 6, 21, 2, 56, 21, tzinfo=UTC),
        permissions=("read_odometer", "control_security"),
        mode="live",
        make="TESLA",
        model="Model S",
        powertrain="BEV",
        year=2020,
        external_id="crm-1182",
    )


@pytest.mark.parametrize("user", [None, {}, {"id": str(USER)}, {"id": str(USER), "externalId": None}, "none"])
def test_the_users_attributes_may_be_missing(v3: ConnectionsAPI, server: ScriptedServer, user: object) -> None:
    connection = first_row(v3, server, v3_item(attributes={"user": user, "permissions": [], "vehicle": {}}))

    assert (connection.user_id, connection.external_id) == (USER, None)


@pytest.mark.parametrize(
    ("sent", "year"),
    [
        (2020, 2020),
        ("2020", 2020),
        ("MMXX", None),
        ("", None),
        (None, None),
        (True, None),
        (20, None),
        ("²⁰²⁰", None),
    ],
)
def test_a_year_is_a_number_or_unknown(
    v3: ConnectionsAPI, server: ScriptedServer, sent: object, year: int | None
) -> None:
    assert first_row(v3, server, described_as(year=sent)).year == year


def test_what_describes_a_car_is_kept_as_sent(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    connection = first_row(v3, server, described_as(make="bMW", powertrainType="FUSION", mode="shadow"))

    assert (connection.make, connection.powertrain, connection.mode) == ("bMW", "FUSION", "shadow")


def test_unknown_permissions_are_kept(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    item = v3_item(attributes={"permissions": ["read_minds", "control_weather"]})

    assert first_row(v3, server, item).permissions == ("read_minds", "control_weather")


@pytest.mark.parametrize("attributes", [None, {}, [], {"permissions": None, "vehicle": None}])
def test_an_item_without_attributes_is_still_a_connection(
    v3: ConnectionsAPI, server: ScriptedServer, attributes: object
) -> None:
    connection = first_row(v3, server, v3_item(attributes=attributes, meta=None))

    assert connection == Connection(user_id=USER, vehicle_id=VEHICLE, connection_id=CONNECTION)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"data": None},
        {"data": v3_item()},
        {"errors": []},
        {"data": [v3_item(id="7")]},
        {"data": [v3_item(relationships={})]},
        {"data": [v3_item(relationships={"user": {"data": None}, "vehicle": {"data": {"id": str(VEHICLE)}}})]},
        [v3_item()],
    ],
)
def test_a_list_of_another_shape_is_unreadable(v3: ConnectionsAPI, server: ScriptedServer, content: object) -> None:
    server.script(json_reply(200, content))

    with pytest.raises(Unreadable):
        v3.page(LIVE, limit=10)


def test_a_page_says_where_it_stands(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(json_reply(200, v3_list(v3_item(), total=31, following="https://elsewhere.test/?page=9")))

    page = v3.page(LIVE, limit=10, cursor="2")

    assert (page.previous_cursor, page.next_cursor, page.total) == ("1", "3", 31)


def test_the_first_page_has_none_before_and_the_last_none_after(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(json_reply(200, v3_list(v3_item())))

    page = v3.page(LIVE, limit=10)

    assert (page.previous_cursor, page.next_cursor, page.total) == (None, None, 1)


@pytest.mark.parametrize(("total", "following"), [(11, "2"), (10, None), ("many", None), (None, None), (-1, None)])
def test_without_links_the_count_tells_whether_a_page_follows(
    v3: ConnectionsAPI, server: ScriptedServer, total: object, following: str | None
) -> None:
    server.script(json_reply(200, {"data": [v3_item()], "meta": {"totalCount": total}}))

    assert v3.page(LIVE, limit=10).next_cursor == following


def test_one_connection_is_read_by_its_id(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(json_reply(200, {"data": v3_item()}))

    assert v3.connection(CONNECTION).pair == PairScope(USER, VEHICLE)
    assert server.requests[0].path == f"/v3/connections/{CONNECTION}"


def test_an_unknown_connection_is_not_found(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(json_reply(404, {"errors": [{"type": "RESOURCE_NOT_FOUND", "title": "none"}]}))

    with pytest.raises(NotFound):
        v3.connection(CONNECTION)


def test_a_proxys_page_is_no_proof_that_a_connection_is_gone(
    v3: ConnectionsAPI, server: ScriptedServer, connection: Connection
) -> None:
    server.otherwise = reply(404, b"\n<!doctype html><title>404</title>")

    with pytest.raises(Unreadable):
        v3.connection(CONNECTION)
    with pytest.raises(Unreadable) as caught:
        v3.delete_connection(connection)

    assert caught.value.may_have_been_applied


@pytest.mark.parametrize(
    "content",
    [{}, {"data": None}, {"data": [v3_item()]}, {"data": v3_item(id="44444444-4444-4444-8444-444444444444")}],
)
def test_another_connection_than_the_one_asked_for_is_unreadable(
    v3: ConnectionsAPI, server: ScriptedServer, content: object
) -> None:
    server.script(json_reply(200, content))

    with pytest.raises(Unreadable):
        v3.connection(CONNECTION)


def test_a_delete_by_connection_id_does_not_say_what_was_removed(
    v3: ConnectionsAPI, server: ScriptedServer, connection: Connection
) -> None:
    server.script(reply(204))

    deletion = v3.delete_connection(connection)

    (seen,) = server.requests
    assert (seen.method, seen.path, seen.query) == ("DELETE", f"/v3/connections/{CONNECTION}", {})
    assert deletion.removed is None


@pytest.mark.parametrize("answer", [reply(200, b"<html>"), json_reply(200, {"data": None}), reply(200), reply(202)])
def test_a_success_that_is_not_documented_does_not_prove_a_delete(
    v3: ConnectionsAPI, server: ScriptedServer, connection: Connection, answer: Reply
) -> None:
    server.script(answer)

    with pytest.raises(Unreadable) as caught:
        v3.delete_connection(connection)

    assert caught.value.may_have_been_applied


def test_a_second_delete_finds_nothing_and_changes_nothing(
    v3: ConnectionsAPI, server: ScriptedServer, connection: Connection
) -> None:
    server.script(reply(404))

    with pytest.raises(NotFound) as caught:
        v3.delete_connection(connection)

    assert not caught.value.may_have_been_applied


def test_v3_deletes_neither_by_pair_nor_by_user(v3: ConnectionsAPI, server: ScriptedServer, pair: PairScope) -> None:
    with pytest.raises(Unsupported):
        v3.delete_scope(pair)
    with pytest.raises(Unsupported):
        v3.delete_connection(Connection(user_id=USER, vehicle_id=VEHICLE))

    assert not server.requests


def test_an_id_is_taken_in_upper_case(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    assert first_row(v3, server, v3_item(id="ABCDEFAB-CDEF-4ABC-8DEF-ABCDEFABCDEF")).connection_id == UUID(
        "abcdefab-cdef-4abc-8def-abcdefabcdef"
    )
