"""A way to the simulator that lets one connection through and keeps every later one waiting at the door."""

import socket
import threading
from contextlib import suppress
from typing import Self

_BACKLOG = 1


class Gate:
    """
    Forwards the first connection, on which all reads travel.

    A DELETE travels on one of its own: nobody takes it, and the queue of those
    waiting to be taken is full, so its connecting neither succeeds nor fails
    and not a byte of it leaves.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.removeprefix("http://").partition(":")
        self._target = (host, int(port))
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._admit_one, daemon=True)

    @property
    def url(self) -> str:
        host, port = self._listening.getsockname()
        return f"http://{host}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        for each in (self._listening, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._thread.join(2)

    def _admit_one(self) -> None:
        with suppress(OSError):
            inside, _ = self._listening.accept()
            # Before the first byte is forwarded, so that nothing later finds room.
            self._fill()
            outside = socket.create_connection(self._target)
            self._open += [inside, outside]
            threading.Thread(target=_pump, args=(outside, inside), daemon=True).start()
            _pump(inside, outside)

    def _fill(self) -> None:
        """One more than the queue has room for."""
        for _ in range(_BACKLOG + 2):
            waiting = socket.socket()
            waiting.setblocking(False)
            with suppress(BlockingIOError):
                waiting.connect(self._listening.getsockname())
            self._open.append(waiting)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while some := source.recv(65_536):
            sink.sendall(some)
