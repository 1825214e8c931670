"""The table: what it shows, what it costs, and how one gets about in it."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import HTMX, asked, revoke
from tests.marks import both_generations
from tests.people import SignIn

URL = "/connections/"
NOBODY = "00000000-0000-4000-8000-000000000000"


def shown(page: str) -> list[tuple[str, str]]:
    """User and vehicle of each row, in the order of the page."""
    return re.findall(r'<a class="id" href="/connections/([0-9a-f-]{36})/([0-9a-f-]{36})/', page)


def link(page: str, relation: str) -> str | None:
    found = re.search(rf'<a [^>]*href="([^"]+)"[^>]*rel="{relation}"', page)
    return unescape(found[1]) if found else None


def listed(simulator: Simulator, generation: str) -> list[tuple[str, str]]:
    """What the first pages show: v2 lists every mode, v3 the live ones unless asked otherwise."""
    rows = simulator.world.connections
    return [row.pair for row in rows if generation == "v2" or row.mode == "live"]


@both_generations
def test_it_shows_the_newest_first(support: Client, simulator: Simulator, generation: str) -> None:
    page = support.get(URL)
    assert page.status_code == 200
    assert shown(page.text) == listed(simulator, generation)[:25]


@both_generations
def test_a_page_is_one_request_to_smartcar(support: Client, simulator: Simulator, generation: str) -> None:
    support.get(URL)
    assert asked(simulator) == [("GET", generation)]


@both_generations
def test_the_same_page_seconds_later_is_no_request(support: Client, lead: Client, simulator: Simulator) -> None:
    support.get(URL)
    first = len(asked(simulator))
    assert shown(lead.get(URL).text) == shown(support.get(URL).text)
    assert len(asked(simulator)) == first


@both_generations
def test_after_a_deed_it_is_read_again(support: Client, simulator: Simulator, row: Connection) -> None:
    support.get(URL)
    assert revoke(support, row).status_code == 200
    before = len(asked(simulator))
    assert row.pair not in shown(support.get(URL).text)
    assert len(asked(simulator)) == before + 1


@both_generations
@pytest.mark.parametrize("limit", [10, 25, 50, 100])
def test_every_page_size_offered_shows_so_many(support: Client, limit: int) -> None:
    assert len(shown(support.get(URL, {"limit": str(limit)}).text)) == limit


@both_generations
def test_filters_narrow_to_a_user_a_vehicle_and_both(support: Client, row: Connection, simulator: Simulator) -> None:
    mine = [each.pair for each in simulator.world.existing(user_id=row.user_id) if each.mode == "live"]
    cars = [each.pair for each in simulator.world.existing(vehicle_id=row.vehicle_id) if each.mode == "live"]
    user, vehicle = {"user_id": row.user_id}, {"vehicle_id": row.vehicle_id}
    assert shown(support.get(URL, user | {"mode": "live"}).text) == mine
    assert shown(support.get(URL, vehicle | {"mode": "live"}).text) == cars
    assert shown(support.get(URL, user | vehicle).text) == [row.pair]


@both_generations
@pytest.mark.parametrize("mode", ["live", "simulated"])
def test_the_mode_filter_shows_that_mode_only(support: Client, simulator: Simulator, mode: str) -> None:
    page = support.get(URL, {"mode": mode, "limit": "10"})
    wanted = [row.pair for row in simulator.world.connections if row.mode == mode]
    assert shown(page.text) == wanted[:10]


def test_in_v3_the_mode_is_a_visible_switch_that_starts_at_live(support: Client) -> None:
    page = support.get(URL).text
    assert re.search(r'<input type="radio" name="mode" value="live"[^>]* checked', page)
    assert re.search(r'<input type="radio" name="mode" value="simulated"', page)


def test_v3_shows_make_model_and_year(support: Client, row: Connection) -> None:
    page = support.get(URL).text
    assert row.model in page
    assert f'data-label="Year">{row.year}<' in page


@both_generations
def test_ids_may_be_pasted_with_spaces_and_in_capitals(support: Client, row: Connection) -> None:
    page = support.get(URL, {"user_id": f"  {row.user_id.upper()} ", "vehicle_id": row.vehicle_id})
    assert shown(page.text) == [row.pair]


@both_generations
def test_no_match_says_that_smartcar_answered_with_an_empty_list(support: Client) -> None:
    page = support.get(URL, {"user_id": NOBODY})
    assert page.status_code == 200
    assert "No connections match" in page.text
    assert re.search('<span class="summary">Read (just now|[0-9]+ seconds? ago)[.]</span>', page.text)


@both_generations
def test_older_and_newer_lead_through_every_connection_and_back(
    support: Client, simulator: Simulator, generation: str
) -> None:
    pages = list(walk(support, f"{URL}?limit=100", "next"))
    seen = [pair for page in pages for pair in shown(page)]
    assert seen == listed(simulator, generation)
    last = link(pages[-2], "next")
    assert last is not None
    back = [pair for page in walk(support, last, "prev") for pair in shown(page)]
    assert sorted(back) == sorted(seen)


def walk(client: Client, url: str | None, relation: str) -> Iterator[str]:
    while url:
        page = client.get(url).text
        yield page
        url = link(page, relation)


@both_generations
def test_cursors_of_smartcar_stay_out_of_our_urls(support: Client) -> None:
    older = link(support.get(URL).text, "next")
    assert older is not None
    assert len(parse_qs(urlsplit(older).query)["cursor"][0]) <= 64
    assert "AES" not in older


@both_generations
def test_a_bookmarked_page_shows_the_same_rows_to_somebody_else(support: Client, lead: Client) -> None:
    older = link(support.get(URL).text, "next")
    assert older is not None
    assert shown(lead.get(older).text) == shown(support.get(older).text) != shown(support.get(URL).text)


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
def test_a_page_whose_cursor_smartcar_refuses_starts_again_and_says_so(support: Client, simulator: Simulator) -> None:
    older = link(support.get(URL).text, "next")
    assert older is not None
    simulator.fault("cursor-expired")
    page = support.get(older)
    assert page.status_code == 200
    assert "The page you kept has expired" in page.text
    assert shown(page.text) == shown(support.get(URL).text)


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
def test_a_page_that_we_have_forgotten_starts_again_for_one_request(support: Client, simulator: Simulator) -> None:
    older = link(support.get(URL).text, "next")
    assert older is not None
    cache.clear()
    simulator.clear_requests()
    page = support.get(older)
    assert "The page you kept has expired" in page.text
    assert len(asked(simulator)) == 1


@both_generations
def test_a_page_past_the_end_starts_again_and_is_not_called_empty(support: Client, simulator: Simulator) -> None:
    page = support.get(URL, {"cursor": "9999"})
    assert page.status_code == 200
    assert "The page you kept has expired" in page.text
    assert shown(page.text) == shown(support.get(URL).text)
    assert len(asked(simulator)) <= 2


@both_generations
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("user_id", "00000000-0000-0000-0000-000000000000", "Write a whole id"),
        ("user_id", "1e258add", "Write a whole id"),
        ("vehicle_id", "x" * 5000, "Write a whole id"),
        ("mode", "dead", "Choose "),
        ("limit", "11", "Choose 10, 25, 50 or 100 rows."),
        ("limit", "-10", "Choose 10, 25, 50 or 100 rows."),
        ("cursor", "../../etc", "This is not a page of this table."),
        ("cursor", "a b", "This is not a page of this table."),
        ("cursor", "y" * 65, "This is not a page of this table."),
    ],
)
def test_a_bad_filter_is_named_and_nothing_is_asked(
    support: Client, simulator: Simulator, name: str, value: str, words: str
) -> None:
    for headers in {}, HTMX:
        page = support.get(URL, {name: value}, headers=headers)
        assert page.status_code == 422
        assert words in page.text
    assert asked(simulator) == []


@pytest.mark.usefixtures("db")
def test_it_needs_sign_in(client: Client) -> None:
    answer = client.get(f"{URL}?mode=live")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/connections/%3Fmode%3Dlive")


def test_it_needs_the_permission_and_the_refusal_is_recorded(access_admin: Client, simulator: Simulator) -> None:
    assert access_admin.get(URL).status_code == 403
    refused = record.newest("access.refused")
    assert refused["why"]["reason"] == "view_connection"
    assert refused["outcome"] == {"status": "refused", "http": 403}
    assert asked(simulator) == []


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_rejects_other_methods(support: Client, method: str) -> None:
    answer = getattr(support, method)(URL)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"


def test_whoever_may_not_revoke_sees_no_button(auditor: Client, support: Client) -> None:
    assert "/revoke/" in support.get(URL).text
    assert "/revoke/" not in auditor.get(URL).text


@both_generations
def test_htmx_gets_the_results_alone_and_caches_are_told(support: Client) -> None:
    whole, partial = support.get(URL), support.get(URL, headers=HTMX)
    assert "<html" in whole.text
    assert "<html" not in partial.text
    assert shown(partial.text) == shown(whole.text)
    assert "HX-Request" in whole["Vary"]
    assert "HX-Request" in partial["Vary"]


def test_a_boosted_link_gets_the_whole_page(support: Client) -> None:
    assert "<html" in support.get(URL, headers={**HTMX, "HX-Boosted": "true"}).text


@both_generations
def test_when_smartcar_refuses_the_page_says_so_with_its_request_id(support: Client, simulator: Simulator) -> None:
    simulator.fault("permission")
    page = support.get(URL)
    assert page.status_code == 502
    assert simulator.requests[-1].request_id in page.text
    assert "Smartcar gave no usable answer" in page.text
    assert "No connections match" not in page.text
    assert record.types("connection.listed") == []


@both_generations
def test_when_smartcar_fails_htmx_puts_it_in_place_of_the_old_rows(support: Client, simulator: Simulator) -> None:
    simulator.fault("permission")
    answer = support.get(URL, headers=HTMX)
    assert answer.status_code == 502
    assert answer["HX-Retarget"] == "#results"
    assert answer["HX-Push-Url"] == "false"
    assert "<html" not in answer.text
    assert "HX-Request" in answer["Vary"]


@both_generations
def test_a_spent_allowance_says_when_to_try_again(support: Client, simulator: Simulator) -> None:
    simulator.fault("rate-limit-seconds", seconds=40)
    page = support.get(URL)
    assert page.status_code == 502
    assert "allowance is spent" in page.text
    assert "Try again in 40 seconds" in page.text


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
@pytest.mark.parametrize("fault", ["v2-retired", "v2-gone"])
def test_a_retired_generation_is_said_and_never_shown_as_empty(
    support: Client, simulator: Simulator, fault: str
) -> None:
    simulator.fault(fault)
    page = support.get(URL)
    assert page.status_code == 502
    assert "Smartcar has switched this API off" in page.text
    assert "No connections match" not in page.text


@both_generations
def test_an_answer_that_is_no_list_is_never_shown_as_empty(support: Client, simulator: Simulator) -> None:
    simulator.fault("html-200")
    page = support.get(URL)
    assert page.status_code == 502
    assert "No connections match" not in page.text


@both_generations
def test_a_failed_page_is_not_kept_for_the_next_visitor(support: Client, simulator: Simulator) -> None:
    simulator.fault("permission", times=1)
    assert support.get(URL).status_code == 502
    assert support.get(URL).status_code == 200


@both_generations
def test_who_looked_for_whom_is_recorded_without_the_rows(support: Client, row: Connection) -> None:
    page = support.get(URL, {"user_id": row.user_id, "mode": "live"})
    listed_event = record.newest("connection.listed")
    assert listed_event["actor"]["kind"] == "staff"
    assert listed_event["target"] == {"kind": "user", "user": row.user_id}
    assert listed_event["found"]["count"] == len(shown(page.text))
    assert listed_event["found"]["query"] == {"mode": "live", "user_id": row.user_id}
    assert row.vehicle_id not in str(listed_event)


def test_a_page_from_the_cache_is_recorded_all_the_same(support: Client) -> None:
    support.get(URL)
    support.get(URL)
    assert record.types("connection.listed") == ["connection.listed"] * 2


def test_one_click_ties_its_answer_to_its_event(support: Client) -> None:
    answer = support.get(URL)
    assert record.newest("connection.listed")["request"] == answer["X-Request-Id"]


@pytest.mark.parametrize(
    ("url", "query"),
    [
        (f"/users/{NOBODY}/connections/", f"user_id={NOBODY}"),
        (f"/vehicles/{NOBODY}/connections/", f"vehicle_id={NOBODY}"),
    ],
)
def test_all_connections_of_a_user_or_a_vehicle_are_the_filtered_table(support: Client, url: str, query: str) -> None:
    answer = support.get(f"{url}?mode=live")
    assert answer.status_code == 302
    assert answer["Location"] == f"{URL}?{query}&mode=live&limit=25"
    assert support.get(url)["Location"] == f"{URL}?{query}&limit=25"


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.LEAD, Role.AUDITOR])
def test_all_but_access_administrators_see_it(sign_in: SignIn, role: Role) -> None:
    assert sign_in(role).get(URL).status_code == 200


@pytest.mark.parametrize(
    ("cookies", "drawn"),
    [
        ({"density": "compact", "hidden": "2.6"}, '<html lang="en" data-density="compact" data-hidden="2 6">'),
        ({"density": '"><script>', "hidden": "2.6.x"}, '<html lang="en">'),
        ({"hidden": "2" * 500}, '<html lang="en">'),
    ],
)
def test_a_table_looks_as_this_browser_left_it_and_other_cookies_are_ignored(
    support: Client, cookies: dict[str, str], drawn: str
) -> None:
    support.cookies.load(cookies)
    assert drawn in support.get(URL).text


def test_a_row_says_each_id_no_oftener_than_it_must(support: Client, row: Connection) -> None:
    assert support.get(URL).text.count(row.vehicle_id) == 3
