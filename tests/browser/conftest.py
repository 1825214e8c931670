"""One demo for all tests, a browser for each file, and tabs in which somebody is signed in."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.complaints import Complaints
from tests.browser.control import Control, Pair
from tests.browser.demo import Demo, running_demo
from tests.browser.steps import Say, Visit, sign_in

_CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = [
    "--no-sandbox",  # it cannot be set up by root, nor in most containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PATIENCE = 15_000  # milliseconds, for machines busy with something else


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo"), connections=300) as demo:
        yield demo


@pytest.fixture(scope="session")
def cookies() -> dict[str, Any]:
    """Of those who signed in already: the number of sign-ins a minute is limited."""
    return {}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """
    For one file at a time.

    While it runs, Playwright keeps an event loop in this thread, and with that
    Django refuses to speak to the database, as tests elsewhere must.
    """
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def control(demo: Demo) -> Iterator[Control]:
    control = Control(demo.simulator)
    yield control
    control.clear()


@pytest.fixture
def pair(control: Control) -> Pair:
    """A connection made a moment ago, the only one of its user."""
    return control.connect()


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


def _keep_renewed(context: BrowserContext, cookies: dict[str, Any]) -> None:
    """Who signed in again has another session key, and the one that was kept opens nothing."""
    now = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
    for name, kept in cookies.items():
        device, session = (_valued(kept, of) for of in ("device", "sessionid"))
        if now.get("device") == device and now.get("sessionid") not in (None, session):
            cookies[name] = context.cookies()


def _valued(kept: Any, name: str) -> str | None:
    return next((cookie["value"] for cookie in kept if cookie["name"] == name), None)


@pytest.fixture
def visit(chromium: Browser, demo: Demo, cookies: dict[str, Any], complaints: Complaints) -> Iterator[Visit]:
    """Open a tab of somebody's own, signed in if they have a name; no tab may complain by the end."""
    contexts: list[BrowserContext] = []

    def visited(name: str = "", path: str = "", **options: Any) -> Page:
        context = chromium.new_context(**{"base_url": demo.url, **options})
        context.set_default_timeout(_PATIENCE)
        contexts.append(context)
        complaints.listen(context)
        page = context.new_page()
        if name and name not in cookies:
            sign_in(page, name, demo.passwords[name])
            cookies[name] = context.cookies()
        elif name:
            context.add_cookies(cookies[name])
        if path:
            page.goto(path)
        return page

    yield visited
    for context in contexts:
        _keep_renewed(context, cookies)
        context.close()
    complaints.settle()


@pytest.fixture
def support(visit: Visit) -> Page:
    return visit("support")


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Print a figure among the results, though the test passes."""

    def said(figure: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{figure}\n")

    return said
