"""What an auditor does with the log: search, keep a search, and review with the keyboard alone."""

import re

from playwright.sync_api import Page, expect

from tests.browser.complaints import Complaints
from tests.browser.control import Pair
from tests.browser.steps import Visit, revoke_from


def revoked(page: Page, pair: Pair, *, ticket: str, note: str) -> None:
    page.goto(pair.page)
    revoke_from(page, ticket=ticket, note=note)


def test_a_part_of_a_note_finds_the_revocation_and_all_that_belongs_to_it(
    support: Page, visit: Visit, pair: Pair
) -> None:
    revoked(support, pair, ticket="OPS-4001", note="the letter came from Lisbon")
    page = visit("auditor", "/audit/")
    page.evaluate("window.notReloaded = true")
    page.get_by_label("Search").fill("lisbon")
    page.get_by_label("Search").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#results")).to_contain_text("(1 in all)")
    assert page.evaluate("window.notReloaded")
    page.locator("tbody a").click()
    page.get_by_role("link", name="Everything of this revocation").click()
    expect(page.locator("tbody tr").first).to_contain_text("saw that Smartcar no longer lists")
    page.go_back()
    page.get_by_role("link", name="Everything about this user").click()
    expect(page.locator("tbody")).to_contain_text("looked at what revoking would remove")


def test_what_cannot_be_searched_for_is_said_beside_its_box_and_goes_when_it_is_mended(
    visit: Visit, complaints: Complaints
) -> None:
    complaints.expect_answer(422)
    page = visit("auditor", "/audit/")
    page.get_by_label("Ticket").fill("7")
    page.get_by_label("Ticket").press("Enter")
    expect(page.locator("#errors-of-ticket")).to_contain_text("too short")
    page.get_by_label("Ticket").fill("OPS")
    page.get_by_label("Ticket").press("Enter")
    expect(page.locator("#errors-of-ticket")).to_be_empty()


def test_a_search_is_saved_under_a_name_opened_and_deleted(visit: Visit) -> None:
    page = visit("auditor", "/audit/?type=audit.exported")
    page.get_by_text("Saved searches").click()
    page.get_by_label("Name for this search").fill("Exports")
    page.get_by_role("button", name="Save").click()
    page.goto("/audit/")
    page.get_by_text("Saved searches").click()
    page.get_by_role("link", name="Exports").click()
    expect(page.get_by_label("Type")).to_have_value("audit.exported")
    page.get_by_text("Saved searches").click()
    page.get_by_role("button", name="Delete Exports").click()
    page.get_by_text("Saved searches").click()
    expect(page.get_by_role("link", name="Exports")).to_have_count(0)


def test_the_queue_is_worked_with_the_keyboard_alone(visit: Visit, complaints: Complaints) -> None:
    complaints.expect_answer(403)
    access = visit("access")
    for _ in range(3):
        access.goto("/connections/")
    page = visit("auditor", "/audit/review/")
    heading = page.get_by_role("heading", level=2, name=re.compile("^Event"))
    first = heading.inner_text()

    page.keyboard.press("n")
    expect(heading).not_to_have_text(first)
    second = heading.inner_text()

    page.keyboard.press("f")
    expect(page.get_by_label("Note")).to_be_focused()
    page.keyboard.type("fff, asked three times")
    page.keyboard.press("Tab")
    page.keyboard.press("f")
    expect(heading).not_to_have_text(second)
    third = heading.inner_text()

    page.keyboard.press("a")
    expect(heading.or_(page.get_by_text("Nothing waits for you"))).not_to_have_text(third)
    page.goto("/audit/?type=audit.reviewed")
    expect(page.locator("tbody")).to_contain_text(f"flagged {second.lower()}")
    expect(page.locator("tbody")).to_contain_text(f"found {third.lower()} appropriate")


def test_the_plot_and_its_table_lead_to_a_days_events(visit: Visit) -> None:
    page = visit("auditor", "/audit/")
    page.get_by_role("link", name="Activity by day").click()
    expect(page.get_by_role("img", name="Events by day")).to_be_visible()
    page.get_by_text("The same in figures").click()
    page.locator("tbody a").first.click()
    expect(page.get_by_label("Since")).not_to_have_value("")
    expect(page.locator("tbody tr").first).to_be_visible()
