"""
Where Smartcar's answer waits when the database cannot take it.

The deed was sent, so its outcome must not be lost: it goes to a synced file of
its own, and is replayed as an event before the next deed of any process.
"""

import fcntl
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from django.conf import settings

from connections.audit.ledger import NotRecorded
from connections.revocations.kept import Kept, kept_of

_ANSWER, _UNFINISHED = ".json", ".part"
# Younger than this, somebody may be writing it still.
_SECONDS_TO_WRITE = 60


def keep(answer: Kept) -> None:
    """Write and sync one answer; readable only by this account. Raises `OSError`."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f"{answer.name}{_UNFINISHED}"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(answer.as_json(), file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / f"{answer.name}{_ANSWER}")
    _sync(folder)


def replay(record: Callable[[Kept], None]) -> None:
    """
    Hand each waiting answer to `record`, and forget it only when that returned.

    Raises `NotRecorded`, also for a folder that cannot be listed: it may hold one.
    """
    try:
        waiting = _named(_ANSWER)
    except OSError as problem:
        raise NotRecorded("The spool cannot be listed, so revocations wait for it.") from problem
    for path in waiting:
        with _claimed(path) as answer:
            if answer is not None:
                record(answer)


def hindrances() -> list[str]:
    """Sentences about what keeps an answer from being recorded or, the next time, from being kept."""
    try:
        waiting = _named(_ANSWER)
    except OSError:
        return ["the spool folder cannot be listed, and revocations wait for it"]
    found = [hindrance for path in waiting if (hindrance := _hindrance(path))]
    return found if _is_writable() else [*found, "the spool folder cannot be written, so an answer could be lost"]


def unfinished() -> list[Path]:
    """Answers of whose writing only the beginning is there; their operations are read again."""
    before = time.time() - _SECONDS_TO_WRITE
    with suppress(OSError):
        return [path for path in _named(_UNFINISHED) if path.stat().st_mtime < before]
    return []


def _named(ending: str) -> list[Path]:
    """By name, which begins with the operation's, so the oldest first. Raises `OSError`."""
    try:
        with os.scandir(_folder()) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.name.endswith(ending))
    except FileNotFoundError:
        return []  # nothing was ever kept


def _hindrance(path: Path) -> str:
    try:
        with _opened(path) as file:
            _read(file, path)
    except FileNotFoundError:
        return ""  # it was recorded just now
    except (OSError, NotRecorded):
        return f"the spool file {path.name} cannot be read, and revocations wait for it"
    return "" if _is_removable(path) else f"the spool file {path.name} cannot be removed, and revocations wait for it"


def _is_writable() -> bool:
    """Of a folder that is not made yet, whether it can be."""
    there = next(each for each in (_folder(), *_folder().absolute().parents) if each.exists())
    return os.access(there, os.W_OK | os.X_OK)


def _is_removable(path: Path) -> bool:
    return os.access(path.parent, os.W_OK | os.X_OK) and os.access(path, os.W_OK)


@contextmanager
def _claimed(path: Path) -> Iterator[Kept | None]:
    """
    The answer, or None if another process recorded it first; kept if the block fails.

    What could not be removed is not handed out: it would be recorded again and again.
    """
    try:
        file = _opened(path)
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
        answer = _read(file, path)
        if not _is_removable(path):
            raise _stuck(path)
        yield answer
        try:
            path.unlink()
            _sync(path.parent)
        except OSError as problem:
            raise _stuck(path) from problem


def _opened(path: Path) -> TextIO:
    """Raises `OSError`, also for what is no file: whoever opened a pipe would wait for somebody to write into it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path.name} is no file.")
    return os.fdopen(descriptor, encoding="utf-8")


def _read(file: TextIO, path: Path) -> Kept:
    try:
        return kept_of(json.load(file))
    except (OSError, ValueError, RecursionError) as problem:
        raise _unreadable(path) from problem


def _unreadable(path: Path) -> NotRecorded:
    return NotRecorded(f"Smartcar's answer in the spool file {path.name} cannot be read, and revocations wait for it.")


def _stuck(path: Path) -> NotRecorded:
    return NotRecorded(f"The spool file {path.name} cannot be removed, and revocations wait for it.")


def _folder() -> Path:
    return Path(settings.SPOOL_DIR)


def _sync(folder: Path) -> None:
    """Make the file's name survive a power cut too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
