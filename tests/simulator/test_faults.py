"""Every fault by name: what it looks like on the wire, and what it does to the world."""

import socket
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
import requests

from connections.simulator.fault_board import FaultError
from connections.simulator.faults import CATALOGUE
from connections.simulator.server import Simulator
from tests.simulator.calls import CONNECTIONS, Calls

# Fault, status, type, code.
Refusal = tuple[str, int, str, str | None]

V2_REFUSALS: list[Refusal] = [
    ("authentication", 401, "AUTHENTICATION", None),
    ("validation", 400, "VALIDATION", "PARAMETER"),
    ("permission", 403, "PERMISSION", None),
    ("not-found", 404, "RESOURCE_NOT_FOUND", "PATH"),
    ("v2-retired", 404, "RESOURCE_NOT_FOUND", "VERSION"),
    ("v2-gone", 410, "RESOURCE_NOT_FOUND", "VERSION"),
    ("rate-limit", 429, "RATE_LIMIT", "SMARTCAR_API"),
    ("rate-limit-vehicle", 429, "RATE_LIMIT", "VEHICLE"),
    ("billing", 430, "BILLING", "INVALID_PLAN"),
    ("billing-vehicle-limit", 430, "BILLING", "VEHICLE_LIMIT"),
    ("billing-requests", 430, "BILLING", "VEHICLE_REQUEST_LIMIT"),
    ("billing-suspended", 430, "BILLING", "ACCOUNT_SUSPENDED"),
    ("server-error", 500, "SERVER", "INTERNAL"),
]
V3_REFUSALS: list[Refusal] = [
    ("authentication", 401, "AUTHENTICATION", "UNAUTHORIZED"),
    ("permission", 403, "AUTHENTICATION", "ACCESS_DENIED"),
    ("validation", 400, "VALIDATION", "INVALID_INPUT_FORMAT"),
    ("not-found", 404, "RESOURCE_NOT_FOUND", None),
    ("rate-limit", 429, "RATE_LIMIT", "SMARTCAR_API"),
    ("billing", 430, "BILLING", "INVALID_PLAN"),
    ("server-error", 500, "SERVER", "INTERNAL"),
]
# Name, status, start of the body: the same for both generations.
REPLACEMENTS = [
    ("html", 502, b"<!DOCTYPE html>"),
    ("html-200", 200, b"<!DOCTYPE html>"),
    ("empty-body", 200, b""),
    ("unparsable", 200, b'{"connections":['),
    ("empty-401", 401, b""),
    ("plain-text", 500, b"Internal"),
    ("error-string", 500, b'"it went wrong"'),
]
BROKEN = ["truncated", "hang", "reset", "closed"]
APPLIED = sorted(name for name in CATALOGUE if name.endswith("-applied"))


def attempt(calls: Calls, method: str, **parameters: object) -> requests.Response | None:
    """The answer, or None when there was none to read."""
    try:
        return calls.v2(method, **parameters)
    except requests.RequestException:
        return None


def user_with_several(simulator: Simulator) -> str:
    return Counter(row.user_id for row in simulator.world.connections).most_common(1)[0][0]


@pytest.mark.parametrize("refusal", V2_REFUSALS, ids=lambda refusal: refusal[0])
def test_v2_refusals_have_the_documented_status_type_and_code(
    simulator: Simulator, calls: Calls, refusal: Refusal
) -> None:
    name, status, kind, code = refusal
    simulator.fault(name)
    answer = calls.v2()
    error = answer.json()
    assert (answer.status_code, error["type"], error["code"]) == (status, kind, code)
    assert (error["statusCode"], error["requestId"]) == (status, answer.headers["SC-Request-Id"])
    assert ("detail" in error) == (name == "validation")


@pytest.mark.parametrize("refusal", V3_REFUSALS, ids=lambda refusal: refusal[0])
def test_v3_refusals_have_the_documented_status_type_and_code(
    simulator: Simulator, calls: Calls, refusal: Refusal
) -> None:
    name, status, kind, code = refusal
    simulator.fault(name, generation="v3")
    answer = calls.v3()
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["status"]) == (status, str(status))
    assert (error["type"], error["code"]) == (kind, code)


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("authentication", 401, "invalid_client"),
        ("validation", 400, "invalid_request"),
        ("rate-limit", 429, "rate_limit_exceeded"),
        ("server-error", 500, "server_error"),
    ],
)
def test_the_token_host_refuses_in_oauth_form(
    simulator: Simulator, calls: Calls, name: str, status: int, error: str
) -> None:
    simulator.fault(name, generation="token")
    answer = calls.token()
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_retry_after_comes_as_seconds_as_a_date_or_not_at_all(simulator: Simulator, calls: Calls) -> None:
    for name in "rate-limit", "rate-limit-seconds", "rate-limit-date":
        simulator.fault(name, times=1, seconds=90 if name != "rate-limit" else None)
    without, seconds, date = (calls.v2().headers.get("Retry-After") for _ in range(3))
    assert (without, seconds) == (None, "90")
    assert date is not None
    assert 80 < (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds() <= 90


@pytest.mark.parametrize(("name", "status", "start"), REPLACEMENTS)
def test_replaced_answers_have_their_status_and_body(
    simulator: Simulator, calls: Calls, name: str, status: int, start: bytes
) -> None:
    simulator.fault(name)
    answer = calls.v2()
    assert answer.status_code == status
    assert answer.content[: len(start) or None] == start
    assert "SC-Request-Id" in answer.headers


@pytest.mark.parametrize("name", BROKEN)
def test_broken_deliveries_leave_no_answer_to_read(simulator: Simulator, calls: Calls, name: str) -> None:
    simulator.fault(name, times=1, seconds=0.1)
    assert attempt(calls, "GET") is None
    assert attempt(calls, "GET") is not None


@pytest.mark.parametrize("name", ["server-error", "html", "html-200", "empty-body", "drip", "huge", *BROKEN])
def test_a_fault_before_applying_leaves_the_world_as_it_was(simulator: Simulator, calls: Calls, name: str) -> None:
    user_id, vehicle_id = simulator.world.connections[0].pair
    simulator.fault(name, times=1, seconds=0.001)
    attempt(calls, "DELETE", user_id=user_id, vehicle_id=vehicle_id)
    assert calls.pairs(user_id=user_id, vehicle_id=vehicle_id) == [(user_id, vehicle_id)]
    assert not simulator.deletes[-1].applied


@pytest.mark.parametrize("name", APPLIED)
def test_a_fault_after_applying_meets_deletes_only_and_the_deed_is_done(
    simulator: Simulator, calls: Calls, name: str
) -> None:
    user_id, vehicle_id = simulator.world.connections[0].pair
    simulator.fault(name, times=1, seconds=0.001)
    assert calls.v2(user_id=user_id).ok
    assert simulator.faults
    attempt(calls, "DELETE", user_id=user_id, vehicle_id=vehicle_id)
    assert calls.pairs(user_id=user_id, vehicle_id=vehicle_id) == []
    assert simulator.deletes[-1].removed == ((user_id, vehicle_id),)
    assert simulator.deletes[-1].faults == (name,)


@pytest.mark.parametrize("name", APPLIED)
def test_a_fault_after_applying_meets_v3_deletes_too(simulator: Simulator, calls: Calls, name: str) -> None:
    row = next(row for row in simulator.world.connections if row.mode == "live")
    calls.v3()
    simulator.fault(name, times=1, seconds=0.001)
    try:
        answer: requests.Response | None = calls.v3("DELETE", f"/v3/connections/{row.connection_id}")
    except requests.RequestException:
        answer = None
    assert row not in simulator.world.connections
    assert answer is None or answer.status_code != 204 or name == "drip-applied"


def raw_answer(simulator: Simulator, path: str = CONNECTIONS) -> bytes:
    """The bytes as they come until the connection ends; raises as the socket does."""
    address = urlsplit(simulator.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), 5) as connection:
        request = f"GET {path} HTTP/1.1\r\nHost: s\r\nAuthorization: Basic ZGVmYXVsdDp0\r\n\r\n"
        connection.sendall(request.encode())
        received = b""
        while piece := connection.recv(65_536):
            received += piece
        return received


def test_closed_is_an_orderly_end_without_a_byte(simulator: Simulator) -> None:
    simulator.fault("closed")
    assert raw_answer(simulator) == b""


def test_reset_is_a_reset(simulator: Simulator) -> None:
    simulator.fault("reset")
    with pytest.raises(ConnectionResetError):
        raw_answer(simulator)


def test_truncated_sends_less_than_it_announces(simulator: Simulator) -> None:
    simulator.fault("truncated")
    head, _, body = raw_answer(simulator).partition(b"\r\n\r\n")
    announced = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    assert 0 < len(body) < announced


def test_hang_says_nothing_for_as_long_as_told(simulator: Simulator) -> None:
    simulator.fault("hang", seconds=0.3)
    started = time.monotonic()
    assert raw_answer(simulator) == b""
    assert time.monotonic() - started >= 0.3
    assert simulator.requests[-1].status is None


def test_stopping_ends_a_hanging_answer_at_once() -> None:
    threads = set(threading.enumerate())
    with Simulator(connections=1) as simulator:
        simulator.fault("hang", seconds=60)
        address = urlsplit(simulator.url)
        with socket.create_connection((str(address.hostname), int(address.port or 0)), 5) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: s\r\n\r\n")
            while not simulator.requests:
                time.sleep(0.01)
            simulator.stop()
            assert connection.recv(1) == b""
    assert set(threading.enumerate()) == threads


def test_drip_comes_byte_by_byte(simulator: Simulator, calls: Calls) -> None:
    simulator.fault("drip", seconds=0.001)
    started = time.monotonic()
    answer = calls.v2(limit=1)
    assert answer.json()["connections"]
    assert time.monotonic() - started > 0.001 * len(answer.content)


def test_huge_is_valid_json_of_many_megabytes(simulator: Simulator, calls: Calls) -> None:
    simulator.fault("huge")
    answer = calls.v2()
    assert len(answer.content) > 30 * 1024 * 1024
    assert len(answer.json()["connections"]) == 10


def test_redirect_points_to_another_host(simulator: Simulator, calls: Calls) -> None:
    simulator.fault("redirect")
    answer = calls.v2()
    assert answer.status_code == 302
    assert urlsplit(answer.headers["Location"]).hostname == "elsewhere.invalid"


def test_delayed_visibility_shows_what_was_deleted_for_a_while(simulator: Simulator, calls: Calls) -> None:
    row = next(row for row in simulator.world.connections if row.mode == "live")
    user_id, vehicle_id = row.pair
    simulator.fault("delayed-visibility", times=1, seconds=0.5)
    removed = calls.v2("DELETE", user_id=user_id, vehicle_id=vehicle_id).json()["connections"]
    assert len(removed) == 1
    assert calls.pairs(user_id=user_id, vehicle_id=vehicle_id) == [row.pair]
    assert calls.v2("DELETE", user_id=user_id, vehicle_id=vehicle_id).json()["connections"] == []
    assert calls.v3("DELETE", f"/v3/connections/{row.connection_id}").status_code == 404
    time.sleep(0.5)
    assert calls.pairs(user_id=user_id, vehicle_id=vehicle_id) == []


def test_deleted_but_empty_deletes_and_denies_it(simulator: Simulator, calls: Calls) -> None:
    user_id, vehicle_id = simulator.world.connections[0].pair
    simulator.fault("deleted-but-empty")
    assert calls.v2("DELETE", user_id=user_id, vehicle_id=vehicle_id).json() == {"connections": []}
    assert calls.pairs(user_id=user_id, vehicle_id=vehicle_id) == []


def test_extra_pair_claims_more_than_was_deleted(simulator: Simulator, calls: Calls) -> None:
    user_id, vehicle_id = simulator.world.connections[0].pair
    simulator.fault("extra-pair")
    said = calls.v2("DELETE", user_id=user_id, vehicle_id=vehicle_id).json()["connections"]
    assert len(said) == 2
    assert simulator.deletes[-1].removed == ((user_id, vehicle_id),)
    assert calls.pairs(user_id=said[1]["userId"], vehicle_id=said[1]["vehicleId"])


def test_missing_pair_claims_less_than_was_deleted(simulator: Simulator, calls: Calls) -> None:
    user_id = user_with_several(simulator)
    simulator.fault("missing-pair")
    said = calls.v2("DELETE", user_id=user_id).json()["connections"]
    assert len(said) == len(simulator.deletes[-1].removed) - 1
    assert calls.pairs(user_id=user_id) == []


def test_ignored_vehicle_id_deletes_all_of_the_users(simulator: Simulator, calls: Calls) -> None:
    user_id = user_with_several(simulator)
    pairs = calls.pairs(user_id=user_id)
    simulator.fault("ignored-vehicle-id")
    said = calls.v2("DELETE", user_id=user_id, vehicle_id=pairs[0][1]).json()["connections"]
    assert len(said) == len(pairs) > 1
    assert calls.pairs(user_id=user_id) == []


def test_the_end_of_a_list_can_be_told_in_three_ways(simulator: Simulator, calls: Calls) -> None:
    user_id = simulator.world.connections[0].user_id
    assert calls.v2(user_id=user_id, limit=100).json()["paging"] == {"cursor": None}
    simulator.fault("paging-missing", times=1)
    assert "paging" not in calls.v2(user_id=user_id, limit=100).json()
    simulator.fault("paging-empty", times=1)
    assert calls.v2(user_id=user_id, limit=100).json()["paging"] == {}
    simulator.fault("paging-missing")
    assert calls.v2().json()["paging"]["cursor"]


def test_oddities_of_lists_are_switched_on_by_name(simulator: Simulator, calls: Calls) -> None:
    simulator.fault("paging-extra", times=1)
    assert len(calls.v2().json()["paging"]) > 1
    simulator.fault("created-at-rows", times=1)
    assert all("createdAt" in row and "mode" not in row for row in calls.v2().json()["connections"])
    simulator.fault("row-without-uuid", times=1)
    assert all(row["vehicleId"] == "not-a-uuid" for row in calls.v2().json()["connections"])
    simulator.fault("user-absent", times=1)
    assert all("user" not in item["attributes"] for item in calls.v3().json()["data"])


def test_pages_of_a_single_row_still_lead_through_everything(simulator: Simulator, calls: Calls) -> None:
    simulator.fault("single-row-pages")
    user_id = user_with_several(simulator)
    pages = list(calls.v2_pages(user_id=user_id, limit=100))
    assert len(pages) > 1
    assert all(len(page) == 1 for page in pages)


def test_a_repeated_cursor_leads_to_itself(simulator: Simulator, calls: Calls) -> None:
    cursor = calls.v2().json()["paging"]["cursor"]
    simulator.fault("repeated-cursor")
    assert calls.v2(cursor=cursor).json()["paging"]["cursor"] == cursor


def test_an_expired_cursor_is_refused_and_the_first_page_is_not(simulator: Simulator, calls: Calls) -> None:
    cursor = calls.v2().json()["paging"]["cursor"]
    simulator.fault("cursor-expired")
    assert calls.v2(cursor=cursor).status_code == 400
    assert calls.v2().ok


def test_a_fault_ends_after_its_times(simulator: Simulator, calls: Calls) -> None:
    simulator.fault("server-error", times=2)
    assert [calls.v2().status_code for _ in range(3)] == [500, 500, 200]


def test_a_fault_lasts_until_cleared(simulator: Simulator, calls: Calls) -> None:
    simulator.fault("server-error")
    assert [calls.v2().status_code for _ in range(3)] == [500, 500, 500]
    simulator.clear()
    assert calls.v2().ok


def test_a_fault_can_be_narrowed_to_a_method_and_a_generation(simulator: Simulator, calls: Calls) -> None:
    simulator.fault("server-error", method="DELETE", generation="v3")
    assert calls.v2("DELETE", user_id=simulator.world.connections[0].user_id).ok
    assert calls.v3().ok
    assert calls.v3("DELETE", f"/v3/connections/{simulator.world.connections[0].connection_id}").status_code == 500


def test_faults_of_the_constructor_are_spelled_as_on_the_command_line() -> None:
    with Simulator(connections=1, faults=("server-error:1", "rate-limit-seconds@7")) as simulator:
        calls = Calls(simulator)
        first, second = calls.v2(), calls.v2()
        calls.close()
    assert (first.status_code, second.headers["Retry-After"]) == (500, "7")


@pytest.mark.parametrize("text", ["nope", "server-error:0", "server-error:x", "", "hang@"])
def test_a_fault_that_cannot_be_is_an_error(text: str) -> None:
    with pytest.raises(FaultError):
        Simulator(connections=1, faults=(text,))


def test_an_unknown_fault_is_an_error_that_lists_the_names(simulator: Simulator) -> None:
    with pytest.raises(FaultError, match=r"nope.*server-error-applied"):
        simulator.fault("nope")
