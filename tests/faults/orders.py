"""Give orders to `tests.faults.process`, and kill whoever carries one out."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.test import Client

PROJECT = Path(__file__).parents[2]
_HANDED_ON = (
    "SMARTCAR_API",
    "SMARTCAR_MANAGEMENT_API_ORIGIN",
    "SMARTCAR_VEHICLE_API_ORIGIN",
    "SMARTCAR_IAM_ORIGIN",
    "SMARTCAR_TIMEOUT_SECONDS",
)


def until(is_so: Callable[[], object], what: str, *, seconds: float = 15) -> None:
    """Wait for it; fails the test with `what` if it does not come."""
    deadline = monotonic() + seconds
    while not is_so():
        assert monotonic() < deadline, f"{what} did not happen within {seconds:g} s"
        sleep(0.005)


@dataclass(frozen=True, slots=True)
class Ordered:
    """A process at its order."""

    pid: int
    answer_at: Path

    @property
    def is_alive(self) -> bool:
        with suppress(ProcessLookupError):
            os.kill(self.pid, 0)
            return True
        return False

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        until(lambda: not self.is_alive, "the end of a killed process")

    def answer(self) -> dict[str, Any]:
        until(lambda: not self.is_alive, "the end of a process", seconds=60)
        return dict(json.loads(self.answer_at.read_text(encoding="utf-8")))


class Orders:
    """Where orders are given."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._folder = folder

    def revoke(self, client: Client, url: str, fields: dict[str, str], **changes: Any) -> Ordered:
        """Send the form as the person who is signed in with this client; `changes` are of the settings."""
        order = {"do": "revoke", "url": url, "fields": urlencode(fields), "cookie": _cookie(client)}
        return self._give(order, 0, changes)

    def grant(self, client: Client, operation_id: UUID, **changes: Any) -> Ordered:
        """Grant what somebody else asked for, as the person who is signed in with this client."""
        order = {"do": "grant", "url": f"/approvals/{operation_id}/", "cookie": _cookie(client)}
        return self._give(order, 0, changes)

    def get(self, client: Client, url: str) -> Ordered:
        """Open a page."""
        return self._give({"do": "get", "url": url, "cookie": _cookie(client)}, 0, {})

    def work(self, *, ahead: float, **changes: Any) -> Ordered:
        """One turn of the worker, so many seconds from now."""
        return self._give({"do": "work"}, ahead, changes)

    def _give(self, order: dict[str, Any], ahead: float, changes: dict[str, Any]) -> Ordered:
        answer_at = self._folder / f"{uuid4()}.json"
        handed_on = {name: getattr(settings, name) for name in _HANDED_ON}
        handed_on |= {"SPOOL_DIR": str(settings.SPOOL_DIR), **changes}
        line = json.dumps({**order, "settings": handed_on, "ahead": ahead, "answer": str(answer_at)})
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return Ordered(int(self._process.stdout.readline()), answer_at)


def _cookie(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def database_url() -> str:
    """Of the tests' own database, for another process."""
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"


def environment(**variables: str) -> dict[str, str]:
    """Of a process on the tests' own database."""
    ours = {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": database_url(), "PYTHONPATH": str(PROJECT)}
    return {**os.environ, **ours, **variables}


@contextmanager
def taking_orders(folder: Path, *prefix: str) -> Iterator[Orders]:
    """`prefix` is a command that starts the process with less rights."""
    command = [*prefix, sys.executable, "-m", "tests.faults.process"]
    process = subprocess.Popen(
        command, cwd=PROJECT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield Orders(process, folder)
