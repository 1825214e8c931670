"""`manage.py demo`: the dashboard, a simulator of Smartcar and four members of staff, on this machine only."""

import os
import signal
import sys
import urllib.error
import urllib.request
import webbrowser
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from connections.actors import command_actor
from connections.demo.environment import (
    MARK,
    RATE_CAPACITY,
    RATE_REFILL_PER_MINUTE,
    address,
    demo_environment,
    is_taken,
)
from connections.demo.processes import Ended, running, wait_until, watch
from connections.demo.state import STAFF, DemoState, NotOurs, hold, state_of
from connections.models import Staff
from connections.staffing import employ


class Command(BaseCommand):
    help = "Run the whole dashboard against a simulator of Smartcar. Never speaks to Smartcar itself."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--connections", type=int, default=10_000, metavar="N")
        parser.add_argument("--reset", action="store_true", help="forget everything an earlier demo recorded")

    def handle(self, *_: Any, **options: Any) -> None:
        if is_taken(options["host"], options["port"]):
            raise CommandError(
                f"Port {options['port']} of {options['host']} cannot be used, perhaps something else listens there: "
                "choose another with --port."
            )
        database = _database()
        try:
            lock = hold(database)
            state = state_of(database, reset=options["reset"])
        except NotOurs as problem:
            raise CommandError(str(problem)) from problem
        with lock:
            if MARK not in os.environ:
                _start_again_with(demo_environment(**_place(options), database=database, state=state))
            self._run(state, options)

    def _run(self, state: DemoState, options: dict[str, Any]) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self._serve(state, **options)
        except Ended as problem:
            raise CommandError(str(problem)) from problem
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")

    def _serve(self, state: DemoState, **options: Any) -> None:
        self.stdout.write("Preparing the database and the static files …")
        _prepare(state)
        with running(_commands(**options)) as processes:
            wait_until(_answers, processes, seconds=60)
            self._announce(state)
            watch(processes)

    def _announce(self, state: DemoState) -> None:
        lines = [
            f"\nThe dashboard: {settings.PUBLIC_URL}",
            f"Simulator:     {settings.SMARTCAR_VEHICLE_API_ORIGIN}",
            "",
        ]
        lines += [f"  {name:<8} {state.passwords[name]}   ({role.words})" for name, role in STAFF.items()]
        lines += ["", "Sign in with one of these names and its password. Ctrl-C stops everything.", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()
        if sys.stdout.isatty():
            webbrowser.open(settings.PUBLIC_URL)


def _database() -> Path:
    configuration = settings.DATABASES["default"]
    if configuration["ENGINE"] != "django.db.backends.sqlite3" or configuration["NAME"] == ":memory:":
        raise CommandError("The demo keeps its data in a SQLite file: unset DATABASE_URL, or name such a file.")
    return Path(configuration["NAME"]).resolve()


def _place(options: dict[str, Any]) -> dict[str, Any]:
    return {"host": options["host"], "port": options["port"]}


def _start_again_with(environment: dict[str, str]) -> None:
    """Settings are read once per process, so the demo's need a fresh one. It has this process's id and terminal."""
    arguments = [argument for argument in sys.argv if argument != "--reset"]
    os.execve(sys.executable, [sys.executable, *arguments], environment)  # noqa: S606 - this very command


def _prepare(state: DemoState) -> None:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    known = set(Staff.objects.values_list("username", flat=True))
    for name, role in STAFF.items():
        if name not in known:
            employ(actor=command_actor("demo"), name=name, role=role, password=state.passwords[name])


def _commands(*, host: str, port: int, connections: int, **_: Any) -> dict[str, list[str]]:
    simulator = urlsplit(settings.SMARTCAR_VEHICLE_API_ORIGIN)
    return {
        "simulator": [
            *(
                str(settings.BASE_DIR / "manage.py"),
                "simulator",
                "--port",
                str(simulator.port),
                "--connections",
                str(connections),
            ),
            *("--rate-capacity", str(RATE_CAPACITY), "--rate-refill-per-minute", str(RATE_REFILL_PER_MINUTE)),
        ],
        "worker": [str(settings.BASE_DIR / "manage.py"), "worker"],
        "web server": [
            *("-m", "gunicorn", "dashboard.wsgi", "-k", "gthread", "-w", "2", "--threads", "16"),
            *("--no-control-socket", "--log-level", "warning", "--chdir", str(settings.BASE_DIR)),
            *("--bind", f"{address(host) if ':' in host else host}:{port}"),
        ],
    }


def _answers() -> bool:
    """Both the simulator and the web server; any status will do."""
    return all(_is_up(url) for url in (f"{settings.SMARTCAR_VEHICLE_API_ORIGIN}/", f"{settings.PUBLIC_URL}/healthz"))


def _is_up(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - our own http addresses
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
