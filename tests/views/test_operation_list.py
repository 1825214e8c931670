"""The list of revocations: newest first, a page at a time, for no request to Smartcar."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client

from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import HTMX, asked, delete, fields, revoke
from tests.marks import both_generations
from tests.people import SignIn
from tests.working import look_in_vain

URL = "/operations/"


def tickets(page: str) -> list[str]:
    return re.findall(r'data-label="Ticket">([^<]*)<', page)


@both_generations
def test_it_shows_who_revoked_what_for_which_ticket_newest_first(
    support: Client, auditor: Client, simulator: Simulator
) -> None:
    rows = [simulator.connect(mode="live") for _ in range(3)]
    for number, row in enumerate(rows):
        revoke(support, row, ticket=f"SUP-{number}")
    page = auditor.get(URL)
    assert page.status_code == 200
    assert tickets(page.text) == ["SUP-2", "SUP-1", "SUP-0"]
    assert rows[0].vehicle_id in page.text
    assert 'data-label="By">support<' in page.text


def test_it_costs_no_request(support: Client, simulator: Simulator) -> None:
    support.get(URL)
    assert asked(simulator) == []


def test_before_the_first_it_says_that_there_are_none(support: Client) -> None:
    assert "Nothing revoked yet" in support.get(URL).text


def test_older_leads_through_all_of_them(support: Client, simulator: Simulator) -> None:
    for number in range(52):
        revoke(support, simulator.connect(mode="live"), ticket=f"SUP-{number}")
    first = support.get(URL).text
    older = re.search(rf'href="({re.escape(URL)}\?before=[0-9a-f-]+)" rel="next"', first)
    assert older is not None
    rest = support.get(older[1]).text
    assert tickets(first) + tickets(rest) == [f"SUP-{number}" for number in reversed(range(52))]
    assert 'rel="next"' not in rest


@pytest.mark.parametrize("before", ["nonsense", "0", "'; DROP TABLE operation; --", "\x00"])
def test_a_place_that_is_none_is_said_and_shows_nothing(support: Client, row: Connection, before: str) -> None:
    revoke(support, row)
    page = support.get(URL, {"before": before})
    assert page.status_code == 422
    assert tickets(page.text) == []


@pytest.mark.usefixtures("db")
def test_it_needs_sign_in(client: Client) -> None:
    assert client.get(URL)["Location"] == f"/accounts/login/?next={URL}"


def test_it_needs_the_permission(access_admin: Client) -> None:
    assert access_admin.get(URL).status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_rejects_other_methods(support: Client, method: str) -> None:
    assert getattr(support, method)(URL).status_code == 405


def test_newer_leads_back(support: Client, simulator: Simulator) -> None:
    for number in range(51):
        revoke(support, simulator.connect(mode="live"), ticket=f"SUP-{number}")
    last = support.get(link(support.get(URL).text, "next")).text
    assert tickets(last) == ["SUP-0"]
    again = support.get(link(last, "prev")).text
    assert tickets(again) == [f"SUP-{number}" for number in reversed(range(1, 51))]
    assert 'rel="prev"' not in again


def link(page: str, rel: str) -> str:
    found = re.search(rf'href="([^"]+)" rel="{rel}"', page)
    assert found is not None
    return unescape(found[1])


@pytest.fixture
def three(support: Client, sign_in: SignIn, simulator: Simulator) -> dict[str, Connection]:
    """One done, one refused, one that nobody knows the end of; the last by a lead."""
    rows = {name: simulator.connect(mode="live") for name in ("done", "refused", "unknown")}
    revoke(support, rows["done"], ticket="SUP-1")
    simulator.fault("validation", times=1, method="DELETE")
    revoke(support, rows["refused"], ticket="SUP-2", received_at=f"{datetime.now(UTC) - timedelta(days=9):%Y-%m-%d}")
    simulator.fault("reset", times=1, method="DELETE")
    revoke(sign_in(Role.LEAD, "mara"), rows["unknown"], ticket="SUP-3")
    return rows


@pytest.mark.parametrize(
    ("asked_for", "found"),
    [
        ({"state": "seen_gone"}, ["SUP-1"]),
        ({"ticket": "sup-2"}, ["SUP-2"]),
        ({"actor": "Mara"}, ["SUP-3"]),
        ({"actor": "support"}, ["SUP-2", "SUP-1"]),
        ({"waiting": "on"}, ["SUP-3"]),
        ({"unanswered": "on"}, ["SUP-2"]),
        ({"state": "failed", "actor": "support"}, ["SUP-2"]),
        ({"state": "failed", "actor": "mara"}, []),
        ({"needs_person": "on"}, []),
    ],
)
@pytest.mark.usefixtures("three")
def test_it_is_narrowed_by_what_the_url_says(auditor: Client, asked_for: dict[str, str], found: list[str]) -> None:
    page = auditor.get(URL, asked_for)
    assert page.status_code == 200
    assert tickets(page.text) == found
    assert ("No operations match" in page.text) == (not found)
    for name, value in asked_for.items():
        assert re.search(rf'name="{name}"[^>]*(value="{value}"|checked)|value="{value}" selected', page.text)


def test_it_finds_what_covered_a_user_or_a_vehicle(support: Client, three: dict[str, Connection]) -> None:
    row = three["refused"]
    assert tickets(support.get(URL, {"user_id": row.user_id}).text) == ["SUP-2"]
    assert tickets(support.get(URL, {"vehicle_id": f" {row.vehicle_id.upper()} "}).text) == ["SUP-2"]
    other = three["done"].vehicle_id
    assert tickets(support.get(URL, {"user_id": row.user_id, "vehicle_id": other}).text) == []


def test_what_needs_a_person_is_found(support: Client, simulator: Simulator, row: Connection) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, row)
    look_in_vain(simulator)
    page = support.get(URL, {"needs_person": "on"}).text
    assert tickets(page) == ["SUP-7"]
    assert "Needs a person</span>" in page


def test_older_keeps_the_filters(support: Client, simulator: Simulator) -> None:
    for _ in range(51):
        revoke(support, simulator.connect(mode="live"), ticket="SUP-1")
    revoke(support, simulator.connect(mode="live"), ticket="SUP-2")
    older = link(support.get(URL, {"ticket": "SUP-1"}).text, "next")
    assert "ticket=SUP-1" in older
    assert tickets(support.get(older).text) == ["SUP-1"]


@pytest.mark.parametrize(
    ("asked_for", "says"),
    [
        ({"state": "nonsense"}, "Choose a state from the list."),
        ({"user_id": "7"}, "Write a whole id"),
        ({"before": "7"}, "This is not a page of this list."),
    ],
)
def test_what_cannot_be_filtered_by_is_said(support: Client, asked_for: dict[str, str], says: str) -> None:
    page = support.get(URL, asked_for)
    assert page.status_code == 422
    assert says in page.text


def test_htmx_gets_the_results_alone(support: Client, row: Connection) -> None:
    revoke(support, row)
    results = support.get(URL, {"ticket": "SUP-7"}, headers=HTMX)
    assert tickets(results.text) == ["SUP-7"]
    assert "<html" not in results.text
    assert "HX-Request" in results["Vary"]


def test_a_wrong_filter_leaves_the_address_as_it_was(support: Client) -> None:
    answer = support.get(URL, {"state": "nonsense"}, headers=HTMX)
    assert (answer.status_code, answer["HX-Push-Url"]) == (422, "false")


def test_all_of_a_user_is_found_by_each_of_its_vehicles(lead: Client, simulator: Simulator) -> None:
    rows = [simulator.connect(mode="live", user_id=str(uuid4()))]
    rows.append(simulator.connect(mode="live", user_id=rows[0].user_id))
    url = f"/users/{rows[0].user_id}/connections/"
    shown = re.search(r'name="preview" value="([0-9a-f]{64})"', lead.get(f"{url}revoke/").text)
    assert shown is not None
    delete(lead, url, fields(shown[1], confirm=rows[0].user_id[:8]))
    for row in rows:
        page = lead.get(URL, {"vehicle_id": row.vehicle_id}).text
        assert tickets(page) == ["SUP-7"]
        assert "all vehicles" in page
