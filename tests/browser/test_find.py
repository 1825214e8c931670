"""The box to find things: reached from everywhere, it says what was recognised, and remembers in this tab alone."""

import re
import time

from playwright.sync_api import Locator, Page, expect

from tests.browser.control import Pair
from tests.browser.steps import Say, Visit, dialog_of, has_focus


def offers_of(page: Page) -> Locator:
    return page.locator("#offers")


def ticket_text(pair: Pair) -> str:
    return f"OPS-4711 Please disconnect. My user id is {pair.user_id}, the car's {pair.vehicle_id}. Thanks, Jo"


def test_from_the_pasted_ticket_to_the_receipt_by_keyboard_alone(visit: Visit, pair: Pair, say: Say) -> None:
    page = visit("support", "/operations/")
    keys, began = page.keyboard, time.monotonic()
    keys.press("/")  # 1
    keys.insert_text(ticket_text(pair))  # 2, pasted
    keys.press("Enter")  # 3
    expect(page.get_by_role("region", name="State")).to_contain_text("Connected")
    keys.press("r")  # 4
    expect(dialog_of(page).get_by_label("Reason")).to_be_focused()
    expect(dialog_of(page).get_by_label("Ticket")).to_have_value("OPS-4711")
    keys.type("The cust")  # 5
    keys.press("Control+Enter")  # 6
    expect(page.get_by_role("region", name="State")).to_contain_text("Revoked, seen gone")
    expect(page.get_by_role("link", name="Revoked, seen gone")).to_be_focused()
    keys.press("Tab")  # 7
    keys.press("Enter")  # 8
    expect(page.get_by_role("main")).to_contain_text("Confirmation of removal")
    say(f"From the pasted ticket to the receipt: 8 actions, {time.monotonic() - began:.1f} s of pages")
    expect(page).to_have_url(re.compile("/receipt/$"))


def test_while_it_is_typed_it_offers_what_was_recognised_and_arrows_lead_there(support: Page, pair: Pair) -> None:
    support.goto("/audit/")
    support.keyboard.press("Control+k")
    support.keyboard.insert_text(ticket_text(pair))
    offers = offers_of(support)
    expect(offers.get_by_role("listitem")).to_have_count(4)
    expect(support.locator("#announcement")).to_have_text("4 recognised, below the box")
    support.keyboard.press("ArrowDown")
    expect(offers.get_by_role("link", name="Open")).to_be_focused()
    support.keyboard.press("Escape")
    expect(offers).to_be_empty()
    expect(support.get_by_label("Find")).to_be_focused()


def test_what_was_searched_for_is_offered_again_in_this_tab_until_it_is_forgotten(support: Page, pair: Pair) -> None:
    support.goto("/")
    support.get_by_label("Find").fill(ticket_text(pair))
    support.keyboard.press("Enter")
    expect(support).to_have_url(re.compile(pair.page))
    support.keyboard.press("/")
    again = offers_of(support).get_by_role("button", name=pair.user_id)
    assert again.inner_text() == f"{pair.user_id} {pair.vehicle_id}"  # and nothing of what stood around them
    assert support.evaluate("localStorage.getItem('recent')") is None
    again.click()
    expect(offers_of(support).get_by_role("link", name="as a user").first).to_be_visible()

    support.get_by_label("Find").fill("")
    expect(offers_of(support).get_by_role("link")).to_have_count(0)
    support.get_by_role("button", name="Forget them").click()
    expect(offers_of(support)).to_be_empty()
    assert support.evaluate("sessionStorage.getItem('recent')") is None


def test_the_sign_in_page_forgets_for_the_next_at_the_desk(visit: Visit) -> None:
    page = visit("", "/accounts/login/")
    page.evaluate("sessionStorage.setItem('recent', '[\"x\"]')")
    page.reload()
    assert page.evaluate("sessionStorage.getItem('recent')") is None


def test_an_id_of_an_operation_leads_there_without_scripts(visit: Visit) -> None:
    page = visit("auditor", "/", java_script_enabled=False)
    page.get_by_label("Find").fill("#1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Event 1")


def test_it_takes_focus_from_no_dialog(support: Page) -> None:
    support.goto("/")
    support.keyboard.press("?")
    expect(dialog_of(support)).to_be_visible()
    support.keyboard.press("/")
    assert has_focus(dialog_of(support))
