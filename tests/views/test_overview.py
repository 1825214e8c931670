"""The first page: what each role finds there, and the frame that all pages share."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.test import Client

from connections.models import Operation
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from dashboard.env import Term, Terms
from tests.deeds import asked, revoke
from tests.marks import both_generations
from tests.people import SignIn
from tests.working import look_in_vain


@both_generations
def test_it_shows_what_was_lately_revoked_for_no_request(
    support: Client, auditor: Client, simulator: Simulator, row: Connection
) -> None:
    revoke(support, row, ticket="SUP-4711")
    simulator.clear_requests()
    page = auditor.get("/")
    assert page.status_code == 200
    assert "SUP-4711" in page.text
    assert asked(simulator) == []


def test_an_access_administrator_learns_that_they_see_no_connections(
    support: Client, access_admin: Client, row: Connection
) -> None:
    revoke(support, row, ticket="SUP-4711")
    page = access_admin.get("/")
    assert page.status_code == 200
    assert "Your role sees no connections" in page.text
    assert "SUP-4711" not in page.text


@pytest.mark.parametrize(
    ("role", "places"),
    [
        (Role.SUPPORT, {"/connections/", "/operations/", "/audit/"}),
        (Role.LEAD, {"/connections/", "/operations/", "/audit/"}),
        (Role.AUDITOR, {"/connections/", "/operations/", "/audit/"}),
        (Role.ACCESS_ADMIN, {"/staff/"}),
    ],
)
def test_it_leads_only_where_the_role_may_go(sign_in: SignIn, role: Role, places: set[str]) -> None:
    client = sign_in(role)
    page = client.get("/").text
    for place in ("/connections/", "/operations/", "/audit/", "/staff/"):
        assert (f'<a href="{place}"' in page) == (place in places)
        assert (client.get(place).status_code == 200) == (place in places)


def test_the_frame_names_the_person_their_role_and_what_is_talked_to(lead: Client) -> None:
    page = lead.get("/").text
    assert re.search(r'<a class="signed-in-name"[^>]*>lead</a>', page)
    assert '<span class="roles">lead</span>' in page
    assert "Simulator, not Smartcar" in page
    assert "Smartcar API v3" in page


def test_with_smartcars_own_origins_nothing_is_called_a_simulator(lead: Client, settings: LazySettings) -> None:
    settings.SMARTCAR_MANAGEMENT_API_ORIGIN = "https://management.smartcar.com"
    settings.SMARTCAR_VEHICLE_API_ORIGIN = "https://vehicle.api.smartcar.com"
    assert "Simulator" not in lead.get("/").text


def test_no_page_is_kept_by_a_cache_and_no_script_can_be_slipped_in(lead: Client) -> None:
    answer = lead.get("/")
    assert answer["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.usefixtures("db")
def test_it_needs_sign_in(client: Client) -> None:
    assert client.get("/")["Location"] == "/accounts/login/?next=/"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_rejects_other_methods(lead: Client, method: str) -> None:
    assert getattr(lead, method)("/").status_code == 405


def test_what_is_unknown_or_needs_a_person_stands_first(support: Client, simulator: Simulator, row: Connection) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, row)
    url = f"/operations/{Operation.objects.get().pk}/"
    page = support.get("/").text
    assert "Needs a person" not in page
    assert page.index("Unknown, checking") < page.index(url) < page.index("Lately revoked")
    look_in_vain(simulator)
    page = support.get("/").text
    assert page.index("Needs a person") < page.index(url) < page.index("Lately revoked")


def test_a_customer_who_waits_stands_there_with_what_is_left_until_it_is_done(
    support: Client, simulator: Simulator, row: Connection, settings: LazySettings
) -> None:
    settings.STATUTORY_DAYS = Terms(Term(days=30), {})
    simulator.fault("validation", times=1, method="DELETE")
    revoke(support, row, received_at=days_ago(27))
    page = support.get("/").text
    assert "Customers waiting" in page
    assert "due in 2 days" in page
    assert "overdue" not in page
    revoke(support, row)
    assert "Customers waiting" not in support.get("/").text


def test_a_customer_who_waits_too_long_is_called_overdue(
    support: Client, simulator: Simulator, row: Connection, settings: LazySettings
) -> None:
    settings.STATUTORY_DAYS = Terms(Term(days=30), {})
    simulator.fault("validation", times=1, method="DELETE")
    revoke(support, row, received_at=days_ago(32))
    page = support.get("/").text
    assert "1 overdue" in page
    assert "overdue by 2 days" in page


def test_with_nothing_to_say_it_says_nothing(support: Client, row: Connection) -> None:
    revoke(support, row, received_at=days_ago(3))
    page = support.get("/").text
    assert "Customers waiting" not in page
    assert "Needs a person" not in page


def days_ago(days: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}"


@pytest.mark.parametrize(("page", "current"), [("/", "Overview"), ("/operations/", "Operations"), ("", "Connections")])
def test_the_navigation_says_where_one_is(support: Client, row: Connection, page: str, current: str) -> None:
    text = support.get(page or f"/users/{row.user_id}/connections/revoke/").text
    assert re.findall(r'aria-current="page"[^>]*>([^<]+)<', text) == [current]
