"""Lighthouse's scores of a page, as its command line tells them."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import BrowserType

from tests.processes import free_port

CATEGORIES = ("performance", "accessibility", "best-practices")
_FOLDER = Path(__file__).parent / "lighthouse"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

Scores = dict[str, int]


def scores(browser_type: BrowserType, url: str, session: str, *, runs: int) -> Scores:
    """Of 100, the best of several runs: other work on this machine only takes points away."""
    with _signed_in_browser(browser_type, url, session) as port:
        each = [_run(url, port) for _ in range(runs)]
    return {name: max(run[name] for run in each) for name in CATEGORIES}


@contextmanager
def _signed_in_browser(browser_type: BrowserType, url: str, session: str) -> Iterator[int]:
    """
    The port at which Lighthouse takes over a browser that has the session among its cookies.

    Given as a header to send along, it would be lost as soon as a page sets another cookie.
    """
    port = free_port()
    arguments = [*ARGUMENTS, f"--remote-debugging-port={port}"]
    with TemporaryDirectory() as folder:
        context = browser_type.launch_persistent_context(folder, executable_path=CHROMIUM, args=arguments)
        context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        try:
            yield port
        finally:
            context.close()


def _run(url: str, port: int) -> Scores:
    program = _FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.exists():
        raise SystemExit(f"Lighthouse is not there: npm ci --prefix {_FOLDER.relative_to(Path.cwd())} --ignore-scripts")
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = ["node", str(program), url, "--output=json", f"--output-path={report}", "--quiet"]
        command += [f"--only-categories={','.join(CATEGORIES)}", "--no-enable-error-reporting"]
        # Between runs it empties the browser's cache, and keeps the cookies.
        command += [f"--port={port}"]
        subprocess.run(command, check=True)
        found = json.loads(report.read_text())
    if found["finalDisplayedUrl"] != url:
        raise SystemExit(f"{url} led to {found['finalDisplayedUrl']}.")
    return {name: round(found["categories"][name]["score"] * 100) for name in CATEGORIES}
