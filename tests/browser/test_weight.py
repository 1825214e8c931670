"""What a page costs the person's line and eyes: requests, bytes, and things that move under the pointer."""

import brotli
from playwright.sync_api import Page, Request, expect

from tests.browser.control import Pair
from tests.browser.steps import Say, Visit, revoke_from
from tests.processes import PROJECT

LARGEST_SWAP = 9_000
SCRIPTS = 6_000

# Shifts that follow a click count as well: it is the click's answer that must not move anything.
WATCH_SHIFTS = """() => {
    window.shifts = [];
    const told = (shift) => [shift.value, ...shift.sources.map((moved) => moved.node?.outerHTML?.slice(0, 120))];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(told)))
        .observe({type: "layout-shift"});
}"""


def listen(page: Page) -> list[Request]:
    """Requests from now on, as they finish."""
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108 - Playwright marks it, so it cannot be a builtin
    return finished


def size_of(request: Request) -> int:
    """Bytes of the answer's body as it was sent, compressed if it was."""
    return int(request.sizes()["responseBodySize"])


def settle(page: Page) -> None:
    """Two frames: what was swapped in is painted, and its shifts are reported."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_the_first_page_needs_at_most_six_requests_and_60_kilobytes(visit: Visit, say: Say) -> None:
    page = visit()
    requests = listen(page)
    page.goto("/accounts/login/", wait_until="networkidle")
    sizes = [size_of(request) for request in requests]
    say(f"First load: {len(requests)} requests, {sum(sizes)} bytes {sizes}")
    assert len(requests) <= 6
    assert sum(sizes) <= 60_000


def test_our_scripts_are_within_six_kilobytes(say: Say) -> None:
    sizes = {path.name: len(brotli.compress(path.read_bytes())) for path in (PROJECT / "static" / "js").glob("*.js")}
    say(f"Our scripts: {sizes}")
    assert sum(sizes.values()) <= SCRIPTS


def test_a_page_of_a_hundred_rows_is_swapped_in_by_one_request(visit: Visit, say: Say) -> None:
    page = visit("support", "/connections/?limit=100")
    requests = listen(page)
    with page.expect_request_finished(lambda request: request.resource_type == "xhr"):
        page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("link", name="Newer")).to_be_visible()
    [swap] = [request for request in requests if request.resource_type == "xhr"]
    answer = swap.response()
    assert answer is not None
    rows, encoding = page.locator("tbody tr").count(), answer.header_value("content-encoding")
    say(f"Swap of {rows} rows: {size_of(swap)} bytes, content-encoding {encoding}")
    assert rows == 100
    assert encoding == "gzip"
    assert size_of(swap) < LARGEST_SWAP


def places(page: Page) -> list[list[float]]:
    """Where the table and its columns stand in the page: of what is replaced the browser tells no shift."""
    found: list[list[float]] = page.locator("#results table, #results th").evaluate_all(
        """elements => elements
            .map((element) => [element.tagName, element.getBoundingClientRect()])
            .map(([name, {x, y, width}]) => name === "TABLE" ? [x, y + scrollY, width] : [x, width])"""
    )
    return found


def test_nothing_moves_when_the_results_are_swapped(visit: Visit) -> None:
    page = visit("support", "/connections/?limit=25")
    page.evaluate(WATCH_SHIFTS)
    before = places(page)
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("link", name="Newer")).to_be_visible()
    settle(page)
    assert page.evaluate("window.shifts") == []
    assert places(page) == before


def test_nothing_moves_when_a_row_is_revoked(visit: Visit, pair: Pair) -> None:
    page = visit("support", pair.table)
    page.evaluate(WATCH_SHIFTS)
    revoke_from(page, ticket="OPS-1")
    expect(page.locator(pair.row)).to_contain_text("Revoked, seen gone")
    settle(page)
    assert page.evaluate("window.shifts") == []
