"""What a list of 100 rows costs the person's line and patience: its first load, and the page after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

_TURNS = 20
# Layout shifts within half a second of a click count as well: it is the click's answer that must move nothing.
_WATCH = """
window.shifted = 0;
new PerformanceObserver((list) => { for (const shift of list.getEntries()) window.shifted += shift.value; })
    .observe({type: "layout-shift", buffered: true});
"""
_SWAP = """(name) => new Promise((done) => {
    const link = [...document.querySelectorAll(".pager a")].find((each) => each.textContent === name);
    const clicked = performance.now();
    const once = {once: true};
    let spent;
    document.addEventListener("htmx:afterSwap",
        () => requestAnimationFrame(() => { spent = performance.now() - clicked; }), once);
    // The new links answer to HTMX only after this.
    document.addEventListener("htmx:afterSettle", () => setTimeout(() => done(spent), 50), once);
    link.click();
})"""
_LEAVE = """(href) => {
    sessionStorage.clicked = performance.timeOrigin + performance.now();
    document.querySelector(`a[href="${href}"]`).click();
}"""
_ARRIVED = """() => new Promise((done) => new PerformanceObserver((list) => {
    const [paint] = list.getEntriesByName("first-contentful-paint");
    if (paint) done(performance.timeOrigin + paint.startTime - Number(sessionStorage.clicked));
}).observe({type: "paint", buffered: true}))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Bytes are of bodies as they were sent; milliseconds are from click to what is painted, a median."""

    requests: int
    bytes: int
    following_bytes: int
    following_milliseconds: float
    shifted: float


def of_ours(browser: Browser, url: str, session: str) -> Load:
    """The page after it is swapped in; both were read of Smartcar before, so that none of its time is counted."""
    with _signed_in(browser, url, session) as context:
        page, requests = _first_load(context, f"{url}/connections/?limit=100")
        expect(page.locator("tbody tr")).to_have_count(100)
        first = [_size(request) for request in requests]
        swaps = [page.evaluate(_SWAP, "Newer" if turn % 2 else "Older") for turn in range(2 + _TURNS)]
        following = [_size(request) for request in requests if request.resource_type == "xhr"]
        return Load(
            requests=len(first),
            bytes=sum(first),
            following_bytes=max(following),
            following_milliseconds=median(swaps[2:]),
            shifted=page.evaluate("window.shifted"),
        )


def of_admin(browser: Browser, url: str, session: str) -> Load:
    """The page after it is loaded as a whole, as the admin does."""
    with _signed_in(browser, url, session) as context:
        page, requests = _first_load(context, url)
        first = [_size(request) for request in requests]
        shifted = page.evaluate("window.shifted")
        spent, sizes = [], []
        for turn in range(_TURNS):
            known = len(requests)
            with page.expect_navigation(wait_until="load"):
                page.evaluate(_LEAVE, "?p=1" if turn % 2 else "?p=2")
            spent.append(page.evaluate(_ARRIVED))
            sizes.append(sum(_size(request) for request in requests[known:]))
        return Load(
            requests=len(first),
            bytes=sum(first),
            following_bytes=max(sizes),
            following_milliseconds=median(spent),
            shifted=shifted,
        )


@contextmanager
def _signed_in(browser: Browser, url: str, session: str) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
    context.add_init_script(_WATCH)
    try:
        yield context
    finally:
        context.close()


def _first_load(context: BrowserContext, url: str) -> tuple[Page, list[Request]]:
    """The page with nothing cached, and every request that finished so far and will finish."""
    page, finished = context.new_page(), list[Request]()
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108 - Playwright marks it, so it cannot be a builtin
    page.goto(url, wait_until="networkidle")
    return page, finished


def _size(request: Request) -> int:
    """Of a body as it was sent; what the browser had already counts for nothing."""
    return max(0, int(request.sizes()["responseBodySize"]))
