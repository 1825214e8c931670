"""v3 lists one mode at a time, and a deed is held against all there is, whatever mode was shown."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from connections.models import Operation
from connections.permissions import Role
from connections.simulator.server import Simulator
from tests.faults.subjects import Subject
from tests.marks import both_generations
from tests.people import SignIn


def user_with_live_ones(simulator: Simulator) -> Subject:
    user = str(uuid4())
    rows = tuple(simulator.connect(user_id=user, mode="live") for _ in range(2))
    return Subject(f"/users/{user}/connections/", rows, user[:8])


def vehicle_with_live_ones(simulator: Simulator) -> Subject:
    vehicle = str(uuid4())
    rows = tuple(simulator.connect(vehicle_id=vehicle, mode="live") for _ in range(2))
    return Subject(f"/vehicles/{vehicle}/connections/", rows, vehicle[:8])


@both_generations
def test_what_was_connected_since_in_the_other_mode_is_a_change(support: Client, simulator: Simulator) -> None:
    subject = user_with_live_ones(simulator)
    filled_in = subject.look(support)
    simulator.connect(user_id=subject.rows[0].user_id, mode="simulated")
    assert subject.send(support, filled_in).status_code == 409
    assert simulator.deletes == []


@both_generations
def test_so_it_is_for_a_grant(support: Client, sign_in: SignIn, simulator: Simulator) -> None:
    subject = vehicle_with_live_ones(simulator)
    subject.revoke(support)
    simulator.connect(vehicle_id=subject.rows[0].vehicle_id, mode="simulated")
    operation = Operation.objects.get()
    sign_in(Role.LEAD).post(f"/approvals/{operation.pk}/", {"decision": "granted"})
    operation.refresh_from_db()
    assert operation.state == "cancelled"
    assert simulator.deletes == []


@pytest.mark.parametrize("generation", ["v3"], indirect=True)
def test_a_purge_deletes_nothing_that_nobody_looked_at(lead: Client, simulator: Simulator) -> None:
    subject = user_with_live_ones(simulator)
    user = subject.rows[0].user_id
    url = f"/users/{user}/purge/"
    found = re.search(r'name="preview" value="([0-9a-f]{64})"', lead.get(url).text)
    assert found is not None
    simulator.connect(user_id=user, mode="simulated")
    given = {"reason": "erasure_request", "ticket": "OPS-1", "preview": found[1], "confirm": user[:8]}
    assert lead.post(url, given).status_code == 409
    assert simulator.deletes == []
