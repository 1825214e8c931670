"""Rows and deeds by keyboard, selecting several, and what a person sets once for all tables."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.control import Control, Pair
from tests.browser.steps import Visit, dialog_of, has_focus, send


@pytest.fixture
def pairs(control: Control) -> list[Pair]:
    """Three connections of one user, in the order of the table."""
    first = control.connect()
    return [control.connect(first.user_id), control.connect(first.user_id), first]


@pytest.fixture
def table(support: Page, pairs: list[Pair]) -> Page:
    support.context.grant_permissions(["clipboard-read", "clipboard-write"])
    support.goto(pairs[0].table)
    return support


def rows(page: Page) -> Locator:
    return page.locator("tbody tr")


def copied(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def ids_of(row: Locator) -> str:
    return "\t".join(row.locator(".id").all_inner_texts())


def test_j_and_k_go_through_the_rows_and_enter_opens_one(table: Page) -> None:
    vehicle = rows(table).nth(1).locator("[data-label=Vehicle] .id").inner_text()
    for key, row in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        table.keyboard.press(key)
        assert has_focus(rows(table).nth(row)), (key, row)
    table.keyboard.press("Enter")
    expect(table).to_have_url(re.compile(f"{vehicle}/"))


def test_c_copies_the_ids_of_the_row_and_r_looks_at_what_would_go(table: Page) -> None:
    table.keyboard.press("j")
    table.keyboard.press("c")
    expect(table.locator("#announcement")).to_have_text("Copied")
    assert copied(table) == ids_of(rows(table).first)
    table.keyboard.press("r")
    expect(dialog_of(table).get_by_label("Reason")).to_be_focused()
    table.keyboard.press("Escape")
    expect(dialog_of(table)).to_be_hidden()
    assert has_focus(rows(table).first)
    table.get_by_role("heading", level=1).click()
    table.keyboard.press("r")  # where one is not, nothing is done
    table.keyboard.press("j")  # but one goes on from where one was
    assert has_focus(rows(table).nth(1))
    expect(dialog_of(table)).to_be_hidden()


def test_several_are_selected_copied_and_revoked_one_after_another(table: Page) -> None:
    bar = table.get_by_role("region", name="Selected connections")
    for key in ("j", "x", "j", "x"):
        table.keyboard.press(key)
    expect(bar).to_contain_text("2 selected")
    bar.get_by_role("button", name="Copy their ids").click()
    expect(table.locator("#announcement")).to_have_text("Copied")
    assert copied(table).split("\n") == [ids_of(rows(table).nth(number)) for number in (0, 1)]

    bar.get_by_role("button", name="Revoke one after another").click()
    expect(dialog_of(table)).to_contain_text(ids_of(rows(table).first).split("\t")[1])
    send(dialog_of(table), ticket="OPS-1", note="Of the first car alone")
    expect(rows(table).first).to_contain_text("Revoked, seen gone")
    expect(dialog_of(table)).to_contain_text(ids_of(rows(table).nth(1)).split("\t")[1])
    expect(dialog_of(table).get_by_label("Reason")).to_have_value("customer_request")
    expect(dialog_of(table).get_by_label("Ticket")).to_have_value("OPS-1")
    expect(dialog_of(table).get_by_label("Note")).to_have_value("")
    dialog_of(table).get_by_role("button", name="Revoke connection").click()
    expect(rows(table).nth(1)).to_contain_text("Revoked, seen gone")
    expect(bar).to_be_hidden()
    expect(dialog_of(table)).to_be_hidden()
    expect(rows(table).nth(2).get_by_role("link", name="Revoke")).to_be_visible()


def test_closing_a_form_without_a_deed_ends_the_round(table: Page, control: Control, pairs: list[Pair]) -> None:
    table.get_by_label("Select all of this page").check()
    table.get_by_role("button", name="Revoke one after another").click()
    expect(dialog_of(table)).to_be_visible()
    table.keyboard.press("Escape")
    expect(dialog_of(table)).to_be_hidden()
    expect(table.get_by_role("region", name="Selected connections")).to_contain_text("3 selected")
    assert [control.deletes(pair) for pair in pairs] == [[], [], []]


def test_brackets_turn_pages_and_focus_stays_among_the_rows(support: Page) -> None:
    support.goto("/connections/?limit=10")
    support.keyboard.press("j")
    newest = rows(support).first.inner_text()
    support.keyboard.press("]")
    expect(support).to_have_url(re.compile("cursor="))
    expect(rows(support).first).not_to_have_text(newest)
    expect(rows(support).first.get_by_role("link").first).to_be_focused()
    support.get_by_role("link", name="Newer").focus()
    support.keyboard.press("Enter")
    expect(support.get_by_role("link", name="Newer")).to_have_count(0)
    expect(rows(support).first.get_by_role("link").first).to_be_focused()


def test_letters_are_letters_in_fields_and_can_be_switched_off(table: Page) -> None:
    table.get_by_label("User id").fill("")
    table.keyboard.type("jx?/")
    expect(table.get_by_label("User id")).to_have_value("jx?/")
    table.get_by_role("heading", level=1).click()
    table.keyboard.press("?")
    expect(dialog_of(table)).to_contain_text("next row, row before")
    dialog_of(table).get_by_label("Keys of a single letter").uncheck()
    table.keyboard.press("Escape")
    table.reload()
    table.keyboard.press("j")
    assert not has_focus(rows(table).first)
    table.keyboard.press("Control+k")
    expect(table.get_by_label("Find")).to_be_focused()
    table.get_by_role("button", name="Keys").click()
    dialog_of(table).get_by_label("Keys of a single letter").check()
    table.keyboard.press("Escape")
    expect(table.get_by_role("button", name="Keys")).to_be_focused()


def test_columns_and_close_rows_are_remembered_and_drawn_at_once(visit: Visit) -> None:
    page = visit("support", "/connections/?limit=10")
    tall = height(rows(page).last)
    page.get_by_text("View", exact=True).click()
    page.get_by_label("Compact table").check()
    page.get_by_label("Year").uncheck()
    expect(page.get_by_role("columnheader", name="Year")).to_have_count(0)
    close = height(rows(page).last)
    assert close < tall

    page.get_by_role("link", name="Operations", exact=True).click()
    expect(page.get_by_role("columnheader", name="User")).to_be_visible()
    page.context.route("**/*.js", lambda route: route.fulfill(body=""))
    page.goto("/connections/?limit=10")
    expect(page.get_by_role("columnheader", name="Year")).to_have_count(0)
    assert height(rows(page).last) == close


def height(place: Locator) -> int:
    return int(place.evaluate("place => place.offsetHeight"))


def test_times_are_exact_where_one_stands_and_in_what_is_copied(visit: Visit, pair: Pair) -> None:
    page = visit("support", pair.table, timezone_id="Asia/Tokyo", permissions=["clipboard-read", "clipboard-write"])
    moment = rows(page).first.locator("time")
    page.keyboard.press("j")
    exact = moment.get_attribute("title") or ""
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, .*GMT\+9", exact)
    words = moment.inner_text()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('tbody'))")
    page.keyboard.press("Control+c")
    assert f"{words} ({exact})" in copied(page)
    expect(moment).to_have_text(words)


def test_everything_of_a_row_is_there_for_who_listens(visit: Visit, pair: Pair) -> None:
    page = visit("support", pair.table)
    row = rows(page).first
    expect(row.get_by_role("link", name=pair.user_id, exact=True)).to_be_visible()
    expect(row.get_by_role("cell", name=re.compile(pair.vehicle_id))).to_be_visible()
