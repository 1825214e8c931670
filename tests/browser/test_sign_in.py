"""Through the door, and out of it."""

from playwright.sync_api import expect

from tests.browser.complaints import Complaints
from tests.browser.demo import Demo
from tests.browser.steps import Visit, sign_in


def test_whoever_signs_in_comes_to_the_page_they_asked_for(visit: Visit, demo: Demo) -> None:
    page = visit(path="/operations/")
    expect(page).to_have_title("Sign in · Smartcar connections")
    page.get_by_label("Username").fill("auditor")
    page.get_by_label("Password").fill(demo.passwords["auditor"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Operations")
    expect(page.get_by_role("banner")).to_contain_text("auditor")


def test_a_wrong_password_says_so_and_keeps_the_name(visit: Visit) -> None:
    page = visit(path="/accounts/login/")
    page.get_by_label("Username").fill("support")
    page.get_by_label("Password").fill("not-the-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("main")).to_contain_text("not correct")
    expect(page.get_by_label("Username")).to_have_value("support")
    expect(page.get_by_label("Password")).to_have_value("")


def test_who_signs_out_must_sign_in_again(visit: Visit, demo: Demo) -> None:
    page = visit()
    sign_in(page, "access", demo.passwords["access"])
    page.get_by_role("button", name="Sign out").click()
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_an_expired_session_leads_a_click_in_the_page_to_sign_in(visit: Visit, complaints: Complaints) -> None:
    complaints.expect_answer(401)
    page = visit("support", "/connections/")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
