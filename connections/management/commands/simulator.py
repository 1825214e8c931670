"""`manage.py simulator`: a Smartcar to develop, test and demonstrate against, on a port of this machine."""

import errno
import signal
import threading
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.simulator.fault_board import FaultError
from connections.simulator.faults import described
from connections.simulator.server import Simulator

_ORIGINS = ("SMARTCAR_MANAGEMENT_API_ORIGIN", "SMARTCAR_VEHICLE_API_ORIGIN", "SMARTCAR_IAM_ORIGIN")


class Command(BaseCommand):
    help = "Serve a simulated Smartcar: management v2.0, vehicle v3 and the token host on one port."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=_whole(0, 65_535), default=8001, help="0 takes any free one")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--connections", type=_whole(0, 1_000_000), default=10_000)
        parser.add_argument("--users", type=_whole(1, 1_000_000), help="default: two for every three connections")
        parser.add_argument("--seed", type=_whole(0, 2**31), default=7, help="the same seed makes the same world")
        parser.add_argument("--rate-capacity", type=_whole(0, 1_000_000), default=120)
        parser.add_argument("--rate-refill-per-minute", type=_whole(0, 1_000_000), default=2)
        parser.add_argument(
            "--fault",
            action="append",
            default=[],
            metavar="NAME[:times][@seconds]",
            help="may be repeated; without times until cleared; `help` lists the names",
        )
        parser.add_argument("--list-faults", action="store_true", help="name and meaning of each, then end")

    def handle(self, *, list_faults: bool, fault: list[str], **options: Any) -> None:
        if list_faults or "help" in fault:
            self.stdout.write("\n".join(described()))
            return
        # Both signals end the wait below in the same way, also where a shell had switched SIGINT off.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self._serve(fault, options)
        except KeyboardInterrupt:
            return

    def _serve(self, faults: list[str], options: dict[str, Any]) -> None:
        with _simulator(faults, options) as simulator:
            origins = " ".join(f"{name}={simulator.url}" for name in _ORIGINS)
            self.stdout.write(f"Simulator of Smartcar at {simulator.url} {origins}")
            self.stdout.flush()
            threading.Event().wait()


def _simulator(faults: list[str], options: dict[str, Any]) -> Simulator:
    host, port = options["host"], options["port"]
    try:
        return Simulator(
            host=host,
            port=port,
            connections=options["connections"],
            users=options["users"],
            seed=options["seed"],
            rate_capacity=options["rate_capacity"],
            rate_refill_per_minute=options["rate_refill_per_minute"],
            faults=faults,
            management_token=settings.SMARTCAR_APP_MANAGEMENT_TOKEN,
            client_id=settings.SMARTCAR_CLIENT_ID,
            client_secret=settings.SMARTCAR_CLIENT_SECRET,
        )
    except FaultError as problem:
        raise CommandError(str(problem)) from problem
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise CommandError(f"Port {port} of {host} is taken: choose another with --port.") from problem
        raise CommandError(f"Cannot listen on port {port} of {host}: {problem.strerror}.") from problem


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(highest))
        if not is_number or not lowest <= int(text) <= highest:
            raise ArgumentTypeError(f"{text!r} is not a whole number from {lowest} to {highest}.")
        return int(text)

    return read
