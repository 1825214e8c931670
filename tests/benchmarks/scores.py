"""Lighthouse's scores of a page, as its command line tells them."""

import json
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

CATEGORIES = ("performance", "accessibility", "best-practices")
_FOLDER = Path(__file__).parent / "lighthouse"
_CHROMIUM = "/usr/bin/chromium"

Scores = dict[str, int]


def scores(url: str, session: str, *, runs: int) -> Scores:
    """Of 100, the best of several runs: other work on this machine only takes points away."""
    each = [_run(url, session) for _ in range(runs)]
    return {name: max(run[name] for run in each) for name in CATEGORIES}


def _run(url: str, session: str) -> Scores:
    program = _FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.exists():
        raise SystemExit(f"Lighthouse is not there: npm ci --prefix {_FOLDER.relative_to(Path.cwd())} --ignore-scripts")
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = ["node", str(program), url, "--output=json", f"--output-path={report}", "--quiet"]
        command += [f"--only-categories={','.join(CATEGORIES)}", "--no-enable-error-reporting"]
        command += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
        command += [f"--extra-headers={json.dumps({'Cookie': f'sessionid={session}'})}"]
        subprocess.run(command, check=True, env={**os.environ, "CHROME_PATH": _CHROMIUM})
        found = json.loads(report.read_text())
    if found["finalDisplayedUrl"] != url:
        raise SystemExit(f"{url} led to {found['finalDisplayedUrl']}.")
    return {name: round(found["categories"][name]["score"] * 100) for name in CATEGORIES}
