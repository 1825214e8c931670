"""The sockets: one send an answer, connections kept, requests that cannot be framed, a clean end."""

import http.client
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from connections.simulator.server import Simulator
from tests.simulator.calls import CONNECTIONS, Calls

BASIC = {"Authorization": "Basic ZGVmYXVsdDp0"}


@pytest.fixture
def connection(simulator: Simulator) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=5)
    yield connection
    connection.close()


def test_one_connection_serves_many_requests(connection: http.client.HTTPConnection) -> None:
    connection.connect()
    sock = connection.sock
    for _ in range(3):
        connection.request("GET", CONNECTIONS, headers=BASIC)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    assert connection.sock is sock


def test_an_answer_arrives_in_one_piece(simulator: Simulator) -> None:
    address = urlsplit(simulator.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), 5) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: s\r\n\r\n")
        head, _, body = raw.recv(65_536).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert body.endswith(b"}")


def test_every_answer_has_its_own_request_id(calls: Calls) -> None:
    answers = [calls.v2(), calls.v2(limit=0), calls.v3(), calls.v3(path="/v3/x"), calls.token(client_id="")]
    ids = [answer.headers["SC-Request-Id"] for answer in answers]
    assert len({UUID(text) for text in ids}) == len(answers)


@pytest.mark.parametrize("length", ["-1", "x", "999999999999", "70000"])
def test_a_request_that_cannot_be_framed_is_refused(connection: http.client.HTTPConnection, length: str) -> None:
    connection.putrequest("POST", "/oauth2/token")
    connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status == 400


@pytest.mark.parametrize("path", ["//[", "/v2.0/%00", "/v3/connections/%FF", "/?%ZZ=%", "/v3/users/"])
def test_odd_paths_are_refused_not_failed(connection: http.client.HTTPConnection, path: str) -> None:
    connection.request("GET", path, headers=BASIC)
    assert connection.getresponse().status in {400, 401, 404}


def test_head_is_answered_without_a_body(connection: http.client.HTTPConnection) -> None:
    connection.request("HEAD", CONNECTIONS, headers=BASIC)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (404, b"")


def test_the_port_is_free_and_no_thread_is_left_after_the_end() -> None:
    threads = set(threading.enumerate())
    with Simulator(connections=1) as simulator:
        calls = Calls(simulator)
        calls.v2()
        port = int(urlsplit(simulator.url).port or 0)
    left = set(threading.enumerate()) - threads
    calls.close()
    assert left == set()
    with Simulator(connections=1, port=port):
        pass
