"""The first page: what each role finds there, and the frame that all pages share."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client

from connections.models import Operation
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from dashboard.env import Term, Terms
from tests.deeds import revoke
from tests.faults.subjects import all_of_a_user
from tests.marks import both_generations
from tests.people import PASSWORD, SignIn
from tests.working import look_in_vain


@both_generations
@pytest.mark.parametrize("role", Role)
def test_it_costs_no_request_whoever_looks_and_whatever_there_is_to_see(
    sign_in: SignIn, support: Client, simulator: Simulator, row: Connection, role: Role
) -> None:
    support.get("/connections/")
    revoke(support, row, ticket="SUP-4711")
    all_of_a_user(simulator, 6).revoke(support)
    client = sign_in(role, "somebody")
    simulator.clear_requests()
    page = client.get("/")
    assert page.status_code == 200
    assert ("SUP-4711" in page.text) == (role is not Role.ACCESS_ADMIN)
    assert list(simulator.requests) == []


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


@pytest.fixture
def waiting(support: Client, simulator: Simulator) -> Operation:
    """Support asked for what needs another person."""
    all_of_a_user(simulator, 6).revoke(support)
    return Operation.objects.get()


def test_what_waits_for_approval_stands_there_for_whoever_may_grant_it_until_they_did(
    lead: Client, waiting: Operation
) -> None:
    assert lead.get("/").context["overview"].attention.for_me.count == 1
    assert "Waiting for your approval" in lead.get("/").text
    lead.post(f"/approvals/{waiting.pk}/", {"decision": "granted"})
    assert "Waiting for your approval" not in lead.get("/").text


def test_who_asked_sees_that_it_waits_for_others_and_nobody_else_does(
    support: Client, auditor: Client, waiting: Operation
) -> None:
    page = support.get("/").text
    assert "Yours, waiting for approval" in page
    assert str(waiting.pk) in page
    for other in (support, auditor):
        assert "Waiting for your approval" not in other.get("/").text
    assert "Yours, waiting for approval" not in auditor.get("/").text
    assert "Nothing waits for you" in auditor.get("/").text


def test_a_lead_cannot_grant_what_they_asked_for_and_is_not_asked_to(lead: Client, simulator: Simulator) -> None:
    all_of_a_user(simulator, 6).revoke(lead)
    page = lead.get("/").text
    assert "Waiting for your approval" not in page
    assert "Yours, waiting for approval" in page


def test_it_tells_how_many_connections_there_were_when_the_table_was_last_read(
    support: Client, auditor: Client, simulator: Simulator, row: Connection
) -> None:
    assert "as of" not in auditor.get("/").text
    support.get("/connections/?mode=live")
    support.get(f"/connections/?mode=simulated&user_id={row.user_id}")
    live = sum(each.mode == "live" for each in simulator.world.connections)
    (total,) = auditor.get("/").context["overview"].totals
    assert (total.mode, total.count, total.seen[0]) == ("live", live, "just now")
    assert f'<strong class="figure">{live}</strong>' in auditor.get("/").text


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
def test_where_smartcar_does_not_tell_how_many_there_are_nothing_is_said(support: Client) -> None:
    support.get("/connections/")
    assert support.get("/").context["overview"].totals == ()


def test_revocations_are_counted_by_day_and_by_what_became_of_them(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("validation", times=1, method="DELETE")
    revoke(support, row)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        call_command("worker", once=True)  # nothing is due any more
        support.post("/accounts/login/", {"login": "support", "password": PASSWORD})
        revoke(support, row)
        plot = support.get("/").context["overview"].plot
    assert len(plot.columns) == 30
    assert [column.counts for column in plot.columns[-3:]] == [(0, 0, 0, 1, 0, 0), (0,) * 6, (1, 0, 0, 0, 0, 0)]
    assert (plot.total, plot.most) == (2, 1)


def test_the_plot_starts_thirty_days_ago(support: Client, row: Connection) -> None:
    revoke(support, row)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=30)):
        support.post("/accounts/login/", {"login": "support", "password": PASSWORD})
        assert support.get("/").context["overview"].plot.total == 0


def test_it_says_when_the_log_was_last_signed_and_what_came_after(support: Client, auditor: Client) -> None:
    assert "No checkpoint yet" in support.get("/").text
    call_command("audit_checkpoint")
    auditor.get("/audit/")
    page = support.get("/").text
    assert "Last checkpoint" in page
    assert "1 more since" in page


@pytest.mark.parametrize(
    ("capacity", "reserve", "sentence"),
    [
        (120, 30, "30 of them are kept for revocations."),
        (31, 30, "They are kept for revocations, so pages wait."),
        (1, 0, "Nothing can be asked for now."),
    ],
)
def test_requests_left_are_told_with_who_may_use_them_and_when_all_are_back(
    support: Client, settings: LazySettings, capacity: int, reserve: int, sentence: str
) -> None:
    settings.SMARTCAR_RATE_CAPACITY, settings.SMARTCAR_RATE_REFILL_PER_MINUTE = capacity, 2
    settings.SMARTCAR_RATE_RESERVE = reserve
    support.get("/connections/")
    left = support.get("/").context["overview"].allowance
    assert (left.requests, left.capacity, left.sentence) == (capacity - 1, capacity, sentence)
    assert left.full[0] in ("in 30 seconds", "in 29 seconds", "in 28 seconds")


def test_the_overview_leads_to_exactly_those_whose_outcome_is_unknown(support: Client, simulator: Simulator) -> None:
    rows = [each for each in simulator.world.connections if each.mode == "live"][:2]
    simulator.fault("delayed-visibility", method="DELETE", seconds=60, times=1)
    revoke(support, rows[0], ticket="WAITS-1")
    for number in range(6):
        simulator.fault("server-error", method="DELETE", times=1)
        revoke(support, simulator.connect(mode="live"), ticket=f"UNKNOWN-{number}")
    leads = re.search(r'href="(/operations/\?unknown=on)"', support.get("/").text)
    assert leads is not None
    found = support.get(leads[1]).text
    assert "WAITS-1" not in found
    assert all(f"UNKNOWN-{number}" in found for number in range(6))
