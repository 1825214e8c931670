"""The files of an export, line by line; how they are read again is in the verifier."""

import base64
import json
from typing import Any

from connections.audit.verifier.verify import Detail, Event


def line_of(event: Event) -> bytes:
    """In `events.jsonl`: the number, the canonical text as a string, and the details by field."""
    details = {name: _spelled(detail) for name, detail in event.details.items()}
    return _line({"seq": event.seq, "body": event.body, "details": details})


def proof_line(seq: int, path: tuple[bytes, ...]) -> bytes:
    """In `proofs.jsonl`: the path from this event's leaf to the root of the bundle's checkpoint."""
    return _line({"seq": seq, "path": _base64(path)})


def checkpoint_line(note: str, path: tuple[bytes, ...] | None = None) -> bytes:
    """In `checkpoints.jsonl`; in a selection with the path that leads from it to the bundle's checkpoint."""
    return _line({"note": note} if path is None else {"note": note, "path": _base64(path)})


def _base64(hashes: tuple[bytes, ...]) -> list[str]:
    return [base64.b64encode(each).decode() for each in hashes]


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _spelled(detail: Detail) -> dict[str, Any]:
    if detail.redacted_at is not None:
        return {"redacted_at": detail.redacted_at}
    return {"salt": (detail.salt or b"").hex(), "value": detail.value}
