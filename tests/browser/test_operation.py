"""The page of an operation follows what happens without being reloaded, says so, and stops asking."""

import re

from playwright.sync_api import Page, Request, expect

from tests.browser.complaints import Complaints
from tests.browser.control import Control, Pair
from tests.browser.steps import dialog_of, open_dialog, revoke_from, send

_UNTIL_THE_WORKER_LOOKS = 40_000  # milliseconds: ten seconds, and what a busy machine adds


def left_unknown(page: Page, control: Control, complaints: Complaints, pair: Pair) -> None:
    """Revoke without an answer that tells, and open the operation."""
    complaints.expect_answer(502)
    page.goto(pair.table)
    open_dialog(page)
    control.fault("reset-applied", times=1)
    send(dialog_of(page), ticket="OPS-300")
    page.locator(pair.row).get_by_role("link", name="Unknown, checking").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("OPS-300")


def test_it_follows_an_unknown_outcome_to_its_end_and_then_stops(
    support: Page, control: Control, complaints: Complaints, pair: Pair
) -> None:
    left_unknown(support, control, complaints, pair)
    support.evaluate("window.notReloaded = true")
    expect(support.get_by_role("heading", level=2, name="Revoked, seen gone")).to_be_visible(
        timeout=_UNTIL_THE_WORKER_LOOKS
    )
    expect(support.locator("#announcement")).to_have_text(re.compile("Revoked, seen gone"))
    assert support.evaluate("window.notReloaded")
    expect(support.get_by_text("This page looks for changes")).to_have_count(0)

    asked: list[Request] = []
    support.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - Playwright cannot wrap a builtin
    support.wait_for_timeout(3000)
    assert asked == []


def test_while_nothing_happens_it_leaves_the_reader_alone(
    support: Page, control: Control, complaints: Complaints, pair: Pair
) -> None:
    left_unknown(support, control, complaints, pair)
    link = support.get_by_role("link", name="Look at the connection")
    link.focus()
    support.evaluate("document.activeElement.mark = 'the same element'")
    with support.expect_response(lambda answer: answer.status == 204):
        pass
    assert support.evaluate("document.activeElement.mark") == "the same element"


def test_a_receipt_is_shown_and_saved_and_on_paper_stands_alone(support: Page, pair: Pair) -> None:
    support.goto(pair.page)
    revoke_from(support, ticket="OPS-301")
    support.get_by_role("main").get_by_role("link", name="Revoked, seen gone").click()
    support.get_by_role("link", name="Receipt").click()
    expect(support.get_by_role("heading", level=1)).to_have_text("Confirmation of removal")
    with support.expect_download() as saved:
        support.get_by_role("link", name="Save as a file").click()
    assert saved.value.suggested_filename.startswith("receipt-")
    support.emulate_media(media="print")
    expect(support.get_by_role("article")).to_contain_text(pair.vehicle_id)
    expect(support.get_by_text("Sign out")).to_be_hidden()
    expect(support.locator(".masthead")).to_be_hidden()
    expect(support.locator(".page-foot")).to_be_hidden()


def test_the_list_is_narrowed_without_leaving_the_page(support: Page, pair: Pair) -> None:
    support.goto(pair.page)
    revoke_from(support, ticket="OPS-302")
    support.goto("/operations/")
    support.evaluate("window.notReloaded = true")
    support.get_by_label("Ticket").fill("OPS-302")
    support.get_by_label("Ticket").press("Enter")
    expect(support.locator("tbody tr")).to_have_count(1)
    assert "ticket=OPS-302" in support.url
    assert support.evaluate("window.notReloaded")
    support.reload()
    expect(support.locator("tbody tr")).to_have_count(1)
