"""A revocation of many connections by their ids takes hours, and leaves Smartcar's allowance to people meanwhile."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.test import Client

from connections.budget import left
from connections.models import Operation, RequestBudget
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import revoke_url
from tests.faults.subjects import all_of_a_user
from tests.people import SignIn
from tests.working import work, work_to_the_end, work_when_due

only_v3 = pytest.mark.parametrize("generation", ["v3"], indirect=True)
only_v2 = pytest.mark.parametrize("generation", ["v2"], indirect=True)


@only_v3
def test_what_it_cannot_send_at_once_waits_until_there_is_more_than_people_need(
    sign_in: SignIn, simulator: Simulator, row: Connection, settings: LazySettings
) -> None:
    settings.SMARTCAR_RATE_CAPACITY, settings.SMARTCAR_RATE_REFILL_PER_MINUTE = 40, 2
    settings.SMARTCAR_RATE_RESERVE = 10
    operation, lead = granted(sign_in, simulator, 40)
    assert operation.state == "intended"
    assert left().requests >= 13
    assert lead.get("/connections/").status_code == 200
    assert lead.get(f"{revoke_url(row)}?mode=live").status_code == 200
    told = re.search(r'to be sent, by <time datetime="([^"]+)Z"', lead.get(f"/operations/{operation.pk}/").text)
    assert told is not None
    sent_by = datetime.strptime(told[1], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    assert 300 < (sent_by - datetime.now(UTC)).total_seconds() < 1200

    sent, read = len(simulator.deletes), reads(simulator)
    work_when_due()
    assert len(simulator.deletes) == sent  # the pages came first
    work_when_due()
    assert len(simulator.deletes) > sent
    assert reads(simulator) == read
    settings.SMARTCAR_RATE_CAPACITY = 10_000
    work_to_the_end()
    assert Operation.objects.get().state == "seen_gone"
    assert len(simulator.deletes) == 40


@only_v3
@pytest.mark.parametrize(("minutes", "goes_on"), [(1, False), (11, True)])
def test_while_people_ask_for_all_that_comes_back_it_goes_on_after_a_while(
    sign_in: SignIn, simulator: Simulator, settings: LazySettings, *, minutes: int, goes_on: bool
) -> None:
    settings.SMARTCAR_RATE_CAPACITY, settings.SMARTCAR_RATE_REFILL_PER_MINUTE = 40, 2
    settings.SMARTCAR_RATE_RESERVE = 10
    granted(sign_in, simulator, 40)
    sent, now = len(simulator.deletes), datetime.now(UTC)
    RequestBudget.objects.update(full_at=now.timestamp() + 30 * 30)  # ten are left, which is the reserve
    Operation.objects.update(attempted_at=now - timedelta(minutes=minutes), due_at=now)
    work()
    assert (len(simulator.deletes) > sent) == goes_on


@only_v3
def test_what_may_have_been_sent_is_read_before_it_is_sent_once_more(sign_in: SignIn, simulator: Simulator) -> None:
    simulator.fault("rate-limit-seconds", method="DELETE", times=1, seconds=1)
    granted(sign_in, simulator, 21)
    sent, read = len(simulator.deletes), reads(simulator)
    work_when_due()
    assert reads(simulator) == read + 1
    assert len(simulator.deletes) == sent + 21


@only_v2
def test_of_a_large_set_the_worker_takes_the_first_look(sign_in: SignIn, simulator: Simulator) -> None:
    operation, _ = granted(sign_in, simulator, 201)
    assert operation.state == "succeeded"
    assert work_when_due().state == "seen_gone"


def granted(sign_in: SignIn, simulator: Simulator, connections: int) -> tuple[Operation, Client]:
    """All of a user's, asked for by one and granted by another, as it is when their click is answered."""
    requester, approver = sign_in(Role.LEAD, "first"), sign_in(Role.LEAD, "second")
    all_of_a_user(simulator, connections).revoke(requester)
    operation = Operation.objects.get()
    assert approver.post(f"/approvals/{operation.pk}/", {"decision": "granted"}).status_code == 302
    operation.refresh_from_db()
    return operation, approver


def reads(simulator: Simulator) -> int:
    return sum(entry.method == "GET" for entry in simulator.requests)
