"""The other language as a person meets it: chosen at the foot of a page, kept, and no wider than a telephone."""

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.reading import overflowing
from tests.browser.steps import Visit

PAGES = {
    "lead": ("/", "/connections/", "/operations/", "/approvals/", "/find/", "/accounts/2fa/"),
    "auditor": ("/audit/", "/audit/export/", "/audit/verify/", "/audit/review/", "/audit/retention/"),
    "access": ("/staff/", "/staff/new/", "/staff/configuration/"),
}


@pytest.mark.parametrize("who", PAGES)
def test_german_is_no_wider_than_a_telephone(visit: Visit, who: str) -> None:
    visit(who)  # signs in, in English
    page = visit(who, locale="de-DE", viewport=ViewportSize(width=360, height=640))
    for path in PAGES[who]:
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("lang", "de")
        assert overflowing(page) == [], path


def test_a_language_is_chosen_at_the_foot_and_kept(support: Page) -> None:
    support.goto("/connections/?mode=simulated&limit=10")
    support.get_by_role("button", name="Deutsch").click()
    expect(support.get_by_role("heading", name="Verbindungen")).to_be_visible()
    assert support.url.endswith("/connections/?mode=simulated&limit=10")
    support.goto("/operations/")
    expect(support.get_by_role("heading", name="Vorgänge", exact=True)).to_be_visible()
    support.get_by_role("button", name="English").click()
    expect(support.get_by_role("heading", name="Operations", exact=True)).to_be_visible()


def test_exact_times_are_written_as_the_language_does_it(visit: Visit) -> None:
    visit("support")
    page = visit("support", "/connections/", locale="de-DE")
    page.locator("tbody tr").first.hover()
    expect(page.locator("tbody time").first).to_have_attribute("title", re.compile(r"UTC, \d\d\.\d\d\.\d{4}, "))
