"""What each answer that is none means, and whether a DELETE may have been applied all the same."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connections.smartcar.client import ConnectionsAPI
from connections.smartcar.errors import (
    AccessDenied,
    AuthenticationFailed,
    BillingProblem,
    GenerationRetired,
    InvalidRequest,
    NotFound,
    RateLimited,
    Refused,
    ServerFailed,
    SmartcarError,
    Unreadable,
)
from connections.smartcar.types import Connection, Generation, PairScope
from tests.smartcar.material import EVERYTHING, LIVE, MANAGEMENT_TOKEN
from tests.smartcar.scripted import Reply, ScriptedServer, json_reply, reply

REQUEST_ID = "55555555-5555-4555-8555-555555555555"


def v2_error(status: int, code: str | None = None, *, description: object = "Said by Smartcar.") -> Reply:
    return json_reply(
        status,
        {
            "type": "SOME_TYPE",
            "code": code,
            "description": description,
            "docURL": "https://smartcar.test/docs",
            "statusCode": status,
            "requestId": REQUEST_ID,
            "resolution": {"type": None},
        },
    )


def v3_error(status: int, code: str | None) -> Reply:
    error = {
        "status": str(status),
        "type": "SOME_TYPE",
        "code": code,
        "title": "Title.",
        "detail": "Said by v3.",
    }
    return json_reply(status, {"errors": [error]})


# Status and code; the class they stand for; whether a DELETE answered so may have been applied in v2, in v3.
STATUSES: list[tuple[int, str | None, type[SmartcarError], bool, bool]] = [
    (301, None, Unreadable, True, True),
    (304, None, Unreadable, True, True),
    (400, "PARAMETER", InvalidRequest, False, False),
    (401, None, AuthenticationFailed, False, False),
    (403, "ACCESS_DENIED", AccessDenied, False, False),
    (404, "PATH", NotFound, True, False),
    (404, None, NotFound, True, False),
    (404, "VERSION", GenerationRetired, False, False),
    (410, None, GenerationRetired, False, False),
    (409, None, Refused, True, True),
    (418, None, Refused, True, True),
    (429, "SMARTCAR_API", RateLimited, False, False),
    (430, "ACCOUNT_SUSPENDED", BillingProblem, False, False),
    (500, "INTERNAL", ServerFailed, True, True),
    (502, None, ServerFailed, True, True),
    (599, None, ServerFailed, True, True),
    (600, None, Unreadable, True, True),
    (999, None, Unreadable, True, True),
]


@pytest.mark.parametrize(("status", "code", "kind", "v2_open", "_"), STATUSES)
def test_each_status_of_v2_has_its_class(
    *,
    v2: ConnectionsAPI,
    server: ScriptedServer,
    pair: PairScope,
    status: int,
    code: str | None,
    kind: type[SmartcarError],
    v2_open: bool,
    _: bool,
) -> None:
    server.otherwise = v2_error(status, code)

    with pytest.raises(SmartcarError) as reading:
        v2.page(EVERYTHING, limit=10)
    with pytest.raises(SmartcarError) as deleting:
        v2.delete_scope(pair)

    assert type(reading.value) is type(deleting.value) is kind
    assert not reading.value.may_have_been_applied
    assert deleting.value.may_have_been_applied is v2_open
    assert (deleting.value.method, deleting.value.status) == ("DELETE", status)
    assert deleting.value.generation is Generation.V2


@pytest.mark.parametrize(("status", "code", "kind", "_", "v3_open"), STATUSES)
def test_each_status_of_v3_has_its_class(
    *,
    v3: ConnectionsAPI,
    server: ScriptedServer,
    connection: Connection,
    status: int,
    code: str | None,
    kind: type[SmartcarError],
    _: bool,
    v3_open: bool,
) -> None:
    server.otherwise = v3_error(status, code)

    with pytest.raises(SmartcarError) as caught:
        v3.delete_connection(connection)

    assert type(caught.value) is kind
    assert caught.value.may_have_been_applied is v3_open
    assert caught.value.generation is Generation.V3


def test_an_error_says_what_smartcar_says_and_carries_its_request_id(
    v2: ConnectionsAPI, server: ScriptedServer
) -> None:
    server.script(v2_error(400, "PARAMETER"))

    with pytest.raises(InvalidRequest) as caught:
        v2.page(EVERYTHING, limit=10)

    assert str(caught.value) == "Smartcar finds the request invalid (HTTP 400): “Said by Smartcar”."
    assert (caught.value.code, caught.value.request_id) == ("PARAMETER", REQUEST_ID)


def test_the_header_tells_the_request_id_before_the_body_does(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    header = "66666666-6666-4666-8666-666666666666"
    server.script(json_reply(403, {"requestId": REQUEST_ID}, headers=[("sc-request-id", header)]))

    with pytest.raises(AccessDenied) as caught:
        v2.page(EVERYTHING, limit=10)

    assert caught.value.request_id == header


def test_an_error_of_v3_says_what_smartcar_says(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(v3_error(403, "ACCESS_DENIED"))

    with pytest.raises(AccessDenied, match=r"Said by v3”\.") as caught:
        v3.page(LIVE, limit=10)

    assert caught.value.code == "ACCESS_DENIED"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><h1>secret proxy page</h1></html>",
        b"null",
        b"[]",
        b"{}",
        b'{"errors":[]}',
        b'{"errors":["none"]}',
        b'{"errors":[{"code":7,"detail":{"a":1}}]}',
        b'{"error":{"code":1}}',
        b'{"description":["a","b"],"code":{"x":1},"requestId":5}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_an_error_without_readable_words_has_none(v2: ConnectionsAPI, server: ScriptedServer, body: bytes) -> None:
    server.script(reply(403, body))

    with pytest.raises(AccessDenied) as caught:
        v2.page(EVERYTHING, limit=10)

    assert "proxy page" not in str(caught.value)
    assert caught.value.code is None


@pytest.mark.parametrize("body", [b"Plain words.", b'"Plain words."', b'{"message":"Plain words."}'])
def test_an_error_in_plain_words_is_quoted(v2: ConnectionsAPI, server: ScriptedServer, body: bytes) -> None:
    server.script(reply(403, body))

    with pytest.raises(AccessDenied, match=r"“Plain words”\."):
        v2.page(EVERYTHING, limit=10)


def test_smartcars_words_are_cut_and_made_printable(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(v2_error(403, description="line\nfeed\x00\ud800" + "x" * 5000))

    with pytest.raises(AccessDenied) as caught:
        v2.page(EVERYTHING, limit=10)

    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_an_error_does_not_repeat_the_credentials_it_was_told(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    v2.page(EVERYTHING, limit=10)
    header = server.requests[0].headers["authorization"]
    words = f"{'x' * 190} you sent {header}, that is {MANAGEMENT_TOKEN}"
    server.script(
        v2_error(403, MANAGEMENT_TOKEN, description=f"{MANAGEMENT_TOKEN} {header}"),
        v2_error(403, description=words),
    )

    for _ in range(2):
        with pytest.raises(AccessDenied) as caught:
            v2.page(EVERYTHING, limit=10)
        told = f"{caught.value} {caught.value.code} {caught.value!r}"
        assert MANAGEMENT_TOKEN not in told
        assert header.split()[1][:8] not in told


@pytest.mark.parametrize("odd", ["<b>", "short", "x" * 65, "id with blanks", "zürich-123"])
def test_a_request_id_of_another_look_is_none(v2: ConnectionsAPI, server: ScriptedServer, odd: str) -> None:
    server.script(json_reply(403, {}, headers=[("SC-Request-Id", odd)]))

    with pytest.raises(AccessDenied) as caught:
        v2.page(EVERYTHING, limit=10)

    assert caught.value.request_id is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("60", 60),
        ("0", 0),
        ("7.5", 7.5),
        ("99999999999999999999", 3600),
        ("9" * 500, 3600),
        ("-5", None),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 9999 07:28:00 -0000", 3600),
        ("21 Oct 99999999999 07:28:00", None),
    ],
)
def test_retry_after_is_seconds_within_an_hour(
    v2: ConnectionsAPI, server: ScriptedServer, header: str, seconds: float | None
) -> None:
    server.otherwise = json_reply(429, {}, headers=[("Retry-After", header)])

    with pytest.raises(RateLimited) as caught:
        v2.page(EVERYTHING, limit=10)

    assert caught.value.retry_after == seconds


def test_retry_after_may_be_a_date(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    server.otherwise = json_reply(429, {}, headers=[("Retry-After", moment)])

    with pytest.raises(RateLimited) as caught:
        v2.page(EVERYTHING, limit=10)

    assert caught.value.retry_after == pytest.approx(100, abs=10)
