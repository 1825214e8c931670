"""Everything of the main job in a browser that runs no scripts."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.complaints import Complaints
from tests.browser.control import Control, Pair
from tests.browser.demo import Demo
from tests.browser.steps import Visit, revoke_link, send, sign_in


@pytest.fixture
def support(visit: Visit) -> Page:
    return visit("support", java_script_enabled=False)


def test_from_sign_in_to_the_audit_log(visit: Visit, demo: Demo, control: Control, pair: Pair) -> None:
    page = visit(java_script_enabled=False)
    sign_in(page, "support", demo.passwords["support"])
    page.get_by_role("link", name="Connections", exact=True).click()
    page.get_by_label("User id").fill(pair.user_id)
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name=pair.user_id).click()
    revoke_link(page).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Revoke this connection")
    send(page, ticket="OPS-1000", note="Without scripts.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Revocation for OPS-1000")
    expect(page.get_by_role("main")).to_contain_text("Revoked, seen gone")
    page.goto(pair.table)
    expect(page.get_by_role("main")).to_contain_text("No connections match")

    auditor = visit("auditor", "/audit/", java_script_enabled=False)
    auditor.get_by_label("Search").fill("ticket:OPS-1000")
    auditor.get_by_role("button", name="Search").click()
    auditor.get_by_role("row").filter(has_text="asked to revoke").get_by_role("link").click()
    for fact in ("support", "customer_request", "OPS-1000", "Without scripts.", pair.vehicle_id):
        expect(auditor.get_by_role("main")).to_contain_text(fact)
    auditor.get_by_role("link", name="Everything of this revocation").click()
    expect(auditor.get_by_role("row").filter(has_text="revocation.completed")).to_contain_text("Smartcar answered 204")
    assert len(control.deletes(pair)) == 1


def test_errors_and_changes_come_as_pages(support: Page, control: Control, pair: Pair, complaints: Complaints) -> None:
    complaints.expect_answer(422)
    complaints.expect_answer(409)
    support.goto(pair.page)
    revoke_link(support).click()
    send(support, ticket="no ticket", note="Kept.")
    expect(support.get_by_role("main")).to_contain_text("A ticket looks like OPS-4711.")
    expect(support.get_by_label("Note")).to_have_value("Kept.")
    control.reconnect(pair)
    send(support, ticket="OPS-1100")
    expect(support.get_by_role("heading", level=1)).to_have_text("Changed since you looked")
    support.get_by_role("link", name="Look again").click()
    send(support, ticket="OPS-1100")
    expect(support.get_by_role("main")).to_contain_text("Revoked, seen gone")


def test_what_only_scripts_can_do_is_not_offered(support: Page, pair: Pair) -> None:
    support.goto(pair.table)
    expect(support.locator(pair.row)).to_be_visible()
    for does_nothing in ("[data-copy]", "[data-dismiss]", "[data-close]"):
        expect(support.locator(does_nothing).locator("visible=true")).to_have_count(0)
