"""Deeds that do not go as asked: said where the person looks, and never shown as done."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.complaints import Complaints
from tests.browser.control import Control, Pair
from tests.browser.steps import Visit, dialog_of, notice_of, open_dialog, revoke_from, revoke_link, send


def test_a_wrong_ticket_is_said_beside_the_field_and_nothing_typed_is_lost(
    support: Page, control: Control, pair: Pair, complaints: Complaints
) -> None:
    complaints.expect_answer(422)
    support.goto(pair.table)
    dialog = open_dialog(support)
    send(dialog, ticket="no ticket", note="Said on the telephone.")
    ticket = dialog.get_by_label("Ticket")
    expect(ticket).to_have_accessible_description(re.compile("A ticket looks like OPS-4711"))
    expect(ticket).to_be_focused()
    expect(ticket).to_have_value("no ticket")
    expect(dialog.get_by_label("Reason")).to_have_value("customer_request")
    expect(dialog.get_by_label("Note")).to_have_value("Said on the telephone.")
    expect(dialog).to_contain_text(pair.vehicle_id)
    assert control.deletes(pair) == []

    ticket.fill("OPS-400")
    ticket.press("Enter")
    expect(support.locator(pair.row)).to_contain_text("Revoked, seen gone")
    assert len(control.deletes(pair)) == 1


@pytest.mark.parametrize("place", ["table", "page"])
def test_what_was_connected_anew_must_be_looked_at_again(
    place: str, support: Page, control: Control, pair: Pair, complaints: Complaints
) -> None:
    complaints.expect_answer(409)
    support.goto(getattr(pair, place))
    dialog = open_dialog(support)
    control.reconnect(pair)
    send(dialog, ticket="OPS-500")
    expect(dialog.get_by_role("heading", level=2)).to_have_text("Changed since you looked")
    expect(dialog.get_by_role("heading", level=3)).to_have_text(["When you looked", "Now"])
    assert control.deletes(pair) == []

    dialog.get_by_role("link", name="Look again").click()
    send(dialog, ticket="OPS-500")
    expect(dialog).to_be_hidden()
    expect(support.get_by_role("main")).to_contain_text("Revoked, seen gone")
    assert len(control.deletes(pair)) == 1


@pytest.mark.parametrize("fault", ["server-error", "server-error-applied", "reset-applied"])
def test_an_answer_that_does_not_tell_is_unknown_and_never_shown_as_done(
    fault: str, support: Page, control: Control, pair: Pair, complaints: Complaints
) -> None:
    complaints.expect_answer(502)
    support.goto(pair.table)
    dialog = open_dialog(support)
    control.fault(fault, method="DELETE")
    send(dialog, ticket="OPS-600")
    expect(dialog).to_be_hidden()
    row, notice = support.locator(pair.row), notice_of(support)
    expect(row).to_contain_text("Unknown, checking")
    expect(notice).to_contain_text("It may or may not be revoked")
    for place in (row, notice):
        expect(place).not_to_contain_text(re.compile("Revoked|gone|accepted"))
    expect(revoke_link(support)).to_have_count(0)


def test_a_refusal_of_smartcar_says_that_nothing_was_revoked(
    support: Page, control: Control, pair: Pair, complaints: Complaints
) -> None:
    complaints.expect_answer(502)
    support.goto(pair.table)
    dialog = open_dialog(support)
    control.fault("validation", method="DELETE")
    send(dialog, ticket="OPS-700")
    expect(support.locator(pair.row)).to_contain_text("Not revoked")
    expect(notice_of(support)).to_contain_text(control.request_ids())

    control.clear()
    support.reload()
    expect(revoke_link(support)).to_be_visible()


def test_when_smartcar_fails_before_the_dialog_it_says_so_and_no_dialog_opens(
    support: Page, control: Control, pair: Pair, complaints: Complaints
) -> None:
    complaints.expect_answer(502)
    support.goto(pair.table)
    control.fault("server-error")
    revoke_link(support).click()
    expect(notice_of(support).get_by_role("heading")).to_have_text("Smartcar gave no usable answer")
    expect(notice_of(support)).to_contain_text(control.request_ids())
    expect(dialog_of(support)).to_be_hidden()
    notice_of(support).get_by_role("button", name="Dismiss").click()
    expect(notice_of(support)).to_be_empty()


def test_a_second_person_at_the_same_row_reads_that_it_is_already_revoked(visit: Visit, pair: Pair) -> None:
    first, second = visit("support", pair.table), visit("lead", pair.table)
    revoke_from(first, ticket="OPS-800")
    dialog = open_dialog(second)
    expect(dialog.get_by_role("heading", level=2)).to_have_text("Already revoked")
    expect(dialog).to_contain_text("Asked for by support for OPS-800")
    expect(dialog.get_by_role("button", name="Revoke connection")).to_have_count(0)


def test_a_second_person_with_the_form_open_reads_the_same_and_sends_nothing(
    visit: Visit, control: Control, pair: Pair
) -> None:
    first, second = visit("support", pair.table), visit("lead", pair.table)
    dialog = open_dialog(second)
    revoke_from(first, ticket="OPS-900")
    send(dialog, ticket="OPS-901")
    expect(dialog).to_be_hidden()
    expect(second.locator(pair.row)).to_contain_text("Already gone")
    assert len(control.deletes(pair)) == 1


def test_on_a_telephone_an_error_is_in_sight_of_the_button_that_was_pressed(
    support: Page, control: Control, pair: Pair, complaints: Complaints
) -> None:
    complaints.expect_answer(502)
    support.set_viewport_size({"width": 360, "height": 640})
    support.goto(pair.table)
    dialog = open_dialog(support)
    control.fault("server-error", method="GET")
    send(dialog, ticket="OPS-1200")
    expect(dialog.get_by_role("status").get_by_role("heading")).to_be_in_viewport()
    expect(dialog.get_by_role("button", name="Revoke connection")).to_be_in_viewport()
    assert control.deletes(pair) == []
