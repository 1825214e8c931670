"""Processes that live and end together."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_SECONDS_TO_END = 10


class Ended(Exception):  # noqa: N818 - it names what happened
    """One of them ended by itself."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process of ours, and what people call it."""

    name: str
    process: subprocess.Popen[bytes]


@contextmanager
def running(commands: dict[str, list[str]]) -> Iterator[tuple[Running, ...]]:
    """
    Start each command under this Python; whatever ends the block ends them all.

    Each is in a session of its own, so that Ctrl-C reaches only us and the
    order of ending is ours: the last started ends first.
    """
    started: list[Running] = []
    try:
        for name, arguments in commands.items():
            process = subprocess.Popen([sys.executable, *arguments], start_new_session=True)  # noqa: S603 - our own commands
            started.append(Running(name, process))
        yield tuple(started)
    finally:
        for each in reversed(started):
            _end(each.process)


def watch(processes: tuple[Running, ...]) -> None:
    """Wait for ever. Raises `Ended` when one of them is no more."""
    while True:
        raise_if_ended(processes)
        time.sleep(0.5)


def wait_until(is_ready: Callable[[], bool], processes: tuple[Running, ...], *, seconds: float) -> None:
    """Raises `Ended` if one of them ends first, or if it takes longer."""
    deadline = time.monotonic() + seconds
    while not is_ready():
        raise_if_ended(processes)
        if time.monotonic() > deadline:
            raise Ended(f"The demo was not ready within {seconds:.0f} seconds.")
        time.sleep(0.05)


def raise_if_ended(processes: tuple[Running, ...]) -> None:
    for each in processes:
        if each.process.poll() is not None:
            raise Ended(f"The {each.name} ended by itself (code {each.process.returncode}), so the demo stops.")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
