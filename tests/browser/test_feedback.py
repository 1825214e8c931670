"""What a person is told while something is under way, and when there is no line."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.control import Control, Pair
from tests.browser.steps import dialog_of, notice_of, open_dialog, send


def test_a_button_says_what_is_happening_and_cannot_be_pressed_twice(
    support: Page, control: Control, pair: Pair
) -> None:
    support.goto(pair.table)
    dialog = open_dialog(support)
    held: list[Route] = []
    support.route(f"**{pair.page}", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    button = dialog.get_by_role("button", name="Revoke connection")
    width = button.evaluate("button => button.offsetWidth")
    send(dialog, ticket="OPS-1")
    pending = dialog.get_by_role("button", name="Revoking …")
    expect(pending).to_have_attribute("aria-disabled", "true")
    assert pending.evaluate("button => button.offsetWidth") == width
    pending.click(force=True)
    [only] = held
    only.continue_()
    expect(dialog).to_be_hidden()
    assert len(control.deletes(pair)) == 1


def test_offline_is_said_and_what_was_typed_stays(support: Page, control: Control, pair: Pair) -> None:
    support.goto(f"{pair.page}revoke/")
    support.get_by_label("Note").fill("Called twice.")
    support.context.set_offline(True)
    expect(notice_of(support)).to_contain_text("You are offline.")
    notice_of(support).get_by_role("button", name="Dismiss").click()
    send(support, ticket="OPS-1", note="Called twice.")
    expect(notice_of(support)).to_contain_text("What you typed is still here.")
    expect(support.get_by_label("Note")).to_have_value("Called twice.")
    support.context.set_offline(False)
    expect(notice_of(support)).to_be_empty()
    support.get_by_role("button", name="Revoke connection").click()
    expect(support.get_by_role("main")).to_contain_text("Revoked, seen gone")
    assert len(control.deletes(pair)) == 1


def test_offline_is_said_in_the_dialog_over_the_page(support: Page, pair: Pair) -> None:
    support.goto(pair.table)
    dialog = open_dialog(support)
    support.context.set_offline(True)
    send(dialog, ticket="OPS-1")
    expect(dialog.get_by_role("status")).to_contain_text("You are offline.")
    expect(dialog.get_by_label("Ticket")).to_have_value("OPS-1")
    support.context.set_offline(False)


def test_results_that_are_long_in_coming_become_their_own_skeleton(support: Page) -> None:
    support.goto("/connections/?limit=10")
    held: list[Route] = []
    support.route(re.compile("cursor="), lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    support.get_by_role("link", name="Older").click()
    expect(support.locator("#results")).to_have_attribute("aria-busy", "true")
    expect(support.locator("tbody a").first).to_have_css("color", "rgba(0, 0, 0, 0)")
    held[0].continue_()
    expect(support.locator("#results")).not_to_have_attribute("aria-busy", "true")
    expect(support.locator("tbody a").first).not_to_have_css("color", "rgba(0, 0, 0, 0)")
    expect(dialog_of(support)).to_have_count(0)
