"""Which failed reads are tried again, how often, and after how long."""

import pytest

from connections.smartcar.client import ConnectionsAPI
from connections.smartcar.errors import AccessDenied, NotSent, RateLimited, ServerFailed, SmartcarError
from connections.smartcar.transport import Timeouts
from tests.smartcar.material import EVERYTHING, MakeSmartcar, Naps, v2_list, v2_row
from tests.smartcar.scripted import Reply, ScriptedServer, Then, json_reply, reply

# Time enough to sit out any wait.
PATIENT = Timeouts(connect=2, read=2, total=600)
PAGE = json_reply(200, v2_list(v2_row()))


@pytest.mark.parametrize(
    "failure",
    [
        reply(500),
        reply(503, b"<html>"),
        Reply(b"", Then.RESET),
        Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Then.CLOSE),
        reply(429, headers=[("Retry-After", "2")]),
    ],
)
def test_a_passing_failure_of_a_read_is_overcome(
    v2: ConnectionsAPI, server: ScriptedServer, naps: Naps, failure: Reply
) -> None:
    server.script(failure, failure, PAGE)

    assert len(v2.page(EVERYTHING, limit=10).connections) == 1
    assert len(naps.taken) == 2


def test_a_read_is_tried_three_times_at_most(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.otherwise = reply(500)

    with pytest.raises(ServerFailed):
        v2.page(EVERYTHING, limit=10)

    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 408, 409, 410, 430])
def test_what_will_not_pass_is_not_tried_again(v2: ConnectionsAPI, server: ScriptedServer, status: int) -> None:
    server.otherwise = reply(status)

    with pytest.raises(SmartcarError):
        v2.page(EVERYTHING, limit=10)

    assert len(server.requests) == 1


def test_an_unreadable_success_is_not_tried_again(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.otherwise = reply(200, b"<html>")

    with pytest.raises(SmartcarError):
        v2.page(EVERYTHING, limit=10)

    assert len(server.requests) == 1


@pytest.mark.parametrize("headers", [[], [("Retry-After", "60")], [("Retry-After", "soon")]])
def test_a_spent_allowance_is_not_spent_further(
    make_smartcar: MakeSmartcar, server: ScriptedServer, naps: Naps, headers: list[tuple[str, str]]
) -> None:
    server.otherwise = reply(429, headers=headers)

    with pytest.raises(RateLimited):
        make_smartcar(server.url, timeouts=PATIENT).api.page(EVERYTHING, limit=10)

    assert len(server.requests) == 1
    assert not naps.taken


@pytest.mark.parametrize("status", [429, 503])
def test_a_short_retry_after_is_respected(v2: ConnectionsAPI, server: ScriptedServer, naps: Naps, status: int) -> None:
    server.script(reply(status, headers=[("Retry-After", "3")]), PAGE)

    v2.page(EVERYTHING, limit=10)

    assert 3 <= naps.taken[0] < 4


def test_a_long_retry_after_of_a_failing_server_is_not_sat_out(
    make_smartcar: MakeSmartcar, server: ScriptedServer
) -> None:
    server.otherwise = reply(503, headers=[("Retry-After", "120")])

    with pytest.raises(ServerFailed):
        make_smartcar(server.url, timeouts=PATIENT).api.page(EVERYTHING, limit=10)

    assert len(server.requests) == 1


@pytest.mark.parametrize(("jitter", "pauses"), [(0.0, [0.125, 0.5]), (0.5, [0.25, 1.0]), (1.0, [0.375, 1.5])])
def test_pauses_grow_and_are_scattered(
    make_smartcar: MakeSmartcar, server: ScriptedServer, naps: Naps, jitter: float, pauses: list[float]
) -> None:
    server.otherwise = reply(500)

    with pytest.raises(ServerFailed):
        make_smartcar(server.url, jitter=lambda: jitter).api.page(EVERYTHING, limit=10)

    assert naps.taken == pauses


def test_what_was_not_sent_is_tried_again(make_smartcar: MakeSmartcar, naps: Naps) -> None:
    with pytest.raises(NotSent):
        make_smartcar("http://127.0.0.1:9").api.page(EVERYTHING, limit=10)

    assert len(naps.taken) == 2


def test_the_last_failure_is_the_one_told(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(reply(500), reply(502), reply(403))

    with pytest.raises(AccessDenied):
        v2.page(EVERYTHING, limit=10)
