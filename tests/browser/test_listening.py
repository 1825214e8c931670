"""From a pasted text to the receipt as a screen reader tells it: names, roles, states, and what is said aloud."""

import re

from playwright.sync_api import Page, expect

from tests.browser.complaints import Complaints
from tests.browser.control import Pair
from tests.browser.steps import dialog_of, notice_of, revoke_link


def expect_told(page: Page, region: str, told: str) -> None:
    """The accessibility tree of this region holds these lines, in this order."""
    expect(page.locator(region)).to_match_aria_snapshot(told)


def test_whoever_listens_finds_revokes_and_takes_the_receipt(support: Page, pair: Pair, complaints: Complaints) -> None:
    complaints.expect_answer(422)
    support.goto("/")
    expect_told(support, ".masthead", FRAME)
    find = support.get_by_role("searchbox", name="Find")
    find.fill(f"Please disconnect the car {pair.vehicle_id} of {pair.user_id}. Thank you!")
    find.press("Enter")

    expect(support).to_have_url(re.compile(pair.page))
    expect_told(support, "main", CONNECTION.format(**vars_of(pair)))
    revoke_link(support).press("Enter")

    expect(dialog_of(support)).to_have_accessible_name("Revoke this connection")
    expect_told(support, "#dialog", DIALOG.format(**vars_of(pair)))
    dialog = dialog_of(support)
    dialog.get_by_label("Reason").select_option("customer_request")
    dialog.get_by_label("Ticket").fill("no ticket")
    dialog.get_by_label("Ticket").press("Enter")
    expect_told(support, "#dialog", REFUSED)
    expect(dialog.get_by_label("Ticket")).to_be_focused()
    expect(dialog.get_by_label("Ticket")).to_have_accessible_description(re.compile("A ticket looks like OPS-4711"))

    dialog.get_by_label("Ticket").fill("OPS-400")
    dialog.get_by_label("Ticket").press("Enter")
    expect(dialog).to_be_hidden()
    expect_told(support, "#notices", DONE)
    expect_told(support, "#connection-state", GONE)

    notice_of(support).get_by_role("link", name="Operation").press("Enter")
    expect(support.get_by_role("heading", level=1)).to_have_text("Revocation for OPS-400")
    support.get_by_role("link", name="Receipt").press("Enter")
    expect_told(support, "main", RECEIPT.format(**vars_of(pair)))


def vars_of(pair: Pair) -> dict[str, str]:
    return {"user": pair.user_id, "vehicle": pair.vehicle_id}


FRAME = """
- link "Smartcar connections"
- navigation "Main":
  - link "Overview"
  - link "Connections"
  - link "Operations"
  - link "Approvals"
  - link "Audit log"
- button "Sign out"
"""
CONNECTION = """
- heading [level=1]
- region "State":
  - text: Connected
  - link "Revoke connection"
- region "Connection":
  - heading "Connection" [level=2]
  - term: User
  - definition:
    - link "{user}"
    - button "Copy user_id"
  - term: Vehicle
  - definition:
    - link "{vehicle}"
    - button "Copy vehicle_id"
"""
DIALOG = """
- heading "Revoke this connection" [level=2]
- button "Close"
- heading "Will be removed" [level=3]
- list:
  - listitem:
    - strong
    - text: user {user} vehicle {vehicle}
- heading "Will stay as it is" [level=3]
- list:
  - listitem: Data that your company has already read and stored
- text: Reason
- combobox "Reason":
  - option "Choose a reason" [selected]
- textbox "Ticket"
- textbox "Note optional"
- button "Cancel"
- button "Revoke connection"
"""
REFUSED = """
- combobox "Reason":
  - option "The customer asked for it" [selected]
- textbox "Ticket" [invalid]
- list:
  - listitem: /A ticket looks like/
"""
DONE = """
- status:
  - paragraph:
    - strong: Revoked, seen gone.
    - text: /Asked for by support for OPS-400/
    - link "Operation"
  - button "Dismiss"
"""
GONE = """
- region "State":
  - link "Revoked, seen gone"
"""
RECEIPT = """
- link "Save as a file"
- article:
  - heading "Confirmation of removal" [level=1]
  - term: Reference
  - definition: OPS-400
  - term: Vehicle
  - definition: {vehicle}
  - heading "What this does not cover" [level=2]
  - heading "Proof" [level=2]
"""
