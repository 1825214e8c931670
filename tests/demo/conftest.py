"""A demo that was started and stopped once, and the same demo started again and running."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import MANAGE, PROJECT, descendants, environment, free_port

LAST_LINE = "Ctrl-C stops everything."
# What surrounds the demo on an operator's machine, and must not get into it.
SECRET = "token-of-the-real-application"
SURROUNDINGS = {
    "SMARTCAR_APP_MANAGEMENT_TOKEN": SECRET,
    "SMARTCAR_MANAGEMENT_API_ORIGIN": "https://management.smartcar.com",
    "SMARTCAR_VEHICLE_API_ORIGIN": "https://vehicle.api.smartcar.com",
    "SECRET_KEY": SECRET,
}


@dataclass(frozen=True)
class Demo:
    """A demo that says it is ready: where it answers, what it printed, and the processes it consists of."""

    process: subprocess.Popen[str]
    url: str
    printed: str
    parts: frozenset[int]

    def passwords(self) -> dict[str, str]:
        words = [line.split(maxsplit=2) for line in self.printed.splitlines() if line.startswith("  ")]
        return {name: password for name, password, _role in words}

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def running_demo(database: Path, *arguments: str) -> Iterator[Demo]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, MANAGE, "demo", "--port", str(port), "--connections", "60", *arguments],
        env=environment(DATABASE_URL=f"sqlite:///{database}", **SURROUNDINGS),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            printed = "".join(_until_ready(process))
            parts = frozenset(descendants(process.pid))
            yield Demo(process, f"http://127.0.0.1:{port}", printed, parts)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(30)


def _until_ready(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    for line in process.stdout:
        yield line
        if LAST_LINE in line:
            return
    pytest.fail("The demo ended before it was ready.")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "demo.sqlite3"


@pytest.fixture(scope="module")
def first(database: Path) -> Demo:
    """The first demo of this database, stopped by Ctrl-C."""
    with running_demo(database) as demo:
        demo.end(signal.SIGINT)
    return demo


@pytest.fixture(scope="module")
def demo(database: Path, first: Demo) -> Iterator[Demo]:  # noqa: ARG001 - the second start comes after the first
    """The demo started a second time, and running."""
    with running_demo(database) as again:
        yield again
