"""What a person does with a page, in steps that several tests take."""

import re
from collections.abc import Callable
from typing import TypeAlias

from playwright.sync_api import Locator, Page, expect

# Opens a tab: whose, which page, and options of Playwright's contexts; all may be left out.
Visit: TypeAlias = Callable[..., Page]
Say: TypeAlias = Callable[[str], None]


def sign_in(page: Page, name: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def dialog_of(page: Page) -> Locator:
    return page.get_by_role("dialog")


def notice_of(page: Page) -> Locator:
    """Where messages appear, as somebody who listens to the page is told of them."""
    return page.get_by_role("status").and_(page.locator("#notices"))


def revoke_link(page: Page) -> Locator:
    """What opens the dialog: of the only row, or of the connection's page."""
    return page.get_by_role("main").get_by_role("link", name=re.compile("^Revoke( connection)?$"))


def open_dialog(page: Page) -> Locator:
    revoke_link(page).click()
    expect(dialog_of(page)).to_be_visible()
    return dialog_of(page)


def send(form: Page | Locator, *, ticket: str, note: str = "") -> None:
    """Fill in the form and revoke."""
    form.get_by_label("Reason").select_option("customer_request")
    form.get_by_label("Ticket").fill(ticket)
    form.get_by_label("Note").fill(note)
    form.get_by_role("button", name="Revoke connection").click()


def revoke_from(page: Page, *, ticket: str, note: str = "") -> None:
    """Through the dialog, until it closes."""
    send(open_dialog(page), ticket=ticket, note=note)
    expect(dialog_of(page)).to_be_hidden()


def tab_to(page: Page, goal: Locator) -> None:
    """Press Tab until the keyboard is there."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if goal.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab never came to {goal}")


def has_focus(place: Locator) -> bool:
    """Whether the keyboard is there, or at something within."""
    return bool(place.evaluate("place => place.contains(document.activeElement)"))
