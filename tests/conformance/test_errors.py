"""
Every documented error of v2.0 becomes the SDKs' own exception, with type, code, status and request id.

The types, statuses and codes are documented (D); which fields an SDK picks up,
and under which names, is what its source shows (S).
"""

import pytest

from connections.simulator.server import Simulator
from tests.conformance.sdk import SDK, SDKError

OWN_CLASSES = {"Python": "SmartcarException", "Node": "SmartcarError"}

# Fault, type, status, code.
DOCUMENTED = [
    ("authentication", "AUTHENTICATION", 401, None),
    ("validation", "VALIDATION", 400, "PARAMETER"),
    ("permission", "PERMISSION", 403, None),
    ("not-found", "RESOURCE_NOT_FOUND", 404, "PATH"),
    ("v2-retired", "RESOURCE_NOT_FOUND", 404, "VERSION"),
    ("rate-limit", "RATE_LIMIT", 429, "SMARTCAR_API"),
    ("rate-limit-vehicle", "RATE_LIMIT", 429, "VEHICLE"),
    ("billing", "BILLING", 430, "INVALID_PLAN"),
    ("billing-vehicle-limit", "BILLING", 430, "VEHICLE_LIMIT"),
    ("billing-requests", "BILLING", 430, "VEHICLE_REQUEST_LIMIT"),
    ("billing-suspended", "BILLING", 430, "ACCOUNT_SUSPENDED"),
    ("server-error", "SERVER", 500, "INTERNAL"),
]


def refusal(sdk: SDK, call: str = "list") -> SDKError:
    with pytest.raises(SDKError) as raised:
        sdk.list() if call == "list" else sdk.delete(user_id="00000000-0000-4000-8000-000000000000")
    assert raised.value.kind == OWN_CLASSES[sdk.name]
    return raised.value


@pytest.mark.parametrize("call", ["list", "delete"])
@pytest.mark.parametrize("documented", DOCUMENTED, ids=lambda documented: documented[0])
def test_each_documented_error_is_parsed_by_the_sdk(
    simulator: Simulator, sdk: SDK, documented: tuple[str, str, int, str | None], call: str
) -> None:
    fault, kind, status, code = documented
    simulator.fault(fault)
    error = refusal(sdk, call)
    assert (error.type, error.status, error.code) == (kind, status, code)
    assert error.request_id == simulator.requests[-1].request_id
    assert error.description
    assert str(error.doc_url).startswith("https://smartcar.com/docs")


def test_an_empty_token_is_an_authentication_error_with_its_request_id(simulator: Simulator, sdk: SDK) -> None:
    with pytest.raises(SDKError) as raised:
        sdk.list(token="")
    error = raised.value
    assert (error.kind, error.type, error.status) == (OWN_CLASSES[sdk.name], "AUTHENTICATION", 401)
    assert error.request_id == simulator.requests[-1].request_id


@pytest.mark.parametrize("limit", [101, -1])
def test_a_bad_limit_is_a_validation_error_that_names_it(simulator: Simulator, sdk: SDK, limit: int) -> None:
    with pytest.raises(SDKError) as raised:
        sdk.list(limit=limit)
    assert raised.value.type == "VALIDATION"
    assert [item["field"] for item in raised.value.detail or []] == ["limit"]
    assert simulator.requests[-1].status == 400


def test_a_cursor_of_another_query_is_a_validation_error(simulator: Simulator, sdk: SDK) -> None:
    cursor = sdk.list(limit=5).cursor
    with pytest.raises(SDKError) as raised:
        sdk.list(limit=6, cursor=cursor)
    assert raised.value.type == "VALIDATION"
    assert [entry.status for entry in simulator.requests] == [200, 400]


def test_retry_after_is_picked_up_by_both(simulator: Simulator, sdk: SDK) -> None:
    simulator.fault("rate-limit-vehicle", seconds=17)
    assert refusal(sdk).retry_after == "17"


def test_a_page_of_html_is_the_message_of_their_error(simulator: Simulator, sdk: SDK) -> None:
    simulator.fault("html")
    error = refusal(sdk)
    assert (error.status, error.type) == (502, None)
    assert "502 Bad Gateway" in error.message
