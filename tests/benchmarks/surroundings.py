"""A simulator in a process of its own, and the environment of a dashboard that speaks to it."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.management import call_command

PROJECT = Path(__file__).parents[2]
_ORIGINS = ("SMARTCAR_MANAGEMENT_API_ORIGIN", "SMARTCAR_VEHICLE_API_ORIGIN", "SMARTCAR_IAM_ORIGIN")
_PLENTY = "1000000"


def environment(folder: Path) -> dict[str, str]:
    """Everything but the origins, which are known once the simulator listens."""
    return {
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": f"sqlite:///{folder}/benchmark.sqlite3",
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "SECOND_FACTOR_ROLES": "",
        "SPOOL_DIR": str(folder / "spool"),
        "AUDIT_CHECKPOINT_DIR": str(folder / "checkpoints"),
        "AUDIT_SIGNING_KEY_FILE": str(folder / "signing-key.pem"),
        "SMARTCAR_APP_MANAGEMENT_TOKEN": secrets.token_urlsafe(24),
        "SMARTCAR_CLIENT_ID": f"client_{secrets.token_hex(8)}",
        "SMARTCAR_CLIENT_SECRET": secrets.token_urlsafe(24),
    }


def set_up(folder: Path, kept: Path | None) -> None:
    """Django on the database that DATABASE_URL names if it is PostgreSQL, on a SQLite file to keep, or on a new one."""
    given = os.environ.get("DATABASE_URL", "")
    os.environ.update(environment(folder))
    if given.startswith("postgres"):
        os.environ["DATABASE_URL"] = given
    elif kept:
        os.environ["DATABASE_URL"] = f"sqlite:///{kept.absolute()}"
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)


@contextmanager
def simulator(connections: int) -> Iterator[dict[str, str]]:
    """Its origins as variables, until the block ends. The command itself needs the project's own settings only."""
    command = [sys.executable, str(PROJECT / "manage.py"), "simulator", "--port", "0"]
    command += ["--connections", str(connections)]
    command += ["--rate-capacity", _PLENTY, "--rate-refill-per-minute", _PLENTY]
    variables = {**os.environ, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    process = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1].partition("=")[2]
            yield dict.fromkeys(_ORIGINS, url)
        finally:
            process.terminate()
