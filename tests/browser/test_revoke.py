"""The main deed: what the person who does it sees, and what the auditor reads of it."""

import re

from playwright.sync_api import Page, expect

from tests.browser.control import Control, Pair
from tests.browser.steps import (
    Visit,
    dialog_of,
    has_focus,
    notice_of,
    open_dialog,
    revoke_from,
    revoke_link,
    tab_to,
)


def test_a_connection_is_revoked_from_its_row_with_the_keyboard_alone(support: Page, pair: Pair) -> None:
    support.goto(pair.table)
    row, dialog, keys = support.locator(pair.row), dialog_of(support), support.keyboard
    tab_to(support, revoke_link(support))
    keys.press("Enter")
    expect(dialog).to_contain_text(pair.vehicle_id)
    assert has_focus(dialog)
    tab_to(support, dialog.get_by_label("Reason"))
    keys.type("The cust")
    keys.press("Tab")
    keys.type("OPS-100")
    keys.press("Enter")

    expect(dialog).to_be_hidden()
    expect(row).to_contain_text("Revoked, seen gone")
    assert has_focus(row)
    expect(notice_of(support)).to_contain_text("Asked for by support for OPS-100")
    expect(revoke_link(support)).to_have_count(0)

    support.reload()
    expect(support.get_by_role("main")).to_contain_text("No connections match")


def test_escape_closes_the_dialog_and_gives_the_focus_back(support: Page, control: Control, pair: Pair) -> None:
    support.goto(pair.table)
    dialog = open_dialog(support)
    support.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(revoke_link(support)).to_be_focused()
    assert control.deletes(pair) == []


def test_the_auditor_reads_who_did_it_why_and_what_smartcar_answered(
    visit: Visit, control: Control, pair: Pair
) -> None:
    revoke_from(visit("support", pair.table), ticket="OPS-200", note="Wrote on Friday.")
    page = visit("auditor", "/audit/")
    page.get_by_label("Search").fill(f"ticket:OPS-200 vehicle:{pair.vehicle_id}")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile("OPS-200"))
    asked = page.get_by_role("row").filter(has_text="revocation.intended")
    expect(asked).to_contain_text("support asked to revoke")
    asked.get_by_role("link").click()
    recorded = page.get_by_role("main")
    for fact in ("support", "customer_request", "OPS-200", "Wrote on Friday.", pair.user_id, pair.vehicle_id):
        expect(recorded).to_contain_text(fact)

    page.get_by_role("link", name="Everything of this revocation").click()
    answered = page.get_by_role("row").filter(has_text="revocation.completed")
    expect(answered).to_contain_text("Smartcar answered 204")
    answered.get_by_role("link").click()
    [delete] = control.deletes(pair)
    expect(recorded).to_contain_text(delete["request_id"])


def test_the_page_of_a_connection_tells_the_truth_after_its_deed(support: Page, pair: Pair) -> None:
    support.goto(pair.page)
    revoke_from(support, ticket="OPS-300")
    expect(support.get_by_role("region", name="State")).to_contain_text("Revoked, seen gone")
    expect(revoke_link(support)).to_have_count(0)
    expect(support.get_by_role("region", name="What was done here")).to_contain_text("for OPS-300")

    support.reload()
    expect(support.get_by_role("heading", level=1)).to_have_text("Connection gone")
    expect(support.get_by_role("main")).to_contain_text(re.compile(r"Asked for by\s*support"))
    expect(support.get_by_role("main")).to_contain_text("OPS-300")
