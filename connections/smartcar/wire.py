"""
What urllib3 does not tell and does not limit: whether a request left, and how long its answer may drip.

A read timeout bounds each pause only, so that a server sending a byte a second
could hold a thread for hours; here every pause is also cut at one deadline.
"""

import io
import socket
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


@dataclass(slots=True)
class Journey:
    """One request on its way."""

    deadline: float
    clock: Callable[[], float]
    has_left: bool = False

    def remaining(self) -> float:
        """Seconds left. Raises `TimeoutError` when there are none."""
        seconds = self.deadline - self.clock()
        if seconds <= 0:
            raise TimeoutError("The time for the whole answer is over.")
        return seconds


# urllib3 offers no way to hand a value to the connection it picks, so the journey travels by context.
journey: ContextVar[Journey] = ContextVar("journey")


class _PunctualReader(io.RawIOBase):
    """A socket's bytes until the deadline."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._journey = journey.get()
        self._pause = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._journey.remaining()
        self._sock.settimeout(remaining if self._pause is None else min(self._pause, remaining))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _WholeLines(io.BufferedReader):
    """http.client takes headers that break off for all there are, and the rest for a success."""

    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n") and len(line) != size:
            raise ConnectionResetError("The answer ended within its lines.")
        return line


class _PunctualResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = _WholeLines(_PunctualReader(sock))


class _PlainConnection(HTTPConnection):
    """Notes the moment from which bytes may have left, which no exception tells reliably."""

    response_class = _PunctualResponse

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        journey.get().has_left = True
        super().send(data)


class _SecureConnection(_PlainConnection, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class WatchedAdapter(HTTPAdapter):
    """An adapter whose connections report to the journey and keep to its deadline."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
