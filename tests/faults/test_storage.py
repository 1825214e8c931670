"""The audit log cannot be written: nothing is sent; or what was sent is kept until it can be."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from connections.models import Operation
from connections.permissions import Role
from connections.simulator.server import Simulator
from tests.deeds import delete
from tests.faults.failing import (
    WAYS,
    counting_no_request_once_sent,
    gone_on_postgresql,
    gone_on_sqlite,
    locked_by_another,
    read_only_on_sqlite,
    refusing,
    waiting_shortly,
)
from tests.faults.orders import Orders, taking_orders, until
from tests.faults.settling import work_until_nothing_is_due
from tests.faults.subjects import all_of_a_user, one_connection
from tests.marks import both_generations
from tests.people import SignIn
from tests.record import bodies, types

NOT_DONE = "Not recorded, so not done"
SPOOLED = "Sent, but the answer could not be recorded"


@both_generations
@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_sent_while_the_log_cannot_be_written(way: str, lead: Client, simulator: Simulator) -> None:
    subject = one_connection(simulator)
    filled_in = subject.look(lead)
    lead.raise_request_exception = False
    with WAYS[way]():
        answer = subject.send(lead, filled_in)
    assert answer.status_code == 503
    assert NOT_DONE in answer.text
    assert not simulator.deletes
    assert subject.send(lead, filled_in).status_code == 200
    assert len(simulator.deletes) == 1
    call_command("audit_verify")


FILES = {"read-only": read_only_on_sqlite, "gone": gone_on_sqlite} if connection.vendor == "sqlite" else {}
if FILES:

    @pytest.mark.parametrize("way", FILES)
    def test_nothing_is_sent_while_the_files_are_out_of_reach(
        way: str, limited_orders: Orders, lead: Client, simulator: Simulator
    ) -> None:
        subject = one_connection(simulator)
        filled_in = subject.look(lead)
        with FILES[way]():
            answer = limited_orders.revoke(lead, subject.url, filled_in).answer()
        assert answer["status"] == 503
        assert NOT_DONE in answer["text"]
        assert not simulator.deletes
        assert subject.send(lead, filled_in).status_code == 200
        call_command("audit_verify")


@pytest.fixture
def limited_orders(orders: Orders, tmp_path: Path) -> Iterator[Orders]:  # noqa: ARG001 - for its settings
    """Processes that a file's mode can keep out, as it never keeps out root."""
    is_root = os.geteuid() == 0
    prefix = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if is_root else []
    with taking_orders(tmp_path, *prefix) as limited:
        yield limited


@both_generations
def test_an_answer_that_cannot_be_recorded_is_kept_and_replayed(lead: Client, simulator: Simulator) -> None:
    subject, another = one_connection(simulator), one_connection(simulator)
    filled_in = another.look(lead)
    with refusing("revocation.completed"):
        answer = subject.revoke(lead)
        assert answer.status_code == 503
        assert SPOOLED in answer.text
        assert len(_spooled()) == 1
        waiting = another.send(lead, filled_in)
        assert waiting.status_code == 503
        assert NOT_DONE in waiting.text
        assert len(simulator.deletes) == 1
    assert another.send(lead, filled_in).status_code == 200
    assert not _spooled()
    assert len(simulator.deletes) == 2
    assert types("system.spool_replayed") == ["system.spool_replayed"]
    work_until_nothing_is_due()
    assert set(Operation.objects.values_list("state", flat=True)) == {"seen_gone"}
    call_command("audit_verify")


@both_generations
def test_an_answer_that_comes_when_the_database_has_failed_is_kept(lead: Client, simulator: Simulator) -> None:
    subject = one_connection(simulator)
    filled_in = subject.look(lead)
    # Slow enough for the database to fail between the request and the end of its answer.
    simulator.fault("drip-applied", times=1, seconds=0.004)
    with _failing_once_something_is_sent(simulator):
        answer = subject.send(lead, filled_in)
    assert answer.status_code == 503
    assert SPOOLED in answer.text
    assert len(_spooled()) == 1
    another = one_connection(simulator)
    assert another.revoke(lead).status_code == 200
    assert not _spooled()
    work_until_nothing_is_due()
    assert set(Operation.objects.values_list("state", flat=True)) == {"seen_gone"}
    assert len(simulator.deletes) == 2
    call_command("audit_verify")


@both_generations
def test_an_answer_is_recorded_before_it_is_read_again_what_it_meant(
    lead: Client, simulator: Simulator, generation: str
) -> None:
    subject = one_connection(simulator)
    filled_in = subject.look(lead)
    simulator.fault("deleted-but-empty" if generation == "v2" else "not-found", times=1, method="DELETE")
    with counting_no_request_once_sent():
        answer = subject.send(lead, filled_in)
    assert NOT_DONE not in answer.text
    assert Operation.objects.get().state == "unknown"
    assert [body["outcome"]["status"] for body in bodies("revocation.completed")] == ["unknown"]
    simulator.disconnect(*subject.rows[0].pair)
    work_until_nothing_is_due()
    assert Operation.objects.get().state == "already_gone"
    assert [body["outcome"]["status"] for body in bodies("revocation.reconciled")] == ["already_gone"]
    call_command("operations_rebuild", check=True)


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
def test_an_alarm_outlives_a_database_that_fails_before_the_read(lead: Client, simulator: Simulator) -> None:
    """A DELETE of a pair takes another connection too, and names only that one."""
    subject = all_of_a_user(simulator, 2)
    one = subject.rows[0]
    filled_in = replace(subject, url=f"/connections/{one.user_id}/{one.vehicle_id}/").look(lead)
    for fault in "ignored-vehicle-id", "missing-pair":
        simulator.fault(fault, times=1, method="DELETE")
    simulator.fault("drip-applied", times=1, seconds=0.004)
    with _failing_once_something_is_sent(simulator):
        answer = delete(lead, f"/connections/{one.user_id}/{one.vehicle_id}/", filled_in)
    assert SPOOLED in answer.text
    assert len(_spooled()) == 1
    work_until_nothing_is_due()
    assert types("revocation.alarmed") == ["revocation.alarmed"]
    assert Operation.objects.get().alarm
    call_command("operations_rebuild", check=True)


def test_an_answer_that_could_be_removed_only_later_is_recorded_once(
    limited_orders: Orders, lead: Client, simulator: Simulator
) -> None:
    folder = Path(settings.SPOOL_DIR)
    with refusing("revocation.completed"):
        one_connection(simulator).revoke(lead)
    another = one_connection(simulator)
    filled_in = another.look(lead)
    folder.chmod(0o500)
    try:
        for _ in range(2):
            assert limited_orders.revoke(lead, another.url, filled_in).answer()["status"] == 503
        ready = limited_orders.get(lead, "/readyz").answer()
    finally:
        folder.chmod(0o700)
    assert ready["status"] == 503
    assert "cannot be removed" in ready["text"]
    assert "cannot be written" in ready["text"]
    assert len(simulator.deletes) == 1
    assert limited_orders.revoke(lead, another.url, filled_in).answer()["status"] == 200
    assert types("system.spool_replayed") == ["system.spool_replayed"]
    assert not _spooled()


def test_an_answer_after_an_approval_is_kept_and_said_too(sign_in: SignIn, simulator: Simulator) -> None:
    requester, approver = sign_in(Role.LEAD, "first"), sign_in(Role.LEAD, "second")
    subject = all_of_a_user(simulator, 6)
    assert subject.revoke(requester).status_code == 200
    operation = Operation.objects.get()
    with refusing("revocation.completed"):
        answer = approver.post(f"/approvals/{operation.pk}/", {"decision": "granted"})
    assert answer.status_code == 503
    assert SPOOLED in answer.content.decode()
    assert len(_spooled()) == 1


def test_what_was_sent_is_not_called_undone_when_the_next_cannot_be_recorded(
    lead: Client, simulator: Simulator
) -> None:
    subject = all_of_a_user(simulator)
    filled_in = subject.look(lead)
    with refusing("revocation.attempted", about='%"item":1,%'):
        answer = subject.send(lead, filled_in)
    assert NOT_DONE not in answer.text
    assert len(simulator.deletes) == 1
    work_until_nothing_is_due()
    assert Operation.objects.get().state == "seen_gone"


@contextmanager
def _failing_once_something_is_sent(simulator: Simulator) -> Iterator[None]:
    """The database is locked or gone from the moment a DELETE has arrived."""
    ended = threading.Event()

    def fail() -> None:
        until(lambda: simulator.deletes, "a DELETE")
        with locked_by_another() if connection.vendor == "sqlite" else gone_on_postgresql():
            ended.wait(20)

    with ExitStack() as shortly:
        if connection.vendor == "sqlite":
            shortly.enter_context(waiting_shortly())
        thread = threading.Thread(target=fail)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            if connection.vendor == "postgresql":
                connection.close()  # as the end of a request closes what the server hung up


def _spooled() -> list[Path]:
    return list(Path(settings.SPOOL_DIR).glob("*"))


def test_an_answer_that_many_processes_find_is_recorded_once(
    orders: Orders, lead: Client, simulator: Simulator
) -> None:
    with refusing("revocation.completed"):
        assert one_connection(simulator).revoke(lead).status_code == 503
    others = [one_connection(simulator) for _ in range(6)]
    forms = [other.look(lead) for other in others]
    at_once = [orders.revoke(lead, other.url, form) for other, form in zip(others, forms, strict=True)]
    assert [each.answer()["status"] for each in at_once] == [200] * 6
    assert types("system.spool_replayed") == ["system.spool_replayed"]
    assert len(types("revocation.completed")) == 7
