"""
A server that says exactly the bytes it is told to, for what no well-behaved server says.

It keeps every request it received, so that a test can count what was on the wire.
"""

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


class Then(Enum):
    """What happens to the socket once the bytes are out."""

    KEEP = auto()
    CLOSE = auto()
    RESET = auto()
    HANG = auto()


@dataclass(frozen=True)
class Reply:
    """Bytes, and what follows; from `drips_at` on they come one at a time, `drip` seconds apart."""

    data: bytes
    then: Then = Then.KEEP
    drip: float = 0
    drips_at: int = 0


@dataclass(frozen=True)
class Seen:
    """A request as it arrived; `port` tells sockets apart."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str
    port: int


def reply(
    status: int,
    body: bytes = b"",
    *,
    headers: Iterable[tuple[str, str]] = (),
    then: Then = Then.KEEP,
) -> Reply:
    """A whole answer with its length."""
    lines = [f"HTTP/1.1 {status} Answer", f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers)]
    return Reply("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body, then)


def json_reply(status: int, content: Any, *, headers: Iterable[tuple[str, str]] = ()) -> Reply:
    return reply(status, json.dumps(content).encode(), headers=[("Content-Type", "application/json"), *headers])


def token_reply(value: str = "minted-1", **more: Any) -> Reply:
    return json_reply(200, {"access_token": value, "token_type": "Bearer", "expires_in": 3600} | more)


class ScriptedServer:
    """Gives the replies in their order, then `otherwise`; each socket has its thread."""

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self.otherwise = json_reply(200, {"connections": []})
        self.requests: list[Seen] = []
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def script(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    def with_method(self, method: str) -> list[Seen]:
        return [seen for seen in self.requests if seen.method == method]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for peer in tuple(self._open):
            _hang_up(peer)
        for thread in tuple(self._threads):
            thread.join(5)

    def _start(self, target: Any, *args: Any) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(peer)
            self._start(self._converse, peer)

    def _converse(self, peer: socket.socket) -> None:
        with peer, peer.makefile("rb") as incoming:
            try:
                while (seen := _read_request(incoming, peer)) is not None and self._answer(peer, seen):
                    pass
            except OSError:
                pass
            finally:
                self._open.discard(peer)

    def _answer(self, peer: socket.socket, seen: Seen) -> bool:
        """Whether the socket stays open."""
        self.requests.append(seen)
        answer = self.replies.popleft() if self.replies else self.otherwise
        if answer.drip:
            self._drip(peer, answer)
        else:
            peer.sendall(answer.data)
        if answer.then is Then.HANG:
            self._stopping.wait(30)
        if answer.then is Then.RESET:
            # Zero seconds of lingering make close send RST instead of FIN.
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return answer.then is Then.KEEP

    def _drip(self, peer: socket.socket, answer: Reply) -> None:
        peer.sendall(answer.data[: answer.drips_at])
        for position in range(answer.drips_at, len(answer.data)):
            peer.sendall(answer.data[position : position + 1])
            if self._stopping.is_set():
                return
            time.sleep(answer.drip)


def _read_request(incoming: Any, peer: socket.socket) -> Seen | None:
    first = incoming.readline().decode("latin-1").split()
    if not first:
        return None
    headers: dict[str, str] = {}
    while (line := incoming.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    target = urlsplit(first[1])
    return Seen(
        method=first[0],
        path=target.path,
        query=dict(parse_qsl(target.query, keep_blank_values=True)),
        headers=headers,
        body=incoming.read(int(headers.get("content-length", 0))).decode(),
        port=peer.getpeername()[1],
    )


def _hang_up(peer: socket.socket) -> None:
    try:
        peer.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
