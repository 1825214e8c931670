"""A certified OpenID provider beside the tests, and the way through its pages as a browser goes it."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests
from django.test import Client

from tests.processes import free_port

_HERE = Path(__file__).parent / "oidc"
CLIENT_ID, CLIENT_SECRET = "dashboard", "secret-of-the-client-at-the-provider"
LEAVE = "/accounts/oidc/login/"
PEOPLE = {
    "ana": {"groups": ["sg-support", "everybody"]},
    "lee": {"groups": ["sg-leads"]},
    "ada": {"groups": ["sg-access"]},
    "nil": {"groups": ["everybody"]},
    "two": {"groups": ["sg-support", "sg-leads"]},
    "one": {"groups": "sg-support"},
    "\uff25MERGENCY": {"groups": ["sg-support"]},
    "<b>bold</b>": {"groups": ["sg-support"]},
}
ROLE_GROUPS = {"support": "sg-support", "lead": "sg-leads", "access_admin": "sg-access"}


@dataclass(frozen=True)
class OpenIdProvider:
    """Where it answers, and who is in which groups there."""

    issuer: str

    def settings(self, home: str) -> dict[str, Any]:
        """What the dashboard at this place must be told."""
        return {
            "PUBLIC_URL": home,
            "OIDC_ISSUER": self.issuer,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_CLIENT_SECRET": CLIENT_SECRET,
        }


@contextmanager
def running_provider(home: str, people: Mapping[str, Any] = PEOPLE) -> Iterator[OpenIdProvider]:
    """For a dashboard at `home`."""
    assert (_HERE / "node_modules").is_dir(), "The OpenID provider is not installed: run `npm ci` in tests/oidc."
    port = free_port()
    command = ["node", "provider.js", str(port), CLIENT_SECRET, home, json.dumps(people)]
    with subprocess.Popen(
        command, cwd=_HERE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"listening\n"
            yield OpenIdProvider(f"http://localhost:{port}")
        finally:
            process.kill()


@dataclass
class Person:
    """Somebody with a browser of their own, at the provider; its session there lasts."""

    name: str
    browser: requests.Session = field(default_factory=requests.Session)

    def sign_in(self, client: Client, url: str = LEAVE) -> Any:
        """From the dashboard to the provider, through its pages, and back; what the dashboard answers then."""
        leaving = client.get(url)
        assert leaving.status_code == 302, leaving.content
        return client.get(self.through(leaving["Location"]))

    def through(self, url: str) -> str:
        """The path of the dashboard where the provider's last page leads."""
        issuer = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        while url.startswith(issuer):
            answer = self.browser.get(url, allow_redirects=False, timeout=10)
            while answer.status_code == 200:
                answer = self._fill_in(url, answer.text)
            assert answer.is_redirect, answer.text
            url = urljoin(url, answer.headers["Location"])
        came = urlsplit(url)
        return f"{came.path}?{came.query}"

    def through_without(self, url: str, *names: str) -> str:
        """The same, after taking out some of what the dashboard asked of the provider."""
        asked = urlsplit(url)
        kept = [(name, value) for name, value in parse_qsl(asked.query) if name not in names]
        return self.through(asked._replace(query=urlencode(kept)).geturl())

    def _fill_in(self, url: str, page: str) -> requests.Response:
        action = re.search(r'action="([^"]+)"', page)
        prompt = re.search(r'name="prompt" value="(\w+)"', page)
        assert action, page
        assert prompt, page
        fields = {"prompt": prompt[1], "login": self.name, "password": "any"}
        return self.browser.post(urljoin(url, unescape(action[1])), fields, allow_redirects=False, timeout=10)
