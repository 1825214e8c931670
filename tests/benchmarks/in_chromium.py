"""A list of 100 rows in Chromium, ours beside Django admin's, and Lighthouse's scores of our pages."""

import sys
from collections.abc import Iterator
from pathlib import Path

import brotli
from playwright.sync_api import Browser, BrowserType, sync_playwright

from tests.benchmarks import loads
from tests.benchmarks.loads import Load
from tests.benchmarks.scores import ARGUMENTS, CATEGORIES, CHROMIUM, scores
from tests.benchmarks.served_admin import running_admin
from tests.benchmarks.surroundings import PROJECT
from tests.browser.demo import Demo, running_demo
from tests.browser.steps import sign_in

_RUNS_OF_LIGHTHOUSE = 3
_GOALS = Load(requests=6, bytes=60_000, following_bytes=9_000, following_milliseconds=50, shifted=0)
_OUR_SCRIPTS = 6_000
_ADMIN = "Django admin"
_WORDS = {
    "requests": "requests of the first load",
    "bytes": "bytes of the first load",
    "following_bytes": "bytes of the page after it",
    "following_milliseconds": "ms from click to the page after it",
    "shifted": "layout shift",
}


def report(folder: Path) -> list[str]:
    """Print the figures as they come; gives the names of what misses its goal."""
    of_demo, of_admin = (folder / name for name in ("demo", "admin"))
    of_demo.mkdir()
    of_admin.mkdir()
    with (
        sync_playwright() as playwright,
        running_demo(of_demo, connections=2_000) as demo,
        running_admin(of_admin) as admin,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        support, auditor = (_session(browser, demo, name) for name in ("support", "auditor"))
        ours = loads.of_ours(browser, demo.url, support)
        theirs = loads.of_admin(browser, admin.url, admin.session)
        browser.close()
        pages = {
            "table": (f"{demo.url}/connections/?limit=100", support),
            "audit log": (f"{demo.url}/audit/", auditor),
            _ADMIN: (admin.url, admin.session),
        }
        return [*_print_loads(ours, theirs), *_print_scores(playwright.chromium, pages)]


def _session(browser: Browser, demo: Demo, name: str) -> str:
    page = browser.new_page(base_url=demo.url)
    sign_in(page, name, demo.passwords[name])
    [session] = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid"]
    page.close()
    return session


def _print_loads(ours: Load, theirs: Load) -> Iterator[str]:
    """Gives the names of what misses its goal."""
    _say(f"{'100 rows in Chromium':<40}{'ours':>10}{'goal':>10}{'admin':>10}")
    for field, words in _WORDS.items():
        mine, goal, other = (getattr(load, field) for load in (ours, _GOALS, theirs))
        _say(f"{words:<40}{mine:>10.5g}{goal:>10}{other:>10.5g}")
        if mine > goal:
            yield words
    scripts = sum(len(brotli.compress(path.read_bytes())) for path in (PROJECT / "static" / "js").glob("*.js"))
    _say(f"{'bytes of our own scripts, all of them':<40}{scripts:>10}{_OUR_SCRIPTS:>10}")
    if scripts > _OUR_SCRIPTS:
        yield "our own scripts"


def _print_scores(browser_type: BrowserType, pages: dict[str, tuple[str, str]]) -> Iterator[str]:
    """Gives the names of our pages that miss a hundred."""
    _say(f"{'Lighthouse, best of 3':<40}{''.join(f'{name:>16}' for name in CATEGORIES)}")
    for name, (url, session) in pages.items():
        found = scores(browser_type, url, session, runs=_RUNS_OF_LIGHTHOUSE)
        _say(f"{name:<40}{''.join(f'{found[category]:>16}' for category in CATEGORIES)}")
        if name != _ADMIN and min(found.values()) < 100:
            yield f"Lighthouse of the {name}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
