"""Seconds from `manage.py demo` to its first page, with a new database and with the one it has then."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.surroundings import PROJECT
from tests.processes import free_port

_LONGEST = 60.0


def measure() -> dict[str, float]:
    with TemporaryDirectory() as folder:
        database = Path(folder) / "demo.sqlite3"
        return {
            "manage.py demo, new, to its first page": _first_page(database),
            "manage.py demo, again, to its first page": _first_page(database),
        }


def _first_page(database: Path) -> float:
    port = free_port()
    variables = {**os.environ, "DATABASE_URL": f"sqlite:///{database}", "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    command = [sys.executable, str(PROJECT / "manage.py"), "demo", "--port", str(port)]
    started = time.monotonic()
    with subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL) as process:
        try:
            return _seconds_until_answer(f"http://127.0.0.1:{port}/accounts/login/", started)
        finally:
            process.send_signal(signal.SIGINT)


def _seconds_until_answer(url: str, started: float) -> float:
    while (seconds := time.monotonic() - started) < _LONGEST:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return time.monotonic() - started
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"{url} did not answer within {seconds:.0f} seconds.")
