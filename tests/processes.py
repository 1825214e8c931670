"""Processes of ours as an operator runs them, and what is left of them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
MANAGE = str(PROJECT / "manage.py")


def environment(**variables: str) -> dict[str, str]:
    """A clean environment of production settings, with nothing of the tests' own in it."""
    return {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "dashboard.settings", **variables}


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command to its end, under this Python."""
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, env=environment(**variables), cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def descendants(pid: int) -> set[int]:
    """Ids of the processes that this one started, and they in turn."""
    children = {child for child, parent in _parents().items() if parent == pid}
    return children.union(*(descendants(child) for child in children))


def is_alive(pid: int) -> bool:
    return pid in _parents()


def _parents() -> dict[int, int]:
    """The parent of every process; one that ended and waits to be collected is none."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it ended while we looked
        if state != "Z":
            found[int(folder.name)] = int(parent)
    return found
