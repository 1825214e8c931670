"""`manage.py demo` as a process of its own, from its first page to nothing left running."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.processes import free_port

PROJECT = Path(__file__).parents[2]
SECONDS_TO_START, SECONDS_TO_END = 60, 30
# Carried by the demo and by all it starts, so that whatever outlives it is found.
_MARK = "STARTED_BY_BROWSER_TESTS"
_READY = re.compile(r"The dashboard: (\S+)\s+Simulator: +(\S+).*Sign in with", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the running demo and its simulator answer, its staff's passwords, and where and how it remembers."""

    url: str
    simulator: str
    passwords: dict[str, str]
    database: Path
    secret_key: str


@contextmanager
def running_demo(folder: Path, *, connections: int, host: str = "127.0.0.1") -> Iterator[Demo]:
    """The demo with its database in this folder; at the end Ctrl-C, which must leave nothing running."""
    mark, database, log = uuid4().hex, folder / "demo.sqlite3", folder / "demo.log"
    process = _start(database, log, mark, connections, host)
    try:
        yield _when_ready(process, database, log)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(SECONDS_TO_END)
    assert process.returncode == 0, log.read_text()
    assert (left := _carrying(mark)) == [], left
    assert "Traceback" not in log.read_text(), log.read_text()


def _start(database: Path, log: Path, mark: str, connections: int, host: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "DATABASE_URL": f"sqlite:///{database}",
        "REVOCATIONS_PER_HOUR": "1000",  # the tests of an hour are all done by the same two people
        _MARK: mark,
    }
    place = ["--host", host, "--port", str(free_port())]
    command = [sys.executable, "manage.py", "demo", *place, "--connections", str(connections)]
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def _when_ready(process: subprocess.Popen[bytes], database: Path, log: Path) -> Demo:
    deadline = time.monotonic() + SECONDS_TO_START
    while (said := _READY.search(log.read_text())) is None:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    state = json.loads(database.with_name(f"{database.name}.demo.json").read_text())
    return Demo(
        url=said[1],
        simulator=said[2],
        passwords=state["passwords"],
        database=database,
        secret_key=state["secret_key"],
    )


def _carrying(mark: str) -> list[str]:
    """Command lines of the running processes whose environment has the mark."""
    return [
        (process / "cmdline").read_text().replace("\0", " ")
        for process in Path("/proc").iterdir()
        if process.name.isdecimal() and mark.encode() in _environment_of(process)
    ]


def _environment_of(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:  # it ended meanwhile, or belongs to somebody else
        return b""
