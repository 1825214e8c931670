"""While one revocation of a connection is being sent, or its outcome is unknown, no other is sent."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from connections.models import Item, Operation
from connections.revocations.lease import LENGTH
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import look, revoke, send, send_page
from tests.faults.subjects import all_of_a_user
from tests.marks import both_generations


@both_generations
@pytest.mark.parametrize("send_it", [send, send_page], ids=["htmx", "page"])
def test_the_second_learns_of_the_first_and_nothing_is_sent(
    support: Client, lead: Client, simulator: Simulator, row: Connection, send_it: Any
) -> None:
    digest = look(lead, row)
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, row, ticket="AAA-1")
    answer = send_it(lead, row, digest, ticket="BBB-2")
    assert answer.status_code == 409
    assert "A revocation of one of these connections for AAA-1 is under way" in answer.text
    assert str(Operation.objects.get().pk) in answer.text
    assert len(simulator.deletes) == 1
    refused = record.newest("access.refused")
    assert (refused["why"]["reason"], refused["target"]["user"]) == ("under_way", row.user_id)


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
@pytest.mark.parametrize("age", [timedelta(), LENGTH * 2], ids=["begun just now", "begun long ago"])
def test_one_that_is_sent_a_second_time_is_under_way_too(
    support: Client, lead: Client, simulator: Simulator, row: Connection, age: timedelta
) -> None:
    """Its first answer was a 429, and a worker is sending it again at this moment."""
    digest = look(lead, row)
    simulator.fault("rate-limit", times=1, method="DELETE")
    revoke(support, row)
    first = Operation.objects.get()
    Operation.objects.update(intended_at=first.asked_at - age, state="attempted")
    Item.objects.update(state="attempted")
    assert send(lead, row, digest).status_code == 409
    assert len(simulator.deletes) == 1


@both_generations
def test_one_of_several_holds_up_the_whole_set(support: Client, lead: Client, simulator: Simulator) -> None:
    subject = all_of_a_user(simulator, 3)
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, subject.rows[0])
    assert subject.revoke(lead).status_code == 409
    assert Operation.objects.count() == len(simulator.deletes) == 1
