"""Management v2.0 as the facts have it: list, cursors, delete, strictness."""

import base64
from collections import Counter
from uuid import UUID, uuid4

import pytest

from connections.simulator.server import Simulator
from tests.simulator.calls import CONNECTIONS, Calls


def test_a_page_has_ten_rows_newest_first_unless_told_otherwise(calls: Calls) -> None:
    rows = calls.v2().json()["connections"]
    moments = [row.get("connectedAt", row.get("createdAt")) for row in rows]
    assert len(rows) == 10
    assert moments == sorted(moments, reverse=True)


def test_the_pages_hold_every_pair_exactly_once(simulator: Simulator, calls: Calls) -> None:
    pairs = calls.pairs()
    assert len(pairs) == 300
    assert set(pairs) == {row.pair for row in simulator.world.connections}


def test_both_slash_forms_answer_the_same_without_a_redirect(calls: Calls) -> None:
    with_slash, without = calls.v2(), calls.v2_at(CONNECTIONS.rstrip("/"))
    assert (with_slash.status_code, without.status_code) == (200, 200)
    assert with_slash.json() == without.json()


@pytest.mark.parametrize("mode", ["live", "simulated", "test"])
def test_a_mode_lists_only_its_own(simulator: Simulator, calls: Calls, mode: str) -> None:
    expected = [row.pair for row in simulator.world.connections if row.mode == mode]
    assert expected
    assert calls.pairs(mode=mode) == expected


def test_filters_by_user_and_vehicle_narrow_together(simulator: Simulator, calls: Calls) -> None:
    rows = simulator.world.connections
    user_id = Counter(row.user_id for row in rows).most_common(1)[0][0]
    vehicle_id = Counter(row.vehicle_id for row in rows).most_common(1)[0][0]
    assert calls.pairs(user_id=user_id) == [row.pair for row in rows if row.user_id == user_id]
    assert calls.pairs(vehicle_id=vehicle_id) == [row.pair for row in rows if row.vehicle_id == vehicle_id]
    pair = rows[7].pair
    assert calls.pairs(user_id=pair[0], vehicle_id=pair[1]) == [pair]
    assert calls.pairs(user_id=uuid4()) == []


def test_upper_case_ids_find_the_same(simulator: Simulator, calls: Calls) -> None:
    user_id, _ = simulator.world.connections[0].pair
    assert calls.pairs(user_id=user_id.upper()) == calls.pairs(user_id=user_id)


def test_old_rows_say_created_at_and_no_mode(calls: Calls) -> None:
    rows = [row for page in calls.v2_pages(limit=100) for row in page]
    old = [row for row in rows if "createdAt" in row]
    assert old
    assert all(row.keys() == {"vehicleId", "userId", "createdAt"} for row in old)


def test_deleting_by_both_ids_removes_exactly_that_pair(simulator: Simulator, calls: Calls) -> None:
    user_id = Counter(row.user_id for row in simulator.world.connections).most_common(1)[0][0]
    first, *others = [row.pair for row in simulator.world.connections if row.user_id == user_id]
    answer = calls.v2("DELETE", user_id=user_id, vehicle_id=first[1])
    assert answer.json() == {"connections": [{"userId": user_id, "vehicleId": first[1]}]}
    assert calls.pairs(user_id=user_id) == others


def test_deleting_by_user_removes_all_of_theirs_and_nothing_else(simulator: Simulator, calls: Calls) -> None:
    before = [row.pair for row in simulator.world.connections]
    user_id = Counter(user for user, _ in before).most_common(1)[0][0]
    answer = calls.v2("DELETE", user_id=user_id)
    gone = {(row["userId"], row["vehicleId"]) for row in answer.json()["connections"]}
    assert gone == {pair for pair in before if pair[0] == user_id}
    assert len(gone) > 1
    assert calls.pairs() == [pair for pair in before if pair not in gone]


def test_deleting_by_vehicle_removes_it_for_all_users(simulator: Simulator, calls: Calls) -> None:
    before = [row.pair for row in simulator.world.connections]
    vehicle_id = Counter(vehicle for _, vehicle in before).most_common(1)[0][0]
    answer = calls.v2("DELETE", vehicle_id=vehicle_id)
    users = {row["userId"] for row in answer.json()["connections"]}
    assert users == {user for user, vehicle in before if vehicle == vehicle_id}
    assert len(users) > 1


def test_deleting_what_is_not_there_answers_an_empty_list(calls: Calls) -> None:
    answer = calls.v2("DELETE", user_id=uuid4())
    assert (answer.status_code, answer.json()) == (200, {"connections": []})


@pytest.mark.parametrize("parameters", [{}, {"user_id": ""}, {"vehicle_id": "", "user_id": ""}, {"mode": "live"}])
def test_a_delete_that_names_nobody_is_refused_and_counted(
    simulator: Simulator, calls: Calls, parameters: dict[str, str]
) -> None:
    answer = calls.v2("DELETE", **parameters)
    assert answer.status_code == 400
    assert simulator.unscoped_deletes == 1
    assert len(calls.pairs()) == 300


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "ten"),
        ("limit", "-1"),
        ("limit", "1_0"),
        ("limit", "٣"),
        ("limit", ""),
        ("mode", "Live"),
        ("mode", ""),
        ("user_id", "42"),
        ("vehicle_id", "not-a-uuid"),
        ("cursor", "AES"),
        ("cursor", ""),
        ("cursor", "AES-256-CBC::base64::utf8::" + "A" * 22 + "==::" + "A" * 86 + "=="),
    ],
)
def test_bad_parameters_are_refused_by_name(calls: Calls, name: str, value: str) -> None:
    answer = calls.v2(**{name: value})
    error = answer.json()
    assert (answer.status_code, error["type"]) == (400, "VALIDATION")
    assert [item["field"] for item in error["detail"]] == [name]


def test_a_parameter_given_twice_is_refused(calls: Calls) -> None:
    path = f"{CONNECTIONS}?user_id={uuid4()}&user_id={uuid4()}"
    assert calls.v2_at(path, "DELETE").status_code == 400


@pytest.mark.parametrize("other", [{"limit": 21}, {"limit": 20, "mode": "live"}, {}])
def test_a_cursor_is_refused_with_another_query(calls: Calls, other: dict[str, object]) -> None:
    cursor = calls.v2(limit=20).json()["paging"]["cursor"]
    assert calls.v2(limit=20, cursor=cursor).status_code == 200
    assert calls.v2(**other, cursor=cursor).status_code == 400


def test_a_cursor_looks_sealed_and_a_changed_one_is_refused(calls: Calls) -> None:
    cursor = calls.v2().json()["paging"]["cursor"]
    *scheme, vector, sealed = cursor.split("::")
    assert scheme == ["AES-256-CBC", "base64", "utf8"]
    assert vector.endswith("==")
    assert sealed.endswith("==")
    raw = base64.b64decode(sealed)
    changed = base64.b64encode(bytes([raw[0] ^ 1]) + raw[1:]).decode()
    assert calls.v2(cursor="::".join([*scheme, vector, changed])).status_code == 400


def test_a_cursor_goes_on_where_it_was_though_rows_around_it_are_deleted(simulator: Simulator, calls: Calls) -> None:
    pairs = [row.pair for row in simulator.world.connections]
    cursor = calls.v2().json()["paging"]["cursor"]
    for user_id, vehicle_id in pairs[3], pairs[9]:
        calls.v2("DELETE", user_id=user_id, vehicle_id=vehicle_id)
    rows = calls.v2(cursor=cursor).json()["connections"]
    assert [(row["userId"], row["vehicleId"]) for row in rows] == pairs[10:20]


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Basic",
        "Basic !!!",
        "Basic ZGVmYXVsdA==",
        "Basic " + base64.b64encode(b"default:").decode(),
        "Basic " + base64.b64encode(b"Default:token").decode(),
        "Bearer token",
        "Basic \xe9",
    ],
)
def test_wrong_credentials_are_refused(calls: Calls, authorization: str | None) -> None:
    headers = {"Authorization": authorization.encode("latin-1")} if authorization else {}
    answer = calls.send("GET", CONNECTIONS, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (401, "AUTHENTICATION")


def test_the_sdks_own_vector_is_accepted_by_a_simulator_that_insists_on_it() -> None:
    # Token and header as in the tests of Smartcar's SDK (S).
    with Simulator(connections=1, management_token="fake-amt") as simulator:
        calls = Calls(simulator)
        accepted = calls.send("GET", CONNECTIONS, headers={"Authorization": "Basic ZGVmYXVsdDpmYWtlLWFtdA=="})
        refused = calls.v2()
        calls.close()
    assert (accepted.status_code, refused.status_code) == (200, 401)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v2.0/management/connection", "PATH"),
        ("/v2.0/management/connections//", "PATH"),
        ("/", "PATH"),
        ("/v1.0/management/connections", "VERSION"),
        ("/v4.0/management/connections", "VERSION"),
    ],
)
def test_unknown_paths_and_versions_are_told_apart(calls: Calls, path: str, code: str) -> None:
    answer = calls.v2_at(path)
    assert (answer.status_code, answer.json()["type"], answer.json()["code"]) == (
        404,
        "RESOURCE_NOT_FOUND",
        code,
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_other_methods_do_not_exist(calls: Calls, method: str) -> None:
    assert calls.v2(method).status_code == 404


def test_an_error_has_all_the_documented_fields_and_the_headers_request_id(calls: Calls) -> None:
    answer = calls.v2(limit=0)
    error = answer.json()
    assert error.keys() == {
        "type", "code", "description", "docURL", "statusCode", "requestId", "resolution", "detail",
    }  # fmt: skip
    assert error["statusCode"] == 400
    assert UUID(answer.headers["SC-Request-Id"]) == UUID(error["requestId"])
