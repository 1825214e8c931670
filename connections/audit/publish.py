"""
The checkpoints outside the database: a file for each, never overwritten, and `latest`.

They are also the signer's memory, since a database that was taken back to a
backup has forgotten what was signed after it.
"""

import os
import re
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from connections.audit.files import sync_folder, write
from connections.audit.verifier.verify import Checkpoint

LATEST = "latest"
_NAME = re.compile(r"[0-9]{3,}-[0-9]{12,}")


class NotPublished(Exception):  # noqa: N818 - it names what did not happen
    """The folder cannot be read or written, or holds something else; the message names the variable."""


def latest() -> Checkpoint | None:
    """
    The newest that was published; nothing if none ever was. Raises `NotPublished`.

    By the names of the files as well, since `latest` alone is soon lost or
    taken back.
    """
    found = [each for each in (_read(folder() / LATEST), _newest_by_name()) if each]
    return max(found, key=lambda each: (each.epoch, each.size), default=None)


def publish(checkpoint: Checkpoint) -> Checkpoint:
    """
    Write it to a file of its own, synced, and point `latest` to it.

    Gives what stands published at this size: a process that was killed before
    the database had it, or a change of keys, may have left the same root under
    another signature. Raises `NotPublished`, also for another root.
    """
    path = folder() / name_of(checkpoint)
    try:
        folder().mkdir(parents=True, exist_ok=True)
        if (earlier := _read(path)) and earlier.text != checkpoint.text:
            raise _another(path.name)
        if not earlier:
            _place(path, checkpoint.note)
        _place(folder() / LATEST, (earlier or checkpoint).note)
    except OSError as problem:
        raise NotPublished(f"AUDIT_CHECKPOINT_DIR cannot be written: {problem.strerror}.") from problem
    return earlier or checkpoint


def folder() -> Path:
    return Path(settings.AUDIT_CHECKPOINT_DIR)


def name_of(checkpoint: Checkpoint) -> str:
    """Sorted by name they are sorted by epoch and size."""
    return f"{checkpoint.epoch:03}-{checkpoint.size:012}"


def _newest_by_name() -> Checkpoint | None:
    try:
        names = sorted(os.listdir(folder()), reverse=True)  # noqa: PTH208 - there may be a hundred thousand
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise NotPublished(f"AUDIT_CHECKPOINT_DIR cannot be read: {problem.strerror}.") from problem
    name = next(filter(_NAME.fullmatch, names), None)
    found = _read(folder() / name) if name else None
    if found and name and name_of(found) != name:
        raise _another(name)
    return found


def _another(name: str) -> NotPublished:
    return NotPublished(f"AUDIT_CHECKPOINT_DIR holds another {name} already.")


def _read(path: Path) -> Checkpoint | None:
    try:
        return Checkpoint.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise NotPublished(f"AUDIT_CHECKPOINT_DIR cannot be read: {problem.strerror}.") from problem
    except ValueError as problem:
        raise NotPublished(f"{path.name} in AUDIT_CHECKPOINT_DIR is no checkpoint.") from problem


def _place(path: Path, note: str) -> None:
    """Under its name only once it is whole."""
    unfinished = path.with_name(f".{uuid4()}")
    try:
        write(unfinished, [note.encode()])
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)
