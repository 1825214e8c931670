"""What is lost on the way, how long is waited, and how often a DELETE can be on the wire."""

import gzip
import socket
import threading
import time
import traceback
from collections.abc import Callable

import pytest

from connections.smartcar.client import ConnectionsAPI
from connections.smartcar.errors import AnswerLost, NotSent, SmartcarError, Unreadable
from connections.smartcar.transport import LARGEST_BODY, Timeouts
from connections.smartcar.types import Connection, PairScope
from tests.smartcar.material import EVERYTHING, LIVE, MANAGEMENT_TOKEN, MakeSmartcar, v2_list, v2_row
from tests.smartcar.scripted import Reply, ScriptedServer, Then, json_reply, reply

HASTY = Timeouts(connect=0.3, read=0.3, total=0.6)
HALF = b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"connections": ['

LOST = {
    "closed without an answer": Reply(b"", Then.CLOSE),
    "reset without an answer": Reply(b"", Then.RESET),
    "hanging": Reply(b"", Then.HANG),
    "hanging in the headers": Reply(HALF[:30], Then.HANG),
    "hanging in the body": Reply(HALF, Then.HANG),
    "cut in the headers": Reply(HALF[:30], Then.CLOSE),
    "cut in the body": Reply(HALF, Then.CLOSE),
    "reset in the body": Reply(HALF, Then.RESET),
    "cut in a chunk": Reply(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{", Then.CLOSE),
    "no HTTP": Reply(b"SSH-2.0-OpenSSH_9.2\r\n", Then.CLOSE),
}


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST.keys())
def test_a_delete_whose_answer_is_lost_is_sent_once_and_may_have_been_applied(
    make_smartcar: MakeSmartcar, server: ScriptedServer, pair: PairScope, answer: Reply
) -> None:
    api = make_smartcar(server.url, "v2", timeouts=HASTY).api
    api.page(EVERYTHING, limit=10)
    server.otherwise = answer

    with pytest.raises(AnswerLost) as caught:
        api.delete_scope(pair)

    assert caught.value.may_have_been_applied
    assert len(server.with_method("DELETE")) == 1


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST.keys())
def test_a_v3_delete_whose_answer_is_lost_is_sent_once(
    v3: ConnectionsAPI, server: ScriptedServer, connection: Connection, answer: Reply
) -> None:
    server.otherwise = answer if answer.then is not Then.HANG else Reply(answer.data, Then.RESET)

    with pytest.raises(AnswerLost) as caught:
        v3.delete_connection(connection)

    assert caught.value.may_have_been_applied
    assert len(server.with_method("DELETE")) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 408, 425, 429, 500, 502, 503, 504])
def test_a_refused_delete_is_sent_once(
    v3: ConnectionsAPI, server: ScriptedServer, connection: Connection, status: int
) -> None:
    server.otherwise = reply(status, headers=[("Retry-After", "0")])

    with pytest.raises(SmartcarError):
        v3.delete_connection(connection)

    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST.keys())
def test_a_read_whose_answer_is_lost_changes_nothing(
    make_smartcar: MakeSmartcar, server: ScriptedServer, answer: Reply
) -> None:
    server.otherwise = answer

    with pytest.raises(AnswerLost) as caught:
        make_smartcar(server.url, timeouts=HASTY).api.page(EVERYTHING, limit=10)

    assert not caught.value.may_have_been_applied


def test_a_delete_travels_on_a_socket_of_its_own(v2: ConnectionsAPI, server: ScriptedServer, pair: PairScope) -> None:
    v2.page(EVERYTHING, limit=10)
    v2.delete_scope(pair)
    v2.page(EVERYTHING, limit=10)

    before, delete, after = (seen.port for seen in server.requests)
    assert before == after
    assert delete != before


def test_reads_share_a_socket_that_smartcar_may_close_meanwhile(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(json_reply(200, v2_list()), json_reply(200, v2_list()), reply(200, b"{}", then=Then.CLOSE))
    v2.page(EVERYTHING, limit=10)
    v2.page(EVERYTHING, limit=10)
    with pytest.raises(Unreadable):
        v2.page(EVERYTHING, limit=10)
    v2.page(EVERYTHING, limit=10)

    ports = [seen.port for seen in server.requests]
    assert len(ports) == 4
    assert len(set(ports)) == 2


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param(closed_port, id="refused"),
        pytest.param(lambda: "http://nowhere.invalid", id="unknown name"),
        pytest.param(lambda: "http://bad..name", id="impossible name"),
        pytest.param(lambda: "nonsense", id="no address"),
        pytest.param(lambda: "http://[::1", id="broken address"),
    ],
)
def test_what_never_left_was_not_sent(make_smartcar: MakeSmartcar, pair: PairScope, origin: Callable[[], str]) -> None:
    api = make_smartcar(origin()).api

    with pytest.raises(NotSent) as reading:
        api.page(EVERYTHING, limit=10)
    with pytest.raises(NotSent) as deleting:
        api.delete_scope(pair)

    assert not reading.value.may_have_been_applied
    assert not deleting.value.may_have_been_applied


def test_a_failed_tls_handshake_was_not_sent(make_smartcar: MakeSmartcar, pair: PairScope) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_in_plain_text() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                peer.recv(65536)

        thread = threading.Thread(target=answer_in_plain_text)
        thread.start()
        with pytest.raises(NotSent, match="TLS") as caught:
            make_smartcar(f"https://127.0.0.1:{listener.getsockname()[1]}").api.delete_scope(pair)
        thread.join()

    assert not caught.value.may_have_been_applied


def test_a_tls_handshake_that_hangs_was_not_sent(make_smartcar: MakeSmartcar, pair: PairScope) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        api = make_smartcar(f"https://127.0.0.1:{silent.getsockname()[1]}", timeouts=HASTY).api

        with pytest.raises(NotSent):
            api.delete_scope(pair)


@pytest.mark.parametrize("timeouts", [HASTY, Timeouts(connect=9, read=9, total=0.3)], ids=["connect", "total"])
def test_a_connect_timeout_was_not_sent(make_smartcar: MakeSmartcar, pair: PairScope, timeouts: Timeouts) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        try:
            api = make_smartcar(f"http://127.0.0.1:{address[1]}", timeouts=timeouts).api
            started = time.monotonic()
            with pytest.raises(NotSent, match="no connection in time"):
                api.delete_scope(pair)
            assert time.monotonic() - started < 2
        finally:
            for each in waiting:
                each.close()


@pytest.mark.parametrize("drips_at", [0, 30, len(HALF)], ids=["status", "headers", "body"])
def test_an_answer_that_drips_is_given_up_at_the_deadline(
    make_smartcar: MakeSmartcar, server: ScriptedServer, pair: PairScope, drips_at: int
) -> None:
    """No pause comes near the read timeout."""
    server.otherwise = Reply(HALF + b" " * 400, drip=0.02, drips_at=drips_at)
    api = make_smartcar(server.url, timeouts=Timeouts(connect=1, read=1, total=0.5)).api

    started = time.monotonic()
    with pytest.raises(AnswerLost):
        api.delete_scope(pair)

    assert time.monotonic() - started < 2


def test_an_answer_that_drips_and_then_hangs_is_given_up_at_the_deadline(
    make_smartcar: MakeSmartcar, server: ScriptedServer, pair: PairScope
) -> None:
    """The last pause begins shortly before the deadline and must not be waited out."""
    server.otherwise = Reply(HALF, Then.HANG, drip=0.8 / len(HALF))
    api = make_smartcar(server.url, timeouts=Timeouts(connect=1, read=5, total=1)).api

    started = time.monotonic()
    with pytest.raises(AnswerLost):
        api.delete_scope(pair)

    assert time.monotonic() - started < 1.5


def test_the_deadline_bounds_a_read_with_its_repeats(make_smartcar: MakeSmartcar, server: ScriptedServer) -> None:
    server.otherwise = Reply(b"", Then.HANG)
    api = make_smartcar(server.url, timeouts=Timeouts(connect=1, read=0.4, total=0.6)).api

    started = time.monotonic()
    with pytest.raises(AnswerLost):
        api.page(EVERYTHING, limit=10)

    assert time.monotonic() - started < 1.5
    assert len(server.requests) <= 2


def test_an_answer_too_large_is_unreadable(v2: ConnectionsAPI, server: ScriptedServer, pair: PairScope) -> None:
    server.otherwise = reply(200, b" " * (LARGEST_BODY + 1), headers=[("SC-Request-Id", "request-1")])

    with pytest.raises(Unreadable) as caught:
        v2.delete_scope(pair)

    assert caught.value.may_have_been_applied
    assert (caught.value.status, caught.value.request_id) == (200, "request-1")


def test_a_small_answer_that_unpacks_too_large_is_unreadable(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    packed = gzip.compress(b" " * (LARGEST_BODY * 4))
    server.otherwise = reply(200, packed, headers=[("Content-Encoding", "gzip")])

    with pytest.raises(Unreadable, match="too large"):
        v2.page(EVERYTHING, limit=10)


def test_a_compressed_answer_is_read(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    packed = gzip.compress(b'{"connections": []}')
    server.script(reply(200, packed, headers=[("Content-Encoding", "gzip")]))

    assert v2.page(EVERYTHING, limit=10).connections == ()


def test_a_broken_compression_is_unreadable(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.otherwise = reply(200, b"not gzip", headers=[("Content-Encoding", "gzip")])

    with pytest.raises(Unreadable):
        v2.page(EVERYTHING, limit=10)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(v2: ConnectionsAPI, server: ScriptedServer, pair: PairScope, status: int) -> None:
    with ScriptedServer() as elsewhere:
        server.otherwise = reply(status, headers=[("Location", f"{elsewhere.url}/v2.0/management/connections")])

        with pytest.raises(Unreadable):
            v2.page(EVERYTHING, limit=10)
        with pytest.raises(Unreadable):
            v2.delete_scope(pair)

        assert not elsewhere.requests
    assert len(server.requests) == 2


@pytest.mark.parametrize("location", ["http://[", "\xff\xfe", "", "//", "javascript:x"])
def test_a_redirect_to_nonsense_is_as_unreadable(v2: ConnectionsAPI, server: ScriptedServer, location: str) -> None:
    server.otherwise = reply(302, headers=[("Location", location)])

    with pytest.raises(Unreadable):
        v2.page(EVERYTHING, limit=10)


def test_nothing_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch, v2: ConnectionsAPI) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert v2.page(EVERYTHING, limit=10).connections == ()


def test_cookies_are_not_kept(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(json_reply(200, v2_list(), headers=[("Set-Cookie", "session=stolen; Path=/")]))

    v2.page(EVERYTHING, limit=10)
    v2.page(EVERYTHING, limit=10)

    assert "cookie" not in server.requests[1].headers


def test_a_request_says_who_asks_and_for_what(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    v2.page(EVERYTHING, limit=10)

    assert server.requests[0].headers["user-agent"] == "smartcar-connections-dashboard"
    assert server.requests[0].headers["accept"] == "application/json"


def test_no_error_carries_the_credentials_in_what_caused_it(
    make_smartcar: MakeSmartcar, server: ScriptedServer, pair: PairScope
) -> None:
    server.otherwise = Reply(b"", Then.RESET)

    with pytest.raises(AnswerLost) as caught:
        make_smartcar(server.url).api.delete_scope(pair)

    cause = caught.value.__cause__
    assert cause is not None
    assert getattr(cause, "request", None) is None
    assert MANAGEMENT_TOKEN not in "".join(traceback.format_exception(caught.value))


def test_sixteen_threads_share_one_client(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.otherwise = json_reply(200, v2_list(*[v2_row()] * 20))
    pages: list[int] = []

    def read_some() -> None:
        pages.extend(len(v2.page(EVERYTHING, limit=20).connections) for _ in range(5))

    threads = [threading.Thread(target=read_some) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert pages == [20] * 80
    assert len({seen.port for seen in server.requests}) <= 16


def test_a_token_that_cannot_be_had_leaves_the_delete_unsent(
    make_smartcar: MakeSmartcar, server: ScriptedServer, connection: Connection
) -> None:
    server.otherwise = Reply(b"", Then.RESET)

    with pytest.raises(AnswerLost) as caught:
        make_smartcar(server.url, "v3").api.delete_connection(connection)

    assert not caught.value.may_have_been_applied
    assert not server.with_method("DELETE")


def test_a_page_of_v3_costs_one_request(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(json_reply(200, {"data": []}))

    v3.page(LIVE, limit=100)

    assert len(server.requests) == 1
