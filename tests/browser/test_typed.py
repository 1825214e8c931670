"""What was typed before a sign-in is there after it, in a browser with scripts and in one without."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from django.core import signing
from playwright.sync_api import Locator, Page, expect

from tests.browser.complaints import Complaints
from tests.browser.control import Control, Pair
from tests.browser.demo import Demo
from tests.browser.steps import Visit, dialog_of, open_dialog, sign_in

NOTE = "Rang twice, and is in a hurry."
_SALT = "django.contrib.sessions.SessionStore"


def key_of(page: Page) -> str:
    """Of its session."""
    return next(each["value"] for each in page.context.cookies() if each["name"] == "sessionid")


@pytest.fixture
def make_stale(demo: Demo) -> Callable[[Page], None]:
    """As if whoever sits there had proved eleven minutes ago who they are."""

    def make(page: Page) -> None:
        key = key_of(page)
        with closing(sqlite3.connect(demo.database, timeout=20)) as database, database:
            select = "SELECT session_data FROM django_session WHERE session_key = ?"
            (stored,) = database.execute(select, [key]).fetchone()
            session = signing.loads(stored, key=demo.secret_key, salt=_SALT)
            for record in session["account_authentication_methods"]:
                record["at"] -= 660
            stored = signing.dumps(session, key=demo.secret_key, salt=_SALT, compress=True)
            database.execute("UPDATE django_session SET session_data = ? WHERE session_key = ?", [stored, key])

    return make


def fill_in(form: Page | Locator) -> None:
    form.get_by_label("Reason").select_option("vehicle_sold")
    form.get_by_label("Ticket").fill("OPS-700")
    form.get_by_label("Note").fill(NOTE)


def expect_typed(page: Page) -> None:
    expect(page.get_by_role("main")).to_contain_text("What you typed is here again.")
    expect(page.get_by_label("Reason")).to_have_value("vehicle_sold")
    expect(page.get_by_label("Ticket")).to_have_value("OPS-700")
    expect(page.get_by_label("Note")).to_have_value(NOTE)


@pytest.mark.parametrize("has_scripts", [True, False])
def test_signing_in_again_from_the_form_brings_it_back(
    visit: Visit,
    demo: Demo,
    control: Control,
    pair: Pair,
    *,
    make_stale: Callable[[Page], None],
    complaints: Complaints,
    has_scripts: bool,
) -> None:
    page = visit("support", java_script_enabled=has_scripts)
    make_stale(page)
    page.goto(f"/connections/?user_id={pair.user_id}")
    page.get_by_role("link", name="Revoke all connections of this user").click()
    form = dialog_of(page) if has_scripts else page.get_by_role("main")
    fill_in(form)
    form.get_by_label("Confirm").fill(pair.user_id[:8])
    complaints.expect_answer(422)
    with page.expect_response(lambda answer: answer.status == 422):
        form.get_by_label("Ticket").press("Enter")  # as the form's own button, which comes too early
    expect(form.get_by_label("Confirm")).to_have_value(pair.user_id[:8])
    expect(form.get_by_label("Note")).to_have_value(NOTE)
    expect(form).to_contain_text("This needs you to sign in again.")
    form.get_by_role("button", name="Sign in again").click()
    page.get_by_label("Password").fill(demo.passwords["support"])
    page.get_by_role("button", name="Confirm").click()
    expect_typed(page)
    expect(page.get_by_label("Confirm")).to_have_value(pair.user_id[:8])
    assert control.deletes(pair) == []
    page.get_by_role("button", name="Revoke all").click()
    expect(page.get_by_role("heading", level=2, name="Revoked, seen gone")).to_be_visible()
    assert len(control.deletes(pair)) == 1


def test_an_ended_session_loses_nothing_that_was_typed(
    visit: Visit, demo: Demo, control: Control, pair: Pair, complaints: Complaints
) -> None:
    complaints.expect_answer(401)
    page = visit()
    sign_in(page, "support", demo.passwords["support"])
    page.goto(pair.page)
    form = open_dialog(page)
    fill_in(form)
    with closing(sqlite3.connect(demo.database, timeout=20)) as database, database:
        database.execute("DELETE FROM django_session WHERE session_key = ?", [key_of(page)])
    form.get_by_role("button", name="Revoke connection").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.get_by_role("status").first).to_contain_text("Your session has ended, so nothing was sent.")
    page.get_by_label("Username").fill("support")
    page.get_by_label("Password").fill(demo.passwords["support"])
    page.get_by_role("button", name="Sign in").click()
    expect_typed(page)
    assert control.deletes(pair) == []
