"""
Where Smartcar's answer waits when the database cannot take it.

The deed was sent, so its outcome must not be lost: it goes to a synced file of
its own, and is replayed as an event before the next deed of any process.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings

from connections.audit.ledger import NotRecorded


def keep(name: str, operation: str, answer: dict[str, Any]) -> None:
    """Write and sync one answer to an operation; readable only by this account. Raises `OSError`."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f"{name}.part"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"operation": operation, **answer}, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / f"{name}.json")
    _sync(folder)


def waiting() -> list[Path]:
    """Answers not yet in the database, oldest first."""
    return sorted(_folder().glob("*.json"))


def unreadable() -> list[Path]:
    """Answers that wait and that nobody can read."""
    return [path for path in waiting() if not _is_readable(path)]


def _is_readable(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            _read(file, path)
    except FileNotFoundError:
        return True  # it was recorded just now
    except (OSError, NotRecorded):
        return False
    return True


def replay(record: Callable[[dict[str, Any]], None]) -> None:
    """Hand each waiting answer to `record`, and forget it only when that returned. Raises `NotRecorded`."""
    for path in waiting():
        with _claimed(path) as answer:
            if answer is not None:
                record(answer)


@contextmanager
def _claimed(path: Path) -> Iterator[dict[str, Any] | None]:
    """The answer, or None if another process recorded it first; kept if the block fails."""
    try:
        file = path.open(encoding="utf-8")
    except FileNotFoundError:
        yield None
        return
    except OSError as problem:
        raise _unreadable(path) from problem
    with file:
        # The kernel lets go of it when a process dies, so no answer is stuck with whoever held it.
        fcntl.flock(file, fcntl.LOCK_EX)
        if not path.exists():
            yield None
            return
        yield _read(file, path)
        path.unlink()
        _sync(path.parent)


def _read(file: TextIO, path: Path) -> dict[str, Any]:
    try:
        answer = json.load(file)
    except (OSError, ValueError) as problem:
        raise _unreadable(path) from problem
    if not isinstance(answer, dict) or not {"operation", "verdict", "items", "request"} <= answer.keys():
        raise _unreadable(path)
    return answer


def _unreadable(path: Path) -> NotRecorded:
    return NotRecorded(f"Smartcar's answer in the spool file {path.name} cannot be read, and revocations wait for it.")


def _folder() -> Path:
    return Path(settings.SPOOL_DIR)


def _sync(folder: Path) -> None:
    """Make the file's name survive a power cut too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
