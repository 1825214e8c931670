"""Django's admin behind the production web server, compressed and cached as well as it can be, to load in a browser."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.surroundings import PROJECT, environment
from tests.processes import free_port

_SETTINGS = "tests.benchmarks.served_admin_settings"
_SECONDS_TO_START = 60


@dataclass(frozen=True, slots=True)
class Admin:
    """Where the list of 10,000 connections is, and the session of who may see it."""

    url: str
    session: str


@contextmanager
def running_admin(folder: Path) -> Iterator[Admin]:
    variables = {**os.environ, **environment(folder)}
    session = _run(variables, "-m", "tests.benchmarks.served_admin").split()[-1]
    variables["DJANGO_SETTINGS_MODULE"] = _SETTINGS
    _run(variables, "-m", "django", "collectstatic", "--no-input")
    port = free_port()
    server = [sys.executable, "-m", "gunicorn", "django.core.wsgi:get_wsgi_application()", "-k", "gthread", "-w", "2"]
    server += ["--threads", "16", "--no-control-socket", "--log-level", "error", "-b", f"127.0.0.1:{port}"]
    with subprocess.Popen(server, cwd=PROJECT, env=variables) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/healthz")
            yield Admin(f"{url}/admin/benchmarks/listedwithfilters/", session)
        finally:
            process.terminate()


def _run(variables: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=PROJECT, env=variables, stdout=subprocess.PIPE, text=True, check=True).stdout


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{url} did not answer within {_SECONDS_TO_START} seconds.")


def _make() -> str:
    """The database, and a session from the dashboard's own sign-in; gives its key."""
    import django  # noqa: PLC0415 - the settings need the environment, and models the settings

    django.setup()
    from tests.benchmarks import table  # noqa: PLC0415 - as above

    table.prepare()
    return table.session_of_administrator()


if __name__ == "__main__":
    sys.stdout.write(f"{_make()}\n")
