"""Through a certified OpenID provider and back, and out of both, in a browser that enforces the policy."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.openid import ROLE_GROUPS, running_provider
from tests.processes import PROJECT, free_port

_SECONDS = 40


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard of its own, whose staff come from the provider."""
    folder, url = tmp_path_factory.mktemp("single-sign-on"), f"http://localhost:{free_port()}"
    with running_provider(url) as provider:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "SPOOL_DIR": str(folder / "spool"),
            "AUDIT_SIGNING_KEY_FILE": str(folder / "key.pem"),
            "AUDIT_CHECKPOINT_DIR": str(folder / "checkpoints"),
            "OIDC_ROLE_GROUPS": ",".join(f"{role}={group}" for role, group in ROLE_GROUPS.items()),
            **provider.settings(url),
        }
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=PROJECT, env=environment, check=True)
        command = [sys.executable, "-m", "gunicorn", "dashboard.wsgi", "-k", "gthread", "--threads", "4"]
        options = ["--no-control-socket", "--log-level", "warning", "--bind", url.removeprefix("http://")]
        with subprocess.Popen([*command, *options], cwd=PROJECT, env=environment) as server:
            try:
                _wait_for(url)
                yield url
            finally:
                server.terminate()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        with suppress(requests.RequestException):
            if requests.get(f"{url}/healthz", timeout=2).ok:
                return
        time.sleep(0.1)
    raise AssertionError("The dashboard did not answer.")


@pytest.fixture
def page(chromium: Browser, home: str) -> Iterator[Page]:
    context = chromium.new_context(base_url=home)
    yield context.new_page()
    context.close()


def at_the_provider(page: Page, name: str) -> None:
    """Its page for the name, and the one that asks whether that is all right."""
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.locator("button[type=submit]").click()


def test_somebody_comes_in_and_goes_out_of_both(page: Page) -> None:
    page.goto("/operations/")
    expect(page.get_by_label("Password")).to_have_count(0)
    page.get_by_role("link", name="Sign in with your company account").click()
    at_the_provider(page, "lee")
    expect(page.get_by_role("heading", level=1)).to_have_text("Operations")
    expect(page.get_by_role("banner")).to_contain_text("lee")

    page.get_by_role("button", name="Sign out").click()
    # The provider asks, then forgets them, and sends them back.
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_role("link", name="Sign in with your company account").click()
    expect(page.locator("input[name=login]")).to_be_visible()


def test_whoever_has_no_group_reads_why(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Sign in with your company account").click()
    at_the_provider(page, "nil")
    expect(page.get_by_role("main")).to_contain_text("None of your groups gives you a role here.")
    page.get_by_role("link", name="Go to the sign-in page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
