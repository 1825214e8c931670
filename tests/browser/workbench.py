"""A second web server on the demo's database, with DEBUG: what only those who work on this project see."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

from tests.browser.demo import PROJECT, SECONDS_TO_START, Demo
from tests.processes import free_port


@contextmanager
def running_workbench(demo: Demo) -> Iterator[str]:
    """Its address. It has the demo's key, so whoever is signed in there is signed in here."""
    port = free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "DEBUG": "true",
        "SECRET_KEY": demo.secret_key,
        "DATABASE_URL": f"sqlite:///{demo.database}",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SECOND_FACTOR_ROLES": "",
        "SMARTCAR_MANAGEMENT_API_ORIGIN": demo.simulator,
        "SMARTCAR_VEHICLE_API_ORIGIN": demo.simulator,
        "SMARTCAR_IAM_ORIGIN": demo.simulator,
    }
    command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        assert process.poll() is None, "the workbench ended by itself"
        try:
            with urlopen(f"{url}/healthz", timeout=5):
                return
        except URLError:
            time.sleep(0.05)
    raise AssertionError(f"{url} did not answer within {SECONDS_TO_START} seconds")
