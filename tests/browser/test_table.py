"""The table: filters, pages, back, search, copying, and Smartcar failing."""

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.complaints import Complaints
from tests.browser.control import Control, Pair
from tests.browser.steps import Visit, dialog_of, open_dialog, revoke_from, send

FIRST_USER = "tbody tr td[data-label=User] a"
_CUT_HEADINGS = """() => [...document.querySelectorAll("th")]
    .filter((head) => head.scrollWidth > head.clientWidth)
    .map((head) => head.textContent)"""
# A fraction of a pixel too much puts an ellipsis in the place of two letters.
_CUT_IDS = """ids => ids.map((id) => {
    const range = document.createRange();
    range.selectNodeContents(id);
    return [range.getBoundingClientRect().width, id.getBoundingClientRect().width];
}).filter(([text, room]) => text > room)"""
_LINES = """cells => cells.map((cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    const ends = [...range.getClientRects()].filter((part) => part.width).map((part) => Math.round(part.bottom / 8));
    return new Set(ends).size;
})"""


@pytest.fixture
def table(support: Page) -> Page:
    return marked(support, "/connections/")


@pytest.fixture
def still(support: Page) -> Page:
    """The table that no other test adds a row to, so that it is the same when read again."""
    return marked(support, "/connections/?mode=simulated")


def marked(page: Page, path: str) -> Page:
    """So that a reload would show."""
    page.goto(path)
    page.evaluate("window.isAsItWas = true")
    page.get_by_label("Find").fill("half a sentence")
    return page


def first_user(page: Page) -> str:
    return page.locator(FIRST_USER).first.inner_text()


def expect_first_user(page: Page, user_id: str) -> None:
    expect(page.locator(FIRST_USER).first).to_have_text(user_id)


def expect_first_user_not(page: Page, user_id: str) -> None:
    expect(page.locator(FIRST_USER).first).not_to_have_text(user_id)


def expect_same_page(page: Page) -> None:
    """Neither the window nor what was typed outside the results is new."""
    assert page.evaluate("window.isAsItWas")
    expect(page.get_by_label("Find")).to_have_value("half a sentence")


def test_a_filter_swaps_only_the_results_and_tells_the_address(table: Page, pair: Pair) -> None:
    table.get_by_label("User id").fill(pair.user_id)
    table.get_by_role("button", name="Filter").click()
    expect(table.locator("tbody tr")).to_have_count(1)
    expect(table.locator(pair.row)).to_be_visible()
    expect(table).to_have_url(re.compile(f"user_id={pair.user_id}"))
    expect_same_page(table)


def test_the_address_shows_the_same_table_again(table: Page, pair: Pair) -> None:
    table.get_by_label("User id").fill(pair.user_id)
    table.get_by_label("Rows").select_option("50")
    expect(table.locator("tbody tr")).to_have_count(1)
    table.reload()
    expect(table.locator(pair.row)).to_be_visible()
    expect(table.get_by_label("User id")).to_have_value(pair.user_id)
    expect(table.get_by_label("Rows")).to_have_value("50")


def test_the_page_size_acts_at_once_and_was_told_before(table: Page) -> None:
    expect(table.get_by_label("Rows")).to_have_value("25")
    expect(table.locator("tbody tr")).to_have_count(25)
    table.get_by_label("Rows").select_option("50")
    expect(table.locator("tbody tr")).to_have_count(50)
    expect(table).to_have_url(re.compile("limit=50"))
    expect_same_page(table)


def test_the_mode_is_chosen_with_the_arrow_keys(table: Page) -> None:
    table.get_by_role("radio", name="live").focus()
    table.keyboard.press("ArrowRight")
    expect(table.locator("tbody tr td[data-label=Mode]").first).to_have_text("simulated")
    expect(table).to_have_url(re.compile("mode=simulated"))
    expect(table.get_by_role("radio", name="simulated")).to_be_focused()


def test_older_and_newer_lead_there_and_back(still: Page) -> None:
    newest = first_user(still)
    still.get_by_role("link", name="Older").click()
    expect_first_user_not(still, newest)
    still.get_by_role("link", name="Newer").click()
    expect_first_user(still, newest)
    expect(still.get_by_role("link", name="Newer")).to_have_count(0)
    expect_same_page(still)


def test_back_shows_the_earlier_results_with_their_filters(still: Page) -> None:
    newest = first_user(still)
    still.get_by_role("link", name="Older").click()
    expect_first_user_not(still, newest)
    older = first_user(still)
    still.get_by_label("User id").fill(newest)
    still.get_by_role("button", name="Filter").click()
    expect_first_user(still, newest)

    still.go_back()
    expect_first_user(still, older)
    expect(still.get_by_label("User id")).to_have_value("")
    expect(still.get_by_role("main")).to_have_count(1)
    still.go_back()
    expect_first_user(still, newest)
    still.get_by_role("link", name="Older").click()
    expect_first_user(still, older)


def test_a_pasted_sentence_leads_to_its_connection(support: Page, pair: Pair) -> None:
    support.goto("/")
    support.keyboard.press("/")
    expect(support.get_by_label("Find")).to_be_focused()
    support.keyboard.insert_text(f"Hi, please disconnect car {pair.vehicle_id} of user {pair.user_id.upper()}, thanks")
    support.keyboard.press("Enter")
    expect(support).to_have_url(re.compile(pair.page))
    expect(support.get_by_role("button", name="Copy user_id")).to_be_visible()


def test_an_id_is_copied_whole(support: Page, pair: Pair) -> None:
    support.context.grant_permissions(["clipboard-read", "clipboard-write"])
    support.goto(pair.table)
    support.get_by_role("button", name="Copy vehicle_id").click()
    expect(support.locator("#announcement")).to_have_text("Copied")
    assert support.evaluate("navigator.clipboard.readText()") == pair.vehicle_id


def test_when_smartcar_fails_the_error_takes_the_place_of_the_results(
    table: Page, control: Control, pair: Pair, complaints: Complaints
) -> None:
    complaints.expect_answer(502)
    address = table.url
    control.fault("server-error")
    table.get_by_label("User id").fill(pair.user_id)
    table.get_by_role("button", name="Filter").click()
    failure = table.locator("#results .state")
    expect(failure.get_by_role("heading")).to_have_text("Smartcar gave no usable answer")
    expect(failure).to_contain_text(control.request_ids())
    expect(table.locator("tbody tr")).to_have_count(0)
    expect(table).to_have_url(address)
    expect_same_page(table)

    control.clear()
    failure.get_by_role("link", name="Try again").click()
    expect(table.locator(pair.row)).to_be_visible()


@pytest.mark.parametrize("language", ["en-US", "de-DE"])
@pytest.mark.parametrize("width", [1000, 1280, 1440])
def test_cars_and_what_heads_them_have_room(visit: Visit, language: str, width: int) -> None:
    visit("support")
    page = visit("support", "/connections/", locale=language, viewport=ViewportSize(width=width, height=800))
    assert page.evaluate(_CUT_HEADINGS) == []
    lines = page.locator("tbody td:nth-child(5)").evaluate_all(_LINES)
    assert max(lines) <= (1 if width > 1000 else 3)


@pytest.mark.parametrize("language", ["en-US", "de-DE"])
def test_what_became_of_a_row_takes_two_lines_at_most(
    visit: Visit, support: Page, control: Control, pair: Pair, language: str
) -> None:
    support.goto(pair.table)
    open_dialog(support)
    control.fault("delayed-visibility", seconds=60)
    send(dialog_of(support), ticket="OPS-1")
    expect(support.locator(f"{pair.row} .badge")).to_have_text("Revoked, accepted by Smartcar")
    page = visit("support", pair.table, locale=language, viewport=ViewportSize(width=1280, height=800))
    assert max(page.locator(f"{pair.row} .row-actions").evaluate_all(_LINES)) <= 2


@pytest.mark.parametrize(("path", "width"), [("/connections/", 1440), ("/operations/?ticket=OPS-9", 1280)])
def test_whole_ids_fit_on_a_large_screen(visit: Visit, pair: Pair, path: str, width: int) -> None:
    page = visit("support", pair.page, viewport=ViewportSize(width=width, height=800))
    revoke_from(page, ticket="OPS-9")
    page.goto(path)
    expect(page.locator("tbody .id").first).to_be_visible()
    assert page.locator("tbody .id").evaluate_all(_CUT_IDS) == []


def test_the_bar_for_selected_rows_leaves_both_edges_of_a_telephone_free(visit: Visit) -> None:
    page = visit("support", "/connections/?limit=10", viewport=ViewportSize(width=360, height=640))
    page.locator("tbody [type=checkbox]").first.check()
    box = page.get_by_role("region", name="Selected connections").bounding_box()
    assert box
    assert box["x"] + box["width"] <= 360 - box["x"]
