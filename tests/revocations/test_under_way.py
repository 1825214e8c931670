"""While one revocation of a connection is being sent, or its outcome is unknown, no other is sent."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from connections.ids import uuid7
from connections.models import Item, Operation, Preview, RequestBudget
from connections.revocations.errors import UnderWay
from connections.revocations.lease import LENGTH
from connections.revocations.under_way import refuse_under_way
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import look, revoke, send, send_page
from tests.faults.subjects import all_of_a_user
from tests.marks import both_generations
from tests.working import work


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


@both_generations
def test_what_waits_its_turn_is_not_sent_while_another_ones_end_is_unknown(
    support: Client, lead: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("rate-limit-seconds", times=1, method="DELETE", seconds=1)
    revoke(support, row, ticket="AAA-1")
    RequestBudget.objects.all().delete()  # the pause that the 429 asked for is over
    simulator.fault("server-error", times=1, method="DELETE")
    revoke(lead, row, ticket="BBB-2")
    first, second = Operation.objects.get(ticket="AAA-1"), Operation.objects.get(ticket="BBB-2")
    assert (first.state, second.state) == ("intended", "unknown")
    Operation.objects.filter(pk=first.pk).update(due_at=first.asked_at)
    work()
    assert len(simulator.deletes) == 2
    first.refresh_from_db()
    assert first.state == "intended"
    assert first.due_at is not None
    assert first.due_at > datetime.now(UTC)


def test_the_same_form_twice_at_once_is_no_other_revocation(support: Client, simulator: Simulator) -> None:
    """The second finds the first being sent: it is its own."""
    subject = all_of_a_user(simulator, 3)
    filled_in = subject.look(support)
    subject.send(support, filled_in)
    Item.objects.update(state="attempted")
    refuse_under_way(Operation.objects.get().preview)
    with pytest.raises(UnderWay):
        refuse_under_way(_another(Operation.objects.get().preview))


def _another(preview: Preview) -> Preview:
    preview.pk = uuid7()
    preview.save(force_insert=True)
    return preview


@pytest.mark.parametrize("generation", ["v3"], indirect=True)
def test_a_user_without_connections_is_purged_by_one_at_a_time(lead: Client, simulator: Simulator) -> None:
    user = str(uuid4())
    row = simulator.connect(user_id=user, mode="live")
    simulator.disconnect(user, row.vehicle_id)
    url = f"/users/{user}/purge/"
    answers = []
    for _ in range(2):
        shown = re.search(r'name="preview" value="([0-9a-f]{64})"', lead.get(url).text)
        assert shown is not None
        given = {"reason": "erasure_request", "ticket": "OPS-1", "preview": shown[1], "confirm": user[:8]}
        answers.append(lead.post(url, given).status_code)
        Item.objects.update(state="attempted")  # as if it were still on its way
    assert answers == [302, 409]
    assert len(simulator.deletes) == 1
