"""Two web servers and two workers on one database, one of each killed midway: nothing is done twice, nothing lost."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

import pytest
import requests
from django.conf import settings
from requests.exceptions import ChunkedEncodingError

from connections.models import Item, Operation
from connections.simulator.server import Simulator
from tests.faults.orders import PROJECT, environment, until
from tests.faults.settling import (
    assert_all_is_true,
    assert_nothing_was_sent_twice_without_a_read,
    assert_sent_only_what_was_committed,
    work_until_nothing_is_due,
)
from tests.faults.subjects import Subject, all_of_a_user, one_connection
from tests.marks import both_generations
from tests.people import PASSWORD
from tests.processes import free_port

_NAMES = (
    *("SMARTCAR_API", "SMARTCAR_MANAGEMENT_API_ORIGIN", "SMARTCAR_VEHICLE_API_ORIGIN", "SMARTCAR_IAM_ORIGIN"),
    "SPOOL_DIR",
)


@pytest.mark.usefixtures("lead")
@pytest.mark.parametrize(("deeds", "real_seconds"), [(16, 0), pytest.param(80, 150, marks=pytest.mark.long, id="long")])
@both_generations
def test_one_of_each_is_killed_midway(deeds: int, real_seconds: int, simulator: Simulator) -> None:
    """In the long variant the worker that is left has the time to find by itself what the killed ones left."""
    subjects = [(all_of_a_user if number % 4 == 0 else one_connection)(simulator) for number in range(deeds)]
    with ExitStack() as running:
        webs = [running.enter_context(_web()) for _ in range(2)]
        workers = [running.enter_context(_worker()) for _ in range(2)]
        people = [_signed_in(url) for _, url in webs]
        forms = [_form(people[0], webs[0][1], subject) for subject in subjects]
        for fault in ("reset-applied", "server-error", "html-applied"):
            simulator.fault(fault, times=deeds // 8, method="DELETE")
        with ThreadPoolExecutor(8) as pool:
            # Each form goes to both servers: sent twice, it revokes once.
            sent = [
                pool.submit(_send, people[which], webs[which][1], subject, fields)
                for subject, fields in zip(subjects, forms, strict=True)
                for which in (0, 1)
            ]
            until(lambda: len(simulator.deletes) >= deeds // 3, "a third of the deeds", seconds=60)
            _kill(webs[0][0])
            _kill(workers[0])
            answers = [each.result() for each in sent]
        time.sleep(real_seconds)
        workers[1].send_signal(signal.SIGTERM)
        assert workers[1].wait(30) == 0
    simulator.clear()
    # What the killed server never took is not there; the other was asked for all of it.
    assert [answer for answer in answers[1::2] if answer not in (200, 502)] == []
    assert Operation.objects.count() == deeds
    if real_seconds:
        assert not Operation.objects.filter(state__in=["intended", "attempted"]).exists()
    work_until_nothing_is_due()
    before = {pair: identifier for subject in subjects for pair, identifier in subject.ids.items()}
    assert_all_is_true(simulator, before)
    assert_sent_only_what_was_committed(simulator)
    assert_nothing_was_sent_twice_without_a_read(simulator, before)
    assert max(Item.objects.values_list("attempts", flat=True)) == 1


def _signed_in(url: str) -> requests.Session:
    """As a browser does, with the token of the form."""
    session = requests.Session()
    session.trust_env = False
    page = session.get(f"{url}/accounts/login/", timeout=20)
    session.post(
        f"{url}/accounts/login/",
        {"login": "lead", "password": PASSWORD, "csrfmiddlewaretoken": _token(page)},
        headers={"Referer": url},
        timeout=20,
    ).raise_for_status()
    return session


def _form(session: requests.Session, url: str, subject: Subject) -> dict[str, str]:
    page = session.get(f"{url}{subject.url}revoke/", timeout=20)
    page.raise_for_status()
    digest = re.search(r'name="preview" value="([0-9a-f]{64})"', page.text)
    assert digest is not None
    return {
        "reason": "customer_request",
        "ticket": "SUP-7",
        "preview": digest[1],
        "confirm": subject.confirm,
        "csrfmiddlewaretoken": _token(page),
    }


def _send(session: requests.Session, url: str, subject: Subject, fields: dict[str, str]) -> int:
    """The status, or 0 from a server that is no more."""
    try:
        with requests.Session() as alone:
            alone.trust_env = False
            alone.cookies.update(session.cookies)
            page = alone.get(f"{url}/", timeout=40)
            given = {**fields, "csrfmiddlewaretoken": _token(page)}
            answer = alone.post(f"{url}{subject.url}revoke/", given, headers={"Referer": url}, timeout=40)
            return answer.status_code
    except (requests.ConnectionError, ChunkedEncodingError, AssertionError):
        return 0


def _token(page: requests.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found is not None, page.status_code
    return found[1]


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """The whole server, with the processes it started: each leads a group of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def _web() -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "gunicorn", "dashboard.wsgi", "-k", "gthread", "-w", "1", "--threads", "8"),
        *("--no-control-socket", "--log-level", "warning", "--bind", f"127.0.0.1:{port}"),
    ]
    with _running(command) as process:
        until(lambda: _answers(url), "a web server", seconds=40)
        yield process, url


def _answers(url: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(f"{url}/healthz", timeout=2).ok
    return False


@contextmanager
def _worker() -> Iterator["subprocess.Popen[bytes]"]:
    with _running([sys.executable, "manage.py", "worker", "--interval", "0.2"]) as process:
        yield process


@contextmanager
def _running(command: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    variables = environment(**{name: str(getattr(settings, name)) for name in _NAMES})
    process = subprocess.Popen(command, cwd=PROJECT, env=variables, start_new_session=True)
    try:
        yield process
    finally:
        _kill(process)
