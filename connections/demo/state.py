"""What one demo keeps beside its database: the mark that it is a demo's, its key, and its passwords."""

import fcntl
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from connections.permissions import Role
from connections.sign_in.passwords import pronounceable

STAFF = {"support": Role.SUPPORT, "lead": Role.LEAD, "auditor": Role.AUDITOR, "access": Role.ACCESS_ADMIN}


class NotOurs(Exception):  # noqa: N818 - it says whose the database is not
    """The database was not made by the demo, or another one has it: this demo keeps its hands off it."""


@dataclass(frozen=True, slots=True)
class DemoState:
    """Random for each database, so that no password is known before the demo prints it."""

    secret_key: str
    passwords: dict[str, str]


def hold(database: Path) -> IO[str]:
    """
    Keep other demos off this database while the file that is given stays open. Raises `NotOurs`.

    Two demos on one database would be two simulators with worlds of their own behind one log.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    lock = database.with_name(f"{database.name}.demo.lock").open("a", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        lock.close()
        raise NotOurs(f"Another demo runs on {database.name}. Stop it, or name another with DATABASE_URL.") from problem
    return lock


def state_of(database: Path, *, reset: bool) -> DemoState:
    """
    The state beside this database, made with it the first time; `reset` deletes both before.

    Raises `NotOurs` for a database without the mark: it may hold a real audit log.
    """
    mark = database.with_name(f"{database.name}.demo.json")
    if database.exists() and not mark.exists():
        raise NotOurs(f"{database.name} was not made by the demo. Name another with DATABASE_URL=sqlite:///…")
    if reset:
        for suffix in ("", "-wal", "-shm", ".demo.json"):
            database.with_name(f"{database.name}{suffix}").unlink(missing_ok=True)
        shutil.rmtree(f"{database}.audit", ignore_errors=True)  # its key, and what was signed of it
    if mark.exists():
        return DemoState(**json.loads(mark.read_text(encoding="utf-8")))
    return _made(mark)


def _made(mark: Path) -> DemoState:
    state = DemoState(secrets.token_urlsafe(50), {name: pronounceable() for name in STAFF})
    mark.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(state), file)
    return state
