"""Management API v2.0: what is asked, and every form an answer is known to take."""

from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import pytest

from connections.smartcar.client import ConnectionsAPI
from connections.smartcar.errors import InvalidRequest, Unreadable, Unsupported
from connections.smartcar.types import Connection, Filters, Mode, PairScope, Scope, UserScope, VehicleScope
from tests.smartcar.material import CONNECTION, EVERYTHING, USER, VEHICLE, v2_list, v2_row
from tests.smartcar.scripted import ScriptedServer, json_reply, reply

OTHER = "44444444-4444-4444-8444-444444444444"


def first_row(api: ConnectionsAPI, server: ScriptedServer, row: Any) -> Connection:
    server.script(json_reply(200, v2_list(row)))
    return api.page(EVERYTHING, limit=10).connections[0]


def test_a_list_asks_for_limit_filters_and_cursor(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    cursor = "AES-256-CBC::base64::utf8::a+b/c==::d=="

    v2.page(Filters(user_id=USER, vehicle_id=VEHICLE, mode=Mode.TEST), limit=25, cursor=cursor)

    (seen,) = server.requests
    assert (seen.method, seen.path) == ("GET", "/v2.0/management/connections")
    assert seen.query == {
        "limit": "25",
        "user_id": str(USER),
        "vehicle_id": str(VEHICLE),
        "mode": "test",
        "cursor": cursor,
    }


def test_no_filters_are_no_parameters(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    v2.page(EVERYTHING, limit=10)

    assert server.requests[0].query == {"limit": "10"}


def test_the_user_name_is_the_word_default(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    v2.page(EVERYTHING, limit=10)

    scheme, encoded = server.requests[0].headers["authorization"].split()
    assert (scheme, b64decode(encoded)) == ("Basic", b"default:token-of-tests")


def test_a_row_is_a_connection_with_real_types(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    assert first_row(v2, server, v2_row()) == Connection(
        user_id=USER,
        vehicle_id=VEHICLE,
        connected_at=datetime(2026, 3, 1, 10, 20, 30, 456000, UTC),
        mode="live",
    )


def test_an_older_row_was_created_and_has_no_mode(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    row = {"userId": str(USER), "vehicleId": str(VEHICLE), "createdAt": "2019-03-01T10:20:30Z"}

    connection = first_row(v2, server, row)

    assert connection.connected_at == datetime(2019, 3, 1, 10, 20, 30, tzinfo=UTC)
    assert connection.mode is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T10:20:30Z", datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)),
        ("2026-03-01T12:20:30.5+02:00", datetime(2026, 3, 1, 10, 20, 30, 500000, UTC)),
        ("2026-03-01T10:20:30", datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
        (1772360430, None),
        (None, None),
    ],
)
def test_a_moment_is_in_utc_or_unknown(
    v2: ConnectionsAPI, server: ScriptedServer, text: object, moment: datetime | None
) -> None:
    assert first_row(v2, server, v2_row(connectedAt=text)).connected_at == moment


def test_an_unknown_mode_is_kept_as_text(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    assert first_row(v2, server, v2_row(mode="shadow", extra={"any": 1})).mode == "shadow"


def test_text_that_no_database_could_hold_is_made_harmless(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    assert first_row(v2, server, v2_row(mode="li\x00ve\ud800")).mode == "li�ve�"


@pytest.mark.parametrize(
    "paging",
    [{}, None, {"cursor": None}, {"cursor": ""}, {"cursor": None, "count": 7}, {"count": 7}],
)
def test_a_list_ends_without_a_cursor(v2: ConnectionsAPI, server: ScriptedServer, paging: object) -> None:
    server.script(json_reply(200, {"connections": [v2_row()], "paging": paging}))

    assert v2.page(EVERYTHING, limit=10).next_cursor is None


def test_a_list_without_paging_has_ended(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(json_reply(200, {"connections": [v2_row()]}))

    assert v2.page(EVERYTHING, limit=10).next_cursor is None


def test_fewer_rows_than_asked_for_do_not_end_a_list(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(json_reply(200, {"connections": [v2_row()], "paging": {"cursor": "more", "count": 7}}))

    assert v2.page(EVERYTHING, limit=100).next_cursor == "more"


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"connections": None},
        {"connections": {"userId": str(USER)}},
        {"error": "none"},
        [],
        "connections",
        {"connections": [v2_row(userId="not-a-uuid")]},
        {"connections": [v2_row(), v2_row(vehicleId=None)]},
        {"connections": [v2_row(userId="00000000-0000-0000-0000-000000000000")]},
        {"connections": [v2_row(userId=USER.hex)]},
        {"connections": [v2_row(userId=USER.urn)]},
        {"connections": ["row"]},
        {"connections": [], "paging": "more"},
        {"connections": [], "paging": {"cursor": 7}},
        {"connections": [], "paging": {"cursor": False}},
        {"connections": [], "paging": {"cursor": ["more"]}},
        {"connections": [], "paging": {"cursor": "\ud800"}},
        {"connections": [], "paging": {"cursor": "x" * 5000}},
    ],
)
def test_a_list_of_another_shape_is_unreadable(v2: ConnectionsAPI, server: ScriptedServer, content: object) -> None:
    server.script(json_reply(200, content))

    with pytest.raises(Unreadable) as caught:
        v2.page(EVERYTHING, limit=10)

    assert caught.value.status == 200
    assert not caught.value.may_have_been_applied


@pytest.mark.parametrize("body", [b"", b"<html>502</html>", b"{", b"\xff\xfe", b"[" * 100_000, b"1" * 5000])
def test_a_success_that_is_no_json_is_unreadable(v2: ConnectionsAPI, server: ScriptedServer, body: bytes) -> None:
    server.script(reply(200, body))

    with pytest.raises(Unreadable):
        v2.page(EVERYTHING, limit=10)


def test_a_page_carries_smartcars_request_id(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(json_reply(200, v2_list(), headers=[("SC-Request-Id", OTHER)]))

    assert v2.page(EVERYTHING, limit=10).request_id == OTHER


@pytest.mark.parametrize("cursor", ["\ud800", "a\nb", "x" * 5000])
def test_a_cursor_no_address_could_hold_is_invalid_and_not_sent(
    v2: ConnectionsAPI, server: ScriptedServer, cursor: str
) -> None:
    with pytest.raises(InvalidRequest):
        v2.page(EVERYTHING, limit=10, cursor=cursor)

    assert not server.requests


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_limit_smartcar_would_not_take_is_not_sent(v2: ConnectionsAPI, server: ScriptedServer, limit: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        v2.page(EVERYTHING, limit=limit)

    assert not server.requests


@pytest.mark.parametrize(
    ("scope", "query"),
    [
        (PairScope(USER, VEHICLE), {"user_id": str(USER), "vehicle_id": str(VEHICLE)}),
        (UserScope(USER), {"user_id": str(USER)}),
        (VehicleScope(VEHICLE), {"vehicle_id": str(VEHICLE)}),
    ],
)
def test_a_delete_names_exactly_its_scope(
    v2: ConnectionsAPI, server: ScriptedServer, scope: Scope, query: dict[str, str]
) -> None:
    v2.delete_scope(scope)

    (seen,) = server.requests
    assert (seen.method, seen.path, seen.query) == ("DELETE", "/v2.0/management/connections/", query)


def test_deleting_a_connection_names_both_ids(
    v2: ConnectionsAPI, server: ScriptedServer, connection: Connection
) -> None:
    v2.delete_connection(connection)

    assert server.requests[0].query == {"user_id": str(USER), "vehicle_id": str(VEHICLE)}


@pytest.mark.parametrize("nonsense", [None, "", {}, (USER, VEHICLE), USER])
def test_what_is_no_scope_is_not_sent(v2: ConnectionsAPI, server: ScriptedServer, nonsense: Any) -> None:
    with pytest.raises(TypeError):
        v2.delete_scope(nonsense)

    assert not server.requests


def test_a_deletion_says_what_was_removed(v2: ConnectionsAPI, server: ScriptedServer, pair: PairScope) -> None:
    rows = [{"userId": str(USER), "vehicleId": str(VEHICLE)}, {"userId": OTHER, "vehicleId": str(VEHICLE)}]
    server.script(json_reply(200, {"connections": rows}, headers=[("SC-Request-Id", OTHER)]))

    deletion = v2.delete_scope(pair)

    assert deletion.removed is not None
    assert [str(removed.user_id) for removed in deletion.removed] == [str(USER), OTHER]
    assert (deletion.status, deletion.request_id) == (200, OTHER)
    assert deletion.milliseconds >= 0


def test_an_empty_deletion_is_told_as_empty(v2: ConnectionsAPI, server: ScriptedServer, pair: PairScope) -> None:
    server.script(json_reply(200, {"connections": []}))

    assert v2.delete_scope(pair).removed == ()


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, b""),
        reply(200, b"<html>"),
        reply(204),
        json_reply(200, {}),
        json_reply(200, {"connections": None}),
        json_reply(200, {"connections": [{"userId": str(USER)}]}),
    ],
)
def test_a_deletion_told_unreadably_may_have_been_applied(
    v2: ConnectionsAPI, server: ScriptedServer, pair: PairScope, answer: Any
) -> None:
    server.script(answer)

    with pytest.raises(Unreadable) as caught:
        v2.delete_scope(pair)

    assert caught.value.may_have_been_applied
    assert len(server.requests) == 1


def test_v2_knows_no_connection_ids(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    with pytest.raises(Unsupported):
        v2.connection(CONNECTION)

    assert not v2.capabilities.has_connection_ids
    assert not server.requests
