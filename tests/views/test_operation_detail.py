"""One revocation from what was asked to the moment it was seen gone, as its page tells it."""

import pytest
from django.test import Client

from connections.models import Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import asked, revoke
from tests.marks import both_generations

NOBODY = "00000000-0000-4000-8000-000000000000"


def page_of_the_only_one(client: Client) -> str:
    page = client.get(f"/operations/{Operation.objects.get().pk}/")
    assert page.status_code == 200
    return page.text


@both_generations
def test_it_says_what_was_asked_by_whom_and_what_smartcar_answered(
    support: Client, auditor: Client, simulator: Simulator, row: Connection
) -> None:
    revoke(support, row, ticket="SUP-4711", reason="vehicle_sold")
    page = page_of_the_only_one(auditor)
    assert "Revocation for SUP-4711" in page
    assert "Vehicle sold or handed over" in page
    assert "<dd>support</dd>" in page
    assert row.user_id in page
    assert row.vehicle_id in page
    assert simulator.deletes[0].request_id in page


@both_generations
def test_accepted_and_seen_gone_are_two_facts(support: Client, simulator: Simulator, row: Connection) -> None:
    simulator.fault("delayed-visibility", seconds=60)
    revoke(support, row)
    page = page_of_the_only_one(support)
    assert "Revoked, accepted by Smartcar" in page
    assert "Not seen gone" in page
    assert "Accepted by Smartcar at" in page


@both_generations
def test_its_events_are_its_timeline(support: Client, row: Connection) -> None:
    revoke(support, row)
    page = page_of_the_only_one(support)
    seqs = [body["seq"] for body in record.bodies("revocation.") if body.get("operation")]
    places = [page.index(f'href="/audit/{seq}/"') for seq in seqs]
    assert len(places) >= 3
    assert places == sorted(places, reverse=True)


@both_generations
def test_an_unknown_outcome_is_called_neither_done_nor_failed(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("server-error", method="DELETE")
    revoke(support, row)
    page = page_of_the_only_one(support)
    assert "Unknown, checking" in page
    assert "Revoked" not in page
    assert "Not revoked" not in page


def test_a_note_is_for_the_log_and_not_on_the_page(support: Client, row: Connection) -> None:
    revoke(support, row, note="she sounded upset")
    assert "upset" not in page_of_the_only_one(support)


def test_it_costs_no_request(support: Client, simulator: Simulator, row: Connection) -> None:
    revoke(support, row)
    simulator.clear_requests()
    page_of_the_only_one(support)
    assert asked(simulator) == []


def test_an_unknown_one_is_not_found(support: Client) -> None:
    assert support.get(f"/operations/{NOBODY}/").status_code == 404
    assert support.get("/operations/17/").status_code == 404


@pytest.mark.usefixtures("db")
def test_it_needs_sign_in(client: Client) -> None:
    assert client.get(f"/operations/{NOBODY}/").status_code == 302


def test_it_needs_the_permission_even_to_learn_whether_it_exists(access_admin: Client) -> None:
    assert access_admin.get(f"/operations/{NOBODY}/").status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_rejects_other_methods(support: Client, method: str) -> None:
    assert getattr(support, method)(f"/operations/{NOBODY}/").status_code == 405
