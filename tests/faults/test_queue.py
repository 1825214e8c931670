"""The queue only delivers: losing it loses nothing; and a worker that is told to stop finishes what it has in hand."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django_tasks_db.models import DBTaskResult

from connections.models import Operation
from connections.permissions import Role
from connections.simulator.server import Simulator
from connections.tasks import sweep
from tests.faults.orders import PROJECT, environment, until
from tests.faults.settling import assert_all_is_true, work_until_nothing_is_due
from tests.faults.subjects import Subject, all_of_a_user, one_connection
from tests.marks import both_generations
from tests.people import SignIn
from tests.record import types

_LATER = timedelta(seconds=11)


@both_generations
def test_a_queue_that_is_lost_loses_nothing(lead: Client, simulator: Simulator) -> None:
    subjects = [_unknown(lead, simulator) for _ in range(5)]
    with time_machine.travel(datetime.now(UTC) + _LATER, tick=True):
        assert sweep() == 5
        assert sweep() == 0
        DBTaskResult.objects.all().delete()
        assert sweep() == 5
        DBTaskResult.objects.all().delete()
    work_until_nothing_is_due()
    assert_all_is_true(simulator, {pair: each for subject in subjects for pair, each in subject.ids.items()})
    assert set(Operation.objects.values_list("state", flat=True)) == {"seen_gone"}
    assert len(simulator.deletes) == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_told_to_stop_finishes_what_it_has_in_hand(
    number: signal.Signals, lead: Client, simulator: Simulator
) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=1), tick=True):
        _unknown(lead, simulator)
        _unknown(lead, simulator)
    simulator.clear_requests()
    simulator.fault("hang", times=1, method="GET", seconds=1)
    with _worker() as worker:
        until(lambda: any(entry.method == "GET" for entry in simulator.requests), "a read")
        worker.send_signal(number)
        assert worker.wait(15) == 0
    # The one in hand is done and recorded; the other waits for the next worker.
    assert sorted(Operation.objects.values_list("state", flat=True)) == ["seen_gone", "unknown"]
    assert types("revocation.seen_gone") == ["revocation.seen_gone"]
    assert Operation.objects.filter(leased_until__isnull=False).count() == 0
    call_command("audit_verify")


def test_a_worker_told_to_stop_begins_no_further_connection_of_a_wide_deed(
    sign_in: SignIn, simulator: Simulator
) -> None:
    requester, approver = sign_in(Role.LEAD, "first"), sign_in(Role.LEAD, "second")
    subject = all_of_a_user(simulator, 80)
    subject.revoke(requester)
    simulator.fault("rate-limit-seconds", times=1, method="DELETE", seconds=1)
    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=30), tick=True):
        approver.post(f"/approvals/{Operation.objects.get().pk}/", {"decision": "granted"})
    sent = len(simulator.deletes)
    with _worker() as worker:
        until(lambda: len(simulator.deletes) > sent + 1, "a DELETE of the worker", seconds=60)
        worker.send_signal(signal.SIGTERM)
        known = len(simulator.deletes)
        assert worker.wait(15) == 0
    assert len(simulator.deletes) <= known + 2  # one was on its way
    assert Operation.objects.filter(leased_until=None, due_at__isnull=False).exists()
    work_until_nothing_is_due()
    assert Operation.objects.get().state == "seen_gone"
    call_command("audit_verify")


def _unknown(client: Client, simulator: Simulator) -> Subject:
    subject = one_connection(simulator)
    simulator.fault("reset-applied", times=1)
    subject.revoke(client)
    return subject


@contextmanager
def _worker() -> Iterator[subprocess.Popen[bytes]]:
    origins = ("SMARTCAR_MANAGEMENT_API_ORIGIN", "SMARTCAR_VEHICLE_API_ORIGIN", "SMARTCAR_IAM_ORIGIN", "SMARTCAR_API")
    variables = {name: str(getattr(settings, name)) for name in origins}
    command = [sys.executable, "manage.py", "worker", "--interval", "0.1"]
    with subprocess.Popen(command, cwd=PROJECT, env=environment(**variables)) as worker:
        try:
            yield worker
        finally:
            worker.kill()
