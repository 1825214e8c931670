"""
Scan a running demo with Wapiti, signed in as each role: `python -m tests.scan [--wapiti PATH]`.

Ends with 1 if anything of medium severity or above was found, with 2 if the
scanner could not do its work. Wapiti comes from the registry into an
environment of its own, since it pins what we use too:
`python -m venv /tmp/wapiti && /tmp/wapiti/bin/pip install wapiti3`.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import django
import requests

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from tests.browser.demo import Demo, running_demo

# What would end the scanner's own session, or everybody's patience.
_LEFT_OUT = ("accounts/logout/", "static/")
_MODULES = (
    "backup,buster,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,methods,permanentxss,redirect,sql,xss"
)
_MEDIUM = 2
_SECONDS, _SECONDS_A_MODULE = 90, 30


def main() -> int:
    arguments = _arguments()
    wapiti = shutil.which(arguments.wapiti)
    if wapiti is None:
        sys.stderr.write(f"{arguments.wapiti} is not there. {__doc__}\n")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="scan-"))
    with running_demo(folder, connections=200) as demo:
        found = {name: _scanned(wapiti, demo, name, folder) for name in arguments.who or demo.passwords}
    for name, report in found.items():
        sys.stdout.write(f"{name}: {report['infos']['crawled_pages_nbr']} pages, {_counted(report)}\n")
    serious = [each for report in found.values() for each in _findings(report) if each["level"] >= _MEDIUM]
    for each in serious:
        sys.stdout.write(f"  {each['kind']}: {each['method']} {each['path']}: {each['info']}\n")
    return 1 if serious else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wapiti", default="wapiti", help="the program, if it is not in the path")
    parser.add_argument("--who", action="append", help="one of the demo's staff instead of all; may be given again")
    return parser.parse_args()


def _scanned(wapiti: str, demo: Demo, name: str, folder: Path) -> dict[str, Any]:
    cookies = "; ".join(f"{cookie}={value}" for cookie, value in _signed_in(demo, name).items())
    report = folder / f"{name}.json"
    left_out = [part for path in _LEFT_OUT for part in ("--exclude", f"{demo.url}/{path}*")]
    command = [
        *(wapiti, "--url", f"{demo.url}/", "--scope", "domain", "--header", f"Cookie: {cookies}", *left_out),
        *("--module", ",".join(_supported(wapiti)), "--tasks", "4", "--max-links-per-page", "40"),
        *(
            "--max-scan-time",
            str(_SECONDS),
            "--max-attack-time",
            str(_SECONDS_A_MODULE),
            "--store-session",
            str(folder / name),
        ),
        *("--format", "json", "--output", str(report), "--no-bugreport", "--verbose", "0"),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=1200)
    read: dict[str, Any] = json.loads(report.read_text())
    return read


def _supported(wapiti: str) -> list[str]:
    """Names of modules come and go between versions of the scanner."""
    listed = subprocess.run([wapiti, "--list-modules"], capture_output=True, text=True, check=True).stdout
    return [module for module in _MODULES.split(",") if re.search(rf"^\s*{module}\b", listed, re.MULTILINE)]


def _signed_in(demo: Demo, name: str) -> dict[str, str]:
    session = requests.Session()
    session.trust_env = False
    page = session.get(f"{demo.url}/accounts/login/", timeout=20).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    fields = {"login": name, "password": demo.passwords[name], "csrfmiddlewaretoken": token[1]}
    answer = session.post(f"{demo.url}/accounts/login/", fields, headers={"Referer": demo.url}, timeout=20)
    assert "Sign out" in answer.text, name
    return session.cookies.get_dict()


def _findings(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"kind": kind, **each}
        for group in ("vulnerabilities", "anomalies")
        for kind, found in report[group].items()
        for each in found
    ]


def _counted(report: dict[str, Any]) -> str:
    levels = [each["level"] for each in _findings(report)]
    return f"{len(levels)} findings, {sum(level >= _MEDIUM for level in levels)} of medium severity or above"


if __name__ == "__main__":
    sys.exit(main())
