"""
Cursors of v2.0: a place in a list, sealed so that no client can read, make or move one.

Only the look is Smartcar's (S: `AES-256-CBC::base64::utf8::…==::…==`). The
standard library has no cipher, so the seal is a keystream under a synthetic
initialisation vector, which doubles as the proof that we made it.
"""

import base64
import binascii
import hashlib
import hmac
import re
import struct
import uuid
from dataclasses import dataclass

# 16 and 64 bytes both end in "==" when encoded, as the real ones do.
_VECTOR, _SEALED = 16, 64
_LAYOUT = struct.Struct(">q16s16s24x")
_SHAPE = re.compile(r"AES-256-CBC::base64::utf8::([A-Za-z0-9+/]{22}==)::([A-Za-z0-9+/]{86}==)")


class CursorError(ValueError):
    """The text is no cursor of ours, or belongs to another query."""


@dataclass(frozen=True, slots=True)
class Place:
    """The last row a page ended with: its time in milliseconds and its connection id."""

    connected_ms: int
    connection_id: str


class CursorSeal:
    def __init__(self, seed: int) -> None:
        # From the seed, so that a restarted simulator still knows the cursors it gave out, as Smartcar would.
        self._key = hashlib.sha256(f"cursors of {seed}".encode()).digest()

    def seal(self, place: Place, query: str) -> str:
        """`query` names everything that must be sent again with the cursor: filters and limit."""
        plain = _LAYOUT.pack(place.connected_ms, uuid.UUID(place.connection_id).bytes, self._digest(query))
        vector = self._vector(plain)
        return f"AES-256-CBC::base64::utf8::{_text(vector)}::{_text(self._keystream(vector, plain))}"

    def open(self, cursor: str, query: str) -> Place:
        match = _SHAPE.fullmatch(cursor)
        if match is None:
            raise CursorError("is not a cursor")
        vector, sealed = _bytes(match[1]), _bytes(match[2])
        plain = self._keystream(vector, sealed)
        if not hmac.compare_digest(self._vector(plain), vector):
            raise CursorError("is not a valid cursor")
        connected_ms, connection_id, digest = _LAYOUT.unpack(plain)
        if not hmac.compare_digest(digest, self._digest(query)):
            raise CursorError("was made for other filters or another limit")
        return Place(connected_ms, str(uuid.UUID(bytes=connection_id)))

    def _digest(self, query: str) -> bytes:
        return hmac.digest(self._key, b"query" + query.encode(), "sha256")[:_VECTOR]

    def _vector(self, plain: bytes) -> bytes:
        return hmac.digest(self._key, b"vector" + plain, "sha256")[:_VECTOR]

    def _keystream(self, vector: bytes, text: bytes) -> bytes:
        stream = hashlib.shake_256(self._key + vector).digest(_SEALED)
        return bytes(left ^ right for left, right in zip(text, stream, strict=True))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as problem:
        raise CursorError("is not a cursor") from problem
