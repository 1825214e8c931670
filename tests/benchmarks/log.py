"""
A dashboard with a long audit log, for as long as a benchmark runs.

On SQLite in a folder of its own, or in the PostgreSQL database that DATABASE_URL
names, which is empty or was filled by this before. `--keep FOLDER` keeps the
SQLite file and the signing key, so that several benchmarks can share one log.
"""

import logging
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import surroundings

Report = Callable[[int], Iterator[str]]
"""Lines, each as soon as it is measured, about a log of so many events."""


def arguments(program: str, description: str) -> ArgumentParser:
    parser = ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    return parser


def measure(given: Namespace, report: Callable[[], Report]) -> None:
    """`report` imports what measures, whose models need the settings, and these the environment."""
    with ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        surroundings.set_up(folder.absolute(), None)
        logging.disable(logging.ERROR)  # a page that is cut off is no news
        for line in report()(given.events):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
