"""What was shown before a revocation was written over in the database: pages stand, and nothing is sent from it."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from connections.models import Operation
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import look, revoke, send
from tests.faults.subjects import all_of_a_user
from tests.people import SignIn
from tests.working import look_in_vain, work

BROKEN: tuple[Any, ...] = ({}, "gone", 7, [None], [{"user_id": "nobody"}])
SAYS = "What was shown cannot be read."


def write_over(value: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE preview SET connections = %s", [json.dumps(value)])


@pytest.fixture(params=BROKEN, ids=json.dumps)
def waiting(request: pytest.FixtureRequest, support: Client, simulator: Simulator) -> str:
    """The id of a request for approval whose connections nobody can read."""
    assert all_of_a_user(simulator, 6).revoke(support).status_code == 200
    write_over(request.param)
    return str(Operation.objects.get().pk)


def test_pages_show_the_rest_and_it_can_only_be_denied(lead: Client, simulator: Simulator, waiting: str) -> None:
    page = lead.get("/approvals/").text
    assert SAYS in page
    assert "Grant and revoke" not in page
    assert "0 connections" not in page
    for url in (f"/operations/{waiting}/", "/operations/", "/"):
        assert lead.get(url).status_code == 200
    assert SAYS in lead.get(f"/operations/{waiting}/").text
    refused = lead.post(f"/approvals/{waiting}/", {"decision": "granted"})
    assert refused.status_code == 409
    assert "so nothing is sent from it" in refused.text
    assert lead.post(f"/approvals/{waiting}/", {"decision": "denied"}).status_code == 302
    assert Operation.objects.get().state == "cancelled"
    assert record.types("approval.") == ["approval.requested", "approval.denied"]
    assert lead.get(f"/operations/{waiting}/receipt/").status_code == 409
    assert simulator.deletes == []


def test_who_asked_takes_it_back_or_it_expires(support: Client, waiting: str) -> None:
    assert support.post(f"/operations/{waiting}/withdraw/").status_code == 302
    assert Operation.objects.get().state == "cancelled"


def test_it_expires(waiting: str) -> None:
    work(3601)
    assert str(Operation.objects.get().pk) == waiting
    assert Operation.objects.get().state == "cancelled"


def test_whoever_comes_later_is_led_to_the_operation(support: Client, lead: Client, row: Connection) -> None:
    digest = look(lead, row)
    revoke(support, row)
    write_over([{}])
    answer = send(lead, row, digest)
    assert (answer.status_code, answer["HX-Redirect"]) == (200, f"/operations/{Operation.objects.get().pk}/")


@pytest.mark.parametrize("broken", BROKEN, ids=json.dumps)
def test_a_person_closes_what_was_sent(
    support: Client, sign_in: SignIn, simulator: Simulator, row: Connection, broken: object
) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, row)
    url = f"/operations/{look_in_vain(simulator).pk}/"
    write_over(broken)
    lead = sign_in(Role.LEAD)
    assert SAYS in lead.get(url).text
    given = {"conclusion": "gone", "note": "Looked it up in Smartcar's dashboard"}
    assert lead.post(f"{url}reconcile/", given).status_code == 302
    assert Operation.objects.get().state == "seen_gone"
    assert record.newest("revocation.reconciled")["target"]["vehicle"] == row.vehicle_id
    assert lead.get(f"{url}receipt/").status_code == 409
