"""The host's clock jumps back an hour: what was last is told by the order of the log, not by the time."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client

from connections.models import Operation, Preview
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import detail_url, look, revoke, send
from tests.faults.subjects import all_of_a_user
from tests.marks import both_generations
from tests.people import SignIn
from tests.working import work

AHEAD = timedelta(minutes=20)  # sessions end after half an hour without use


@both_generations
def test_a_refusal_after_it_pauses_although_an_answer_before_it_is_dated_later(
    support: Client, lead: Client, simulator: Simulator, row: Connection
) -> None:
    with time_machine.travel(datetime.now(UTC) + AHEAD, tick=True):
        assert revoke(support, row).status_code == 200
    simulator.fault("permission", method="DELETE", times=1)
    revoke(lead, simulator.connect(mode="live"))
    assert revoke(lead, simulator.connect(mode="live")).status_code == 429
    assert len(simulator.deletes) == 2


@both_generations
def test_a_refusal_before_it_does_not_pause_until_the_clock_has_caught_up(
    support: Client, lead: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("permission", method="DELETE", times=1)
    with time_machine.travel(datetime.now(UTC) + AHEAD, tick=True):
        revoke(support, row)
    assert revoke(lead, simulator.connect(mode="live")).status_code == 200


@both_generations
def test_the_newest_look_and_the_newest_revocation_are_those_made_last(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("validation", method="DELETE", times=1)
    with time_machine.travel(datetime.now(UTC) + AHEAD, tick=True):
        revoke(support, row)
    digest = look(support, row)
    assert Preview.objects.latest("id").shown_at == Preview.objects.earliest("shown_at").shown_at
    assert send(support, row, digest).status_code == 200
    assert [each.state for each in Operation.objects.order_by("id")] == ["failed", "seen_gone"]
    assert "Revoked, seen gone" in support.get(detail_url(row)).text


@both_generations
@pytest.mark.parametrize(("fault", "end"), [("reset-applied", "seen_gone"), ("reset", "failed")])
def test_what_was_to_be_read_again_in_a_month_is_read_now(
    sign_in: SignIn, simulator: Simulator, row: Connection, fault: str, end: str
) -> None:
    simulator.fault(fault, method="DELETE", times=1)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=30), tick=True):
        revoke(sign_in(Role.SUPPORT), row)
    work()
    work(70)
    assert Operation.objects.get().state == end


@both_generations
def test_who_was_killed_when_the_clock_was_ahead_keeps_nobody_from_its_revocation(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("reset-applied", method="DELETE", times=1)
    revoke(support, row)
    Operation.objects.update(leased_until=datetime.now(UTC) + timedelta(days=30))
    work(11)
    assert Operation.objects.get().state == "seen_gone"


def test_what_waits_for_approval_waits_as_long_as_it_may(
    support: Client, simulator: Simulator, settings: LazySettings
) -> None:
    settings.APPROVAL_LIFETIME = timedelta(days=7)
    all_of_a_user(simulator, 6).revoke(support)
    work()
    assert Operation.objects.get().state == "awaiting_approval"
