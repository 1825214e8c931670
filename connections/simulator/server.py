"""The simulator on a port of this machine: sockets and threads, nothing about Smartcar."""

import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from connections.simulator import control
from connections.simulator.bucket import Bucket
from connections.simulator.cursors import CursorSeal
from connections.simulator.delivery import deliver
from connections.simulator.iam import Accepted, Gate
from connections.simulator.levers import Levers
from connections.simulator.service import Served, Service
from connections.simulator.wire import Request
from connections.simulator.world import World

_LARGEST_BODY = 64 * 1024


class Simulator(Levers):
    """
    Smartcar's two API generations and its token host, served in threads from `with` until its end.

    `rate_capacity=None` means no rate limit. Credentials that are not given
    are taken in any well-formed shape. `faults` are spelled as on the command
    line: `NAME`, `NAME:times`, `NAME:times@seconds`.

    Raises OSError when the port is taken and `FaultError` for an unknown fault.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        connections: int = 200,
        users: int | None = None,
        seed: int = 7,
        rate_capacity: int | None = 120,
        rate_refill_per_minute: float = 2,
        faults: Sequence[str] = (),
        management_token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        token_lifetime: float = 3600,
    ) -> None:
        accepted = Accepted(management_token=management_token, client_id=client_id, client_secret=client_secret)
        service = Service(
            world=World(connections=connections, users=users, seed=seed),
            bucket=Bucket(rate_capacity, rate_refill_per_minute),
            gate=Gate(accepted, token_lifetime),
            seal=CursorSeal(seed),
        )
        super().__init__(service)
        for fault in faults:
            service.board.add_spelled(fault)
        self._server = _Server((host, port), service, self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends hanging answers and open connections too."""
        self._server.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], service: Service, levers: Levers) -> None:
        self.service = service
        self.levers = levers
        self.stopping = threading.Event()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open[request] = threading.current_thread()
        if self.stopping.is_set():
            # Accepted too late to be hung up with the others.
            self.shutdown_request(request)
            return
        super().process_request_thread(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.pop(request, None)
        # Without the polite shutdown of the base class, which would turn a reset into an orderly end.
        self.close_request(request)

    def hang_up(self) -> None:
        """Wake every thread that waits for its client's next request, and wait for them to end."""
        with self._open_lock:
            waiting = dict(self._open)
        for connection in waiting:
            # The client may have been faster.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in waiting.values():
            thread.join(1)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is its own affair; anything else is a mistake of ours and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        request = self._read()
        if request is None:
            return
        if request.path.startswith(control.PREFIX):
            served = Served(answer=control.answer(request, self.server.levers))
        else:
            served = self.server.service.serve(request)
        reusable = deliver(
            self.connection,
            served,
            request.id,
            head_only=request.method == "HEAD",
            stopping=self.server.stopping,
        )
        self.close_connection = self.close_connection or not reusable

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815 - names the base class calls

    def _read(self) -> Request | None:
        """None when the request cannot be framed; it has then been refused and the connection ends."""
        length = self.headers.get("Content-Length", "0")
        is_readable = length.isdecimal() and len(length) <= len(str(_LARGEST_BODY))
        if "Transfer-Encoding" in self.headers or not is_readable or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self.send_error(400)
            return None
        path, _, query = self.path.partition("?")
        return Request(
            method=self.command,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's own name
        """The journal is the record; standard error stays for problems."""
