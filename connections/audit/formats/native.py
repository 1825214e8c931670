"""The files of a bundle, line by line; how they are read again is in the verifier."""

import base64
import hashlib
import json
from array import array
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring as quoted
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Self

from connections.audit.archived import files_before, standing
from connections.audit.canonical import canonical_time
from connections.audit.delivery import Delivery, NotExported
from connections.audit.signing import KeyUnusable, load_keys
from connections.audit.stored import Stored, checkpoints_of_days, stored_checkpoints
from connections.audit.tree import stored_tree
from connections.audit.verifier import verify as verifier
from connections.audit.verifier.verify import Checkpoint, Manifest

File = tuple[str, Iterable[bytes]]
_NUMBER = "q"  # of `array`: 64 bits, as sequence numbers are in the database


def files(delivery: Delivery) -> Iterator[File]:
    """First what verifies, then the events, and at the end what they amounted to."""
    made, selection = delivery.export.checkpoint, delivery.export.selection
    yield verifier.VERIFIER, [verifier_source()]
    yield verifier.CHECKPOINT, [made.note.encode()]
    yield verifier.KEYS, [_keys(made)]
    yield from files_before(standing())
    digest = hashlib.sha256()
    with _Numbers() as numbers:
        yield verifier.EVENTS, _events(delivery, digest, None if selection.is_whole else numbers)
        if selection.is_whole:
            yield verifier.CHECKPOINTS, (_checkpoint_line(note) for _, _, note in stored_checkpoints(made.size))
        else:
            yield verifier.PROOFS, _proofs(numbers, made.size)
            yield verifier.CHECKPOINTS, _consistent(made.size)
    yield verifier.MANIFEST, _manifest(delivery, digest.hexdigest())


def verifier_source() -> bytes:
    """The verifier as auditors get it: the very file that runs here."""
    return Path(verifier.__file__).read_bytes()


def _keys(made: Checkpoint) -> bytes:
    """The public keys, which one should know from elsewhere. Raises `NotExported`."""
    try:
        return "".join(f"{key}\n" for key in load_keys().public(made.log)).encode()
    except KeyUnusable as problem:
        raise NotExported(str(problem)) from problem


def _events(delivery: Delivery, digest: Any, numbers: "_Numbers | None") -> Iterator[bytes]:
    for block in delivery.blocks():
        details = _spelled(block.details)
        lines = [
            f'{{"seq":{seq},"body":{quoted(body)},"details":{{{details.get(seq, "")}}}}}\n'
            for seq, body, _ in block.events
        ]
        piece = "".join(lines).encode()
        digest.update(piece)
        if numbers:
            numbers.keep([seq for seq, _, _ in block.events])
        yield piece


def _spelled(rows: Iterable[Stored]) -> dict[int, str]:
    """By event, what stands between the braces of its details."""
    spelled: dict[int, str] = {}
    for seq, field, *rest in rows:
        before = f"{spelled[seq]}," if seq in spelled else ""
        spelled[seq] = f"{before}{quoted(field)}:{_detail(*rest)}"
    return spelled


def _detail(salt: bytes | None, value: str | None, redacted_at: str | None) -> str:
    if redacted_at is not None:
        return f'{{"redacted_at":{quoted(redacted_at)}}}'
    return f'{{"salt":"{bytes(salt or b"").hex()}","value":{"null" if value is None else quoted(value)}}}'


class _Numbers:
    """Which events were written, in a temporary file: proofs are for these, whatever a search would find by then."""

    def __enter__(self) -> Self:
        self._file = TemporaryFile()
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def keep(self, numbers: list[int]) -> None:
        self._file.write(array(_NUMBER, numbers).tobytes())

    def blocks(self) -> Iterator[list[int]]:
        self._file.seek(0)
        while piece := self._file.read(8 * 1000):
            yield array(_NUMBER, piece).tolist()


def _proofs(numbers: _Numbers, size: int) -> Iterator[bytes]:
    """Of each event that it is in the tree."""
    tree = stored_tree()
    for block in numbers.blocks():
        yield b"".join(_line({"seq": seq, "path": _base64(tree.inclusion(seq - 1, size))}) for seq in block)


def _consistent(size: int) -> Iterator[bytes]:
    """Of earlier checkpoints that the tree begins with theirs."""
    tree = stored_tree()
    return (_checkpoint_line(note, tree.consistency(each, size)) for each, note in checkpoints_of_days(size))


def _checkpoint_line(note: str, path: tuple[bytes, ...] | None = None) -> bytes:
    return _line({"note": note} if path is None else {"note": note, "path": _base64(path)})


def _base64(hashes: tuple[bytes, ...]) -> list[str]:
    return [base64.b64encode(each).decode() for each in hashes]


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _manifest(delivery: Delivery, sha256: str) -> Iterator[bytes]:
    """Written once the end is recorded."""
    delivery.conclude(sha256)
    made, selection = delivery.export.checkpoint, delivery.export.selection
    manifest = Manifest(
        instance=made.log,
        query=str(selection.filters),
        made_at=canonical_time(delivery.export.at),
        count=delivery.count,
        first=delivery.first,
        last=delivery.last,
        size=made.size,
        root=base64.b64encode(made.root).decode(),
        sha256=sha256,
        visible_to=None if selection.visible_to is None else sorted(selection.visible_to),
    )
    yield manifest.to_text().encode()
