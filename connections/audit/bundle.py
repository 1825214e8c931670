"""
The files of an export, read and written line by line: `events.jsonl` and `manifest.json`.

Each line of `events.jsonl` is an object with `seq`, `body` (the canonical text,
as a string) and `details` (by field: salt in hex and value, or when it was redacted).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Self

from connections.audit.canonical import canonical_time
from connections.audit.stored import StoredDetail, StoredEvent

EVENTS = "events.jsonl"
MANIFEST = "manifest.json"
FORMAT = "audit-export/1"


class Unreadable(Exception):  # noqa: N818 - it states what the bundle is
    """The bundle is not one, or a part of it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """
    What an export says of itself.

    `query` is empty for the whole log. `tail` is the newest event when the
    export was made, whether the query matches it or not: an export never
    reaches beyond it.
    """

    instance: str
    query: str
    made_at: str
    count: int
    first: int | None
    last: int | None
    tail: int
    tail_leaf: str
    sha256: str
    format: str = FORMAT

    def to_text(self) -> str:
        return json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises `Unreadable`."""
        try:
            manifest = cls(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError) as problem:
            raise Unreadable(f"{MANIFEST} cannot be read") from problem
        if manifest.format != FORMAT:
            raise Unreadable(f"{MANIFEST} is of a format other than {FORMAT}")
        return manifest


def line_of(event: StoredEvent) -> bytes:
    details = {name: _spelled(detail) for name, detail in event.details.items()}
    line = {"seq": event.seq, "body": event.body, "details": details}
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


class Lines:
    """The events of a bundle, and the digest of what has been read so far."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def events(self) -> Iterator[StoredEvent]:
        """Raises `Unreadable` at a line that is none of ours."""
        for number, line in enumerate(self._file, start=1):
            self._digest.update(line)
            yield _event(number, line)


def _event(number: int, line: bytes) -> StoredEvent:
    try:
        value = json.loads(line)
        seq, body = value["seq"], value["body"]
        details = {name: _read(detail) for name, detail in value["details"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise Unreadable(f"line {number} of {EVENTS} cannot be read") from problem
    if type(seq) is not int or not isinstance(body, str):
        raise Unreadable(f"line {number} of {EVENTS} is not an event")
    return StoredEvent(seq, body, details)


def _spelled(detail: StoredDetail) -> dict[str, Any]:
    if detail.redacted_at is not None:
        return {"redacted_at": canonical_time(detail.redacted_at)}
    return {"salt": (detail.salt or b"").hex(), "value": detail.value}


def _read(detail: Mapping[str, Any]) -> StoredDetail:
    if "redacted_at" in detail:
        return StoredDetail(None, None, datetime.fromisoformat(detail["redacted_at"]))
    return StoredDetail(bytes.fromhex(detail["salt"]), str(detail["value"]), None)
