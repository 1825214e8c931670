"""One connection: what the page says, what it costs, and what it says of one that is gone."""

import pytest
from django.conf import LazySettings
from django.test import Client

from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import HTMX, asked, detail_url, revoke
from tests.marks import both_generations

NOBODY = "00000000-0000-4000-8000-000000000000"
MODES = pytest.mark.parametrize("query", ["", "?mode=live", "?mode=simulated", "?mode=test", "?mode=nonsense"])


def by_id_url(row: Connection) -> str:
    return f"/connections/{row.connection_id}/"


@pytest.fixture
def without_v3(settings: LazySettings) -> None:
    """An installation that has a management token only."""
    settings.SMARTCAR_CLIENT_ID = settings.SMARTCAR_CLIENT_SECRET = ""


@pytest.fixture
def simulated(simulator: Simulator) -> Connection:
    return next(each for each in simulator.world.connections if each.mode == "simulated")


@both_generations
def test_it_shows_what_smartcar_knows(support: Client, row: Connection) -> None:
    page = support.get(detail_url(row))
    assert page.status_code == 200
    for known in (row.user_id, row.vehicle_id, row.connection_id, row.model, str(row.year), row.powertrain):
        assert known in page.text
    assert f"{row.connected_at:%Y-%m-%d %H:%M:%S} UTC" in page.text


@both_generations
def test_permissions_are_grouped_by_what_they_allow(support: Client, simulator: Simulator) -> None:
    granted = ("read_odometer", "read_location", "control_security", "read_brand_new", "brew_coffee")
    page = support.get(detail_url(simulator.connect(mode="live", permissions=granted))).text
    acts, reads, other = (page.index(f"<h3>{title}") for title in ("Acts on the car", "Reads", "Not known"))
    assert acts < page.index("control_security") < reads
    assert reads < page.index("read_location") < page.index("read_odometer") < page.index("read_brand_new") < other
    assert page.index("brew_coffee") > other
    assert page.count("tells where a person is") == 1


@both_generations
def test_the_users_other_vehicles_are_links(support: Client, simulator: Simulator, row: Connection) -> None:
    other = simulator.connect(user_id=row.user_id, mode="live")
    assert f'href="{detail_url(other)}?mode=live"' in support.get(detail_url(row)).text


@pytest.mark.parametrize("generation", ["v3"], indirect=True)
def test_the_vehicles_other_users_are_links(support: Client, simulator: Simulator, row: Connection) -> None:
    other = simulator.connect(vehicle_id=row.vehicle_id, mode="live")
    page = support.get(f"{detail_url(row)}?mode=live").text
    assert f'href="{detail_url(other)}?mode=live"' in page


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
@pytest.mark.usefixtures("without_v3")
def test_without_v3_credentials_it_says_how_to_get_the_rest(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    other = simulator.connect(vehicle_id=row.vehicle_id, mode="live")
    page = support.get(detail_url(row)).text
    assert "SMARTCAR_CLIENT_ID" in page
    assert row.model not in page
    assert f'href="{detail_url(other)}?mode=live"' in page


@both_generations
@MODES
def test_it_costs_two_requests_at_most(support: Client, simulator: Simulator, row: Connection, query: str) -> None:
    assert support.get(detail_url(row) + query).status_code == 200
    assert 1 <= len(asked(simulator)) <= 2


@both_generations
@MODES
def test_a_simulated_one_costs_two_requests_at_most(
    support: Client, simulator: Simulator, simulated: Connection, query: str
) -> None:
    assert support.get(detail_url(simulated) + query).status_code == 200
    assert 1 <= len(asked(simulator)) <= 2


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
@pytest.mark.usefixtures("without_v3")
@MODES
def test_without_v3_credentials_it_costs_two_requests_at_most(
    support: Client, simulator: Simulator, row: Connection, query: str
) -> None:
    assert support.get(detail_url(row) + query).status_code == 200
    assert asked(simulator) in ([("GET", "v2")], [("GET", "v2")] * 2)


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
def test_one_in_the_old_test_mode_is_shown_in_v2(support: Client, simulator: Simulator) -> None:
    old = next(each for each in simulator.world.connections if each.mode == "test")
    assert support.get(detail_url(old)).status_code == 200
    assert len(asked(simulator)) <= 2


@both_generations
def test_a_user_with_more_than_a_page_of_them_costs_two_requests_at_most(support: Client, simulator: Simulator) -> None:
    first = simulator.connect(mode="live")
    for _ in range(100):
        simulator.connect(user_id=first.user_id, mode="live")
    assert support.get(detail_url(first)).status_code == 200
    assert len(asked(simulator)) == 2


def test_one_beyond_a_page_of_the_other_mode_is_found_all_the_same(support: Client, simulator: Simulator) -> None:
    first = simulator.connect(mode="simulated")
    for _ in range(101):
        simulator.connect(user_id=first.user_id, mode="live")
    assert support.get(detail_url(first)).status_code == 200
    simulator.clear_requests()
    assert support.get(f"{detail_url(first)}?mode=simulated").status_code == 200
    assert len(asked(simulator)) <= 2


@both_generations
def test_seconds_later_it_costs_nothing(support: Client, simulator: Simulator, row: Connection) -> None:
    support.get(f"{detail_url(row)}?mode=live")
    before = len(asked(simulator))
    support.get(f"{detail_url(row)}?mode=live")
    assert len(asked(simulator)) == before


def test_by_connection_id_it_is_the_same_page(support: Client, simulator: Simulator, row: Connection) -> None:
    page = support.get(by_id_url(row))
    assert page.status_code == 200
    assert row.user_id in page.text
    assert len(asked(simulator)) <= 2


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
def test_v2_has_no_connection_ids_so_one_is_unknown(support: Client, simulator: Simulator, row: Connection) -> None:
    assert support.get(by_id_url(row)).status_code == 404
    assert asked(simulator) == []


@both_generations
def test_unknown_to_smartcar_and_to_us_is_not_found(support: Client, row: Connection) -> None:
    assert support.get(f"/connections/{row.user_id}/{NOBODY}/").status_code == 404
    assert support.get(f"/connections/{NOBODY}/").status_code == 404


def test_the_nil_id_names_nobody(support: Client, simulator: Simulator) -> None:
    nil = "00000000-0000-0000-0000-000000000000"
    assert support.get(f"/connections/{nil}/{nil}/").status_code == 404
    assert asked(simulator) == []


@both_generations
def test_gone_but_revoked_by_us_says_by_whom_and_for_which_ticket(
    support: Client, auditor: Client, row: Connection
) -> None:
    revoke(support, row, ticket="SUP-4711")
    page = auditor.get(detail_url(row))
    assert page.status_code == 200
    assert "Connection gone" in page.text
    assert "SUP-4711" in page.text
    assert ">support<" in page.text


def test_gone_by_connection_id_says_the_same(support: Client, row: Connection) -> None:
    revoke(support, row, ticket="SUP-4711")
    page = support.get(by_id_url(row))
    assert page.status_code == 200
    assert "SUP-4711" in page.text


@both_generations
def test_one_that_was_connected_again_is_shown_as_connected(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    revoke(support, row)
    simulator.reconnect(*row.pair)
    page = support.get(f"{detail_url(row)}?mode=live").text
    assert '<span class="badge badge-good">Connected</span>' in page
    assert "/revoke/" in page


@both_generations
def test_its_page_shows_what_was_done_to_it(support: Client, simulator: Simulator, row: Connection) -> None:
    revoke(support, row)
    simulator.reconnect(*row.pair)
    trail = support.get(detail_url(row)).text.partition("What was done here")[2]
    for event in record.bodies("revocation.completed"):
        assert f"/audit/{event['seq']}/" in trail


def test_who_looked_is_shown_to_auditors_only(support: Client, auditor: Client, row: Connection) -> None:
    support.get(detail_url(row))
    viewed = record.newest("connection.viewed")
    assert f"/audit/{viewed['seq']}/" not in support.get(detail_url(row)).text
    assert f"/audit/{viewed['seq']}/" in auditor.get(detail_url(row)).text


def test_whoever_may_not_revoke_sees_no_button(support: Client, auditor: Client, row: Connection) -> None:
    assert "Revoke connection" in support.get(detail_url(row)).text
    assert "Revoke connection" not in auditor.get(detail_url(row)).text


@pytest.mark.usefixtures("db")
def test_it_needs_sign_in(client: Client, row: Connection) -> None:
    for url in (detail_url(row), by_id_url(row)):
        assert client.get(url)["Location"] == f"/accounts/login/?next={url}"


def test_it_needs_the_permission(access_admin: Client, simulator: Simulator, row: Connection) -> None:
    for url in (detail_url(row), by_id_url(row)):
        assert access_admin.get(url).status_code == 403
    assert record.types("access.") == ["access.refused"] * 2
    assert asked(simulator) == []


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_it_rejects_other_methods(support: Client, row: Connection, method: str) -> None:
    assert getattr(support, method)(detail_url(row)).status_code == 405
    assert getattr(support, method)(by_id_url(row)).status_code == 405
    assert support.delete(by_id_url(row)).status_code == 405


def test_htmx_gets_the_whole_page_and_caches_are_told(support: Client, row: Connection) -> None:
    page = support.get(detail_url(row), headers=HTMX)
    assert "<html" in page.text
    assert "HX-Request" in page["Vary"]


@both_generations
def test_when_smartcar_fails_the_request_id_is_shown_and_it_is_not_called_gone(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("permission")
    page = support.get(detail_url(row))
    assert page.status_code == 502
    assert simulator.requests[-1].request_id in page.text
    assert record.types("connection.viewed") == []


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
def test_when_only_the_details_fail_the_page_says_less(support: Client, simulator: Simulator, row: Connection) -> None:
    simulator.fault("permission", generation="v3")
    page = support.get(detail_url(row))
    assert page.status_code == 200
    assert "They could not be read" in page.text


def test_that_it_was_viewed_is_recorded_with_a_snapshot(support: Client, row: Connection) -> None:
    answer = support.get(detail_url(row))
    viewed = record.newest("connection.viewed")
    assert viewed["request"] == answer["X-Request-Id"]
    assert viewed["target"]["kind"] == "connection"
    assert viewed["target"]["connection"] == row.connection_id
    assert viewed["target"]["model"] == row.model
    assert viewed["target"]["permissions"] == list(row.permissions)


def test_that_a_gone_one_was_viewed_is_recorded_too(support: Client, row: Connection) -> None:
    revoke(support, row)
    support.get(detail_url(row))
    viewed = record.newest("connection.viewed")["target"]
    assert (viewed["user"], viewed["vehicle"]) == row.pair
