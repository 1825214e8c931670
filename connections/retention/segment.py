"""A part of the log as a bundle that anyone verifies offline, synced to the disk before anything relies on it."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db.models import Q

from connections.audit.archived import files_before, standing
from connections.audit.canonical import canonical_time
from connections.audit.export import verifier_source
from connections.audit.files import new_folder, write
from connections.audit.signing import Keys
from connections.audit.stored import stored_checkpoints, stored_events
from connections.audit.verifier import verify as verifier
from connections.audit.verifier.verify import Checkpoint, Detail, Extent, Manifest, Tombstone, leaf_hash
from connections.models import AuditCheckpoint


class Lines:
    """The lines of these events as the database has them now, and what they amount to once they were read."""

    def __init__(self, first: int, last: int) -> None:
        self._events = stored_events(Q(seq__gte=first, seq__lte=last))
        self._digest = hashlib.sha256()
        self.extent = Extent()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        for event in self._events:
            details = {name: _spelled(detail) for name, detail in event.details.items()}
            line = _line({"seq": event.seq, "body": event.body, "details": details})
            self._digest.update(line)
            self.extent.take(event.seq, leaf_hash(event.body))
            yield line


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _spelled(detail: Detail) -> dict[str, Any]:
    if detail.redacted_at is not None:
        return {"redacted_at": detail.redacted_at}
    return {"salt": (detail.salt or b"").hex(), "value": detail.value}


def digest_of(first: int, last: int) -> str:
    """Of `events.jsonl` as it would be written now."""
    lines = Lines(first, last)
    for _ in lines:
        pass
    return lines.sha256


def write_segment(folder: Path, first: int, last: int, keys: Keys) -> Tombstone:
    """A new folder of these events, which takes its name when all of it is on the disk. Raises OSError."""
    with new_folder(folder) as unfinished:
        lines = Lines(first, last)
        write(unfinished / verifier.EVENTS, lines)
        at_end = _checkpoint(last)
        unsigned = Tombstone(at_end.origin, first, last, at_end.root, lines.extent.leaf, lines.sha256)
        tombstone = Tombstone.parse(keys.sign(unsigned.text, unsigned.origin))
        _write_what_verifies(unfinished, tombstone, at_end, keys)
        write(unfinished / verifier.MANIFEST, [_manifest(tombstone, at_end, lines.extent).to_text().encode()])
    return tombstone


def _checkpoint(size: int) -> Checkpoint:
    return Checkpoint.parse(AuditCheckpoint.objects.get(size=size).note)


def _write_what_verifies(folder: Path, tombstone: Tombstone, at_end: Checkpoint, keys: Keys) -> None:
    write(folder / verifier.TOMBSTONE, [tombstone.note.encode()])
    write(folder / verifier.CHECKPOINT, [at_end.note.encode()])
    notes = (note for size, _, note in stored_checkpoints(tombstone.last) if size >= tombstone.first)
    write(folder / verifier.CHECKPOINTS, (_line({"note": note}) for note in notes))
    write(folder / verifier.KEYS, (f"{key}\n".encode() for key in keys.public(tombstone.log)))
    write(folder / verifier.VERIFIER, [verifier_source()])
    for name, lines in files_before(standing()):
        write(folder / name, lines)


def _manifest(tombstone: Tombstone, at_end: Checkpoint, extent: Extent) -> Manifest:
    return Manifest(
        instance=at_end.log,
        query="",
        made_at=canonical_time(datetime.now(UTC)),
        count=extent.count,
        first=extent.first,
        last=extent.last,
        size=at_end.size,
        root=base64.b64encode(at_end.root).decode(),
        sha256=tombstone.sha256,
        format=verifier.SEGMENT,
    )
