"""More than one connection at once: typed confirmation, a second person, and what either of them sees."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.complaints import Complaints
from tests.browser.control import Control, Pair
from tests.browser.demo import Demo
from tests.browser.steps import Visit, dialog_of, tab_to

STATE = "Revoked, seen gone"


def sign_in_again(page: Page, password: str) -> None:
    """As the policy wants it within ten minutes before a wide deed."""
    page.goto("/accounts/reauthenticate/?next=/")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def fill_in(form: Locator, *, confirm: str, button: str = "Revoke all") -> None:
    form.get_by_label("Reason").select_option("vehicle_sold")
    form.get_by_label("Ticket").fill("OPS-400")
    form.get_by_label("Confirm").fill(confirm)
    form.get_by_role("button", name=button).click()


def state_of(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=2, name=words)).to_be_visible()


@pytest.fixture
def support(visit: Visit, demo: Demo) -> Page:
    page = visit("support")
    sign_in_again(page, demo.passwords["support"])
    return page


@pytest.fixture
def lead(visit: Visit, demo: Demo) -> Page:
    page = visit("lead")
    sign_in_again(page, demo.passwords["lead"])
    return page


@pytest.fixture
def requested(support: Page, pair: Pair) -> Page:
    """Support asked for a vehicle to be revoked for all users; the operation's page."""
    support.goto(f"/vehicles/{pair.vehicle_id}/connections/?mode=live")
    support.get_by_role("link", name="Revoke this vehicle for all users").click()
    fill_in(dialog_of(support), confirm=pair.vehicle_id[:8])
    state_of(support, "Awaiting approval")
    return support


def waiting_at(page: Page, operation: Page) -> Locator:
    """The request in the list of what waits."""
    operation_id = operation.url.rstrip("/").rpartition("/")[2]
    page.goto("/approvals/")
    return page.locator(f"#approval-{operation_id}")


def test_all_of_a_user_go_by_keyboard_alone_up_to_the_receipt(support: Page, control: Control, pair: Pair) -> None:
    other = control.connect(pair.user_id)
    support.goto(f"/users/{pair.user_id}/connections/?mode=live")
    keys, dialog = support.keyboard, dialog_of(support)
    tab_to(support, support.get_by_role("link", name="Revoke all connections of this user"))
    keys.press("Enter")
    for each in (pair, other):
        expect(dialog).to_contain_text(each.vehicle_id)
    tab_to(support, dialog.get_by_label("Reason"))
    keys.type("Vehicle sold")
    keys.press("Tab")
    keys.type("OPS-401")
    tab_to(support, dialog.get_by_label("Confirm"))
    keys.type(pair.user_id[:8])
    keys.press("Enter")
    state_of(support, STATE)
    assert [len(control.deletes(each)) for each in (pair, other)] == [1, 1]
    tab_to(support, support.get_by_role("link", name="Receipt"))
    keys.press("Enter")
    expect(support.get_by_role("heading", level=1)).to_have_text("Confirmation of removal")
    for each in (pair, other):
        expect(support.get_by_role("article")).to_contain_text(each.vehicle_id)


def test_without_the_typed_confirmation_nothing_goes(
    support: Page, control: Control, pair: Pair, complaints: Complaints
) -> None:
    complaints.expect_answer(422)
    support.goto(f"/users/{pair.user_id}/connections/?mode=live")
    support.get_by_role("link", name="Revoke all connections of this user").click()
    fill_in(dialog_of(support), confirm="yes")
    expect(dialog_of(support).locator(".errorlist")).to_contain_text(f"Type {pair.user_id[:8]} to confirm")
    expect(dialog_of(support).get_by_label("Ticket")).to_have_value("OPS-400")
    assert control.deletes(pair) == []


def test_a_second_person_grants_and_both_see_it_gone(requested: Page, lead: Page, control: Control, pair: Pair) -> None:
    expect(requested.get_by_role("button", name="Grant and revoke")).to_have_count(0)
    waiting = waiting_at(lead, requested)
    expect(waiting).to_contain_text(pair.vehicle_id)
    assert control.deletes(pair) == []
    waiting.get_by_role("button", name="Grant and revoke").click()
    state_of(lead, STATE)
    state_of(requested, STATE)
    assert len(control.deletes(pair)) == 1


def test_a_denied_request_ends_before_the_eyes_of_who_asked(
    requested: Page, lead: Page, control: Control, pair: Pair
) -> None:
    waiting_at(lead, requested).get_by_role("button", name="Deny").click()
    state_of(requested, "Cancelled, nothing sent")
    expect(requested.get_by_role("main")).to_contain_text("Denied by lead")
    assert control.deletes(pair) == []


def test_who_asked_withdraws_it(requested: Page, lead: Page, control: Control, pair: Pair) -> None:
    requested.get_by_role("button", name="Withdraw the request").click()
    state_of(requested, "Cancelled, nothing sent")
    expect(waiting_at(lead, requested).get_by_role("button", name="Grant and revoke")).to_have_count(0)
    assert control.deletes(pair) == []


def test_a_set_that_changed_voids_the_request(requested: Page, lead: Page, control: Control, pair: Pair) -> None:
    waiting = waiting_at(lead, requested)
    control.reconnect(pair)
    waiting.get_by_role("button", name="Grant and revoke").click()
    state_of(lead, "Cancelled, nothing sent")
    expect(lead.get_by_role("main")).to_contain_text("The connections changed since it was asked for")
    assert control.deletes(pair) == []


def test_a_lead_cannot_approve_their_own(lead: Page, pair: Pair) -> None:
    lead.goto(f"/vehicles/{pair.vehicle_id}/connections/?mode=live")
    lead.get_by_role("link", name="Revoke this vehicle for all users").click()
    fill_in(dialog_of(lead), confirm=pair.vehicle_id[:8])
    state_of(lead, "Awaiting approval")
    waiting = waiting_at(lead, lead)
    expect(waiting.get_by_role("button", name=re.compile("Grant|Deny"))).to_have_count(0)
    expect(waiting.get_by_role("button", name="Withdraw the request")).to_be_visible()


def test_a_lead_purges_a_user_after_reading_that_it_is_more(lead: Page, control: Control, pair: Pair) -> None:
    lead.goto(f"/users/{pair.user_id}/connections/?mode=live")
    lead.get_by_role("link", name="Purge this user at Smartcar").click()
    expect(dialog_of(lead)).to_contain_text("This is more than a revocation")
    fill_in(dialog_of(lead), confirm=pair.user_id[:8], button="Purge user")
    state_of(lead, "Purged, seen gone")
    [delete] = control.deletes(pair)
    assert delete["path"] == f"/v3/users/{pair.user_id}"
