"""How an answer leaves the socket: in one send, in pieces, or not at all."""

import socket
import struct
import threading
from http.client import responses

from connections.simulator.faults import Delivery
from connections.simulator.service import Served
from connections.simulator.wire import Answer

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def deliver(
    connection: socket.socket, served: Served, request_id: str, *, head_only: bool, stopping: threading.Event
) -> bool:
    """Send it as told; False when the connection must not be used again."""
    head = _head(served.answer, request_id)
    body = b"" if head_only else served.answer.body
    match served.delivery:
        case Delivery.WHOLE:
            # In one send: two would wait for each other's acknowledgement.
            connection.sendall(head + body)
            return True
        case Delivery.TRUNCATED:
            connection.sendall(_beginning(head, body))
        case Delivery.DRIP:
            return _drip(connection, head + body, served.seconds, stopping)
        case Delivery.HANG:
            stopping.wait(served.seconds)
        case Delivery.RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        case Delivery.CLOSED:
            pass
    return False


def _beginning(head: bytes, body: bytes) -> bytes:
    if body:
        return head + body[: len(body) // 2]
    # Within the status line: many clients take headers that break off for all of them.
    return head[: len("HTTP/1.1 2")]


def _head(answer: Answer, request_id: str) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {responses.get(answer.status, 'Unknown')}"]
    lines.append(f"SC-Request-Id: {request_id}")
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if answer.content_type:
        lines.append(f"Content-Type: {answer.content_type}")
    if answer.status != 204:
        lines.append(f"Content-Length: {len(answer.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _drip(connection: socket.socket, raw: bytes, seconds: float, stopping: threading.Event) -> bool:
    for position in range(len(raw)):
        connection.sendall(raw[position : position + 1])
        if stopping.wait(seconds):
            return False
    return True
