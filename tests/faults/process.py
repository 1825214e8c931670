"""
Processes that do one thing each and may be killed at it: `python -m tests.faults.process`.

Django is loaded once. Each line read is an order, done by a fork of its own
whose id is the answer; what came of it goes to the file that the order names.
The forks are ordinary processes: sockets, database and settings of their own.
"""

import json
import os
import signal
import sys
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from tests.deeds import FORM, HTMX


def main() -> None:
    django.setup()
    __import__("dashboard.urls")
    # The kernel buries the forks, so that an id that is gone means a process that is.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _do(json.loads(line))
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _do(order: dict[str, Any]) -> None:
    for name, value in order["settings"].items():
        setattr(settings, name, value)
    ahead = timedelta(seconds=order["ahead"])
    with time_machine.travel(datetime.now(UTC) + ahead, tick=True) if ahead else nullcontext():
        answer = _DEEDS[order["do"]](order)
    kept = Path(order["answer"])
    unfinished = kept.with_suffix(".part")
    unfinished.write_text(json.dumps(answer), encoding="utf-8")
    unfinished.rename(kept)


def _work(_: dict[str, Any]) -> dict[str, Any]:
    call_command("worker", once=True)
    return {}


def _revoke(order: dict[str, Any]) -> dict[str, Any]:
    """The button of the dialog."""
    return _told(_client(order).delete(order["url"], order["fields"], content_type=FORM, headers=HTMX))


def _grant(order: dict[str, Any]) -> dict[str, Any]:
    """The button of a second person."""
    return _told(_client(order).post(order["url"], {"decision": "granted"}))


def _get(order: dict[str, Any]) -> dict[str, Any]:
    return _told(_client(order).get(order["url"]))


def _client(order: dict[str, Any]) -> Client:
    """Of somebody who signed in before."""
    client = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")
    client.cookies[settings.SESSION_COOKIE_NAME] = order["cookie"]
    return client


def _told(answer: Any) -> dict[str, Any]:
    return {"status": answer.status_code, "text": answer.content.decode()}


_DEEDS = {"work": _work, "revoke": _revoke, "grant": _grant, "get": _get}


if __name__ == "__main__":
    main()
