"""Signing in with more than a password: an app's code, a recovery code, and a passkey on a device of Chromium's."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.authenticator_app import code
from tests.browser.demo import Demo, running_demo
from tests.browser.steps import Visit, sign_in


@pytest.fixture(scope="module")
def by_name(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo at a name: browsers keep no passkeys for an address."""
    with running_demo(tmp_path_factory.mktemp("demo-by-name"), connections=5, host="localhost") as demo:
        yield demo


@pytest.fixture
def come(visit: Visit, by_name: Demo) -> Visit:
    """Open a tab at the sign-in page of that demo."""

    def came(**options: Any) -> Page:
        page = visit(base_url=by_name.url, **options)
        page.goto("/accounts/login/")
        return page

    return came


def device(page: Page, *, is_verified: bool = True) -> tuple[CDPSession, str]:
    """One that asks who uses it; it says that it is the right person, or not."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": is_verified,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def sign_out(page: Page) -> None:
    button(page, "Sign out")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def password_of(page: Page, name: str, demo: Demo) -> None:
    """Only the first step."""
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(demo.passwords[name])
    page.get_by_role("button", name="Sign in").click()


def test_an_app_is_set_up_and_signs_in_and_so_does_a_recovery_code(come: Visit, by_name: Demo) -> None:
    page = come()
    sign_in(page, "support", by_name.passwords["support"])
    page.get_by_role("link", name="support").click()
    page.get_by_role("link", name="Set up an app").click()
    secret = page.locator(".secret").inner_text()
    page.get_by_label("Code that the app shows").fill(code(secret))
    button(page, "Confirm the app")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    recovery = page.locator(".recovery-codes code").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("main")).to_contain_text("10 of them are left")
    sign_out(page)
    for shown in (code(secret, at=time.time() + 30), recovery):
        password_of(page, "support", by_name)
        expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
        expect(page.get_by_label("Code of the app")).to_be_focused()
        page.keyboard.type(shown)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
        sign_out(page)


def test_a_passkey_signs_in_alone_and_as_the_second_step_and_confirms(come: Visit, by_name: Demo) -> None:
    page = come()
    device(page)
    sign_in(page, "lead", by_name.passwords["lead"])
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name of the passkey").fill("My telephone")
    button(page, "Make the passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    sign_out(page)

    button(page, "Use a passkey instead")
    expect(page.get_by_role("banner")).to_contain_text("lead")
    page.goto("/accounts/2fa/passkeys/reauthenticate/?next=/operations/")
    button(page, "Show a passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Operations")
    sign_out(page)

    password_of(page, "lead", by_name)
    button(page, "Use a passkey instead")
    expect(page.get_by_role("banner")).to_contain_text("lead")
    page.goto("/accounts/2fa/")
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"My telephone, added .* last used (just now|\d+ s)"))


def test_a_device_that_does_not_know_who_uses_it_opens_nothing(come: Visit, by_name: Demo) -> None:
    page = come()
    session, identifier = device(page)
    sign_in(page, "auditor", by_name.passwords["auditor"])
    page.goto("/accounts/2fa/passkeys/add/")
    button(page, "Make the passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    sign_out(page)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": identifier, "isUserVerified": False})
    button(page, "Use a passkey instead")
    expect(page.get_by_role("alert")).to_have_text("No passkey was shown. Try again, or use another way.")
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_copy_of_a_passkey_that_was_used_since_opens_nothing(come: Visit, by_name: Demo) -> None:
    page = come()
    session, identifier = device(page)
    sign_in(page, "access", by_name.passwords["access"])
    page.goto("/accounts/2fa/passkeys/add/")
    button(page, "Make the passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    (copy,) = session.send("WebAuthn.getCredentials", {"authenticatorId": identifier})["credentials"]
    for _ in range(2):
        sign_out(page)
        button(page, "Use a passkey instead")
        expect(page.get_by_role("banner")).to_contain_text("access")
    sign_out(page)
    session.send("WebAuthn.clearCredentials", {"authenticatorId": identifier})
    session.send("WebAuthn.addCredential", {"authenticatorId": identifier, "credential": copy})
    button(page, "Use a passkey instead")
    expect(page.get_by_text("This passkey was used elsewhere since")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
