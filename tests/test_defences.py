"""What protects the browser and the server, at every URL there is and for whoever asks."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from django.test import Client

from connections.permissions import Role
from connections.simulator.server import Simulator
from tests.addresses import EVERY
from tests.deeds import FORM, HTMX
from tests.people import PASSWORD, SignIn

pytestmark = pytest.mark.any_database

EVIL = "https://evil.example/"
WHO = (None, Role.LEAD, Role.ACCESS_ADMIN)
POLICY = {
    "default-src 'none'",
    *(f"{what} 'self'" for what in ("script-src", "style-src", "img-src", "connect-src", "form-action")),
    *("base-uri 'none'", "frame-ancestors 'none'", "report-uri /csp-report/", "report-to csp"),
}
EXPECTED = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Reporting-Endpoints": 'csp="/csp-report/"',
}

everybody = pytest.mark.parametrize("who", WHO)


@pytest.fixture
def visitor(sign_in: SignIn, who: Role | None) -> Client:
    return sign_in(who) if who else Client()


@everybody
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_every_answer_tells_the_browser_what_it_may_do(visitor: Client, method: str) -> None:
    for address in EVERY:
        answer = visitor.generic(method, address.url)
        assert {name: answer.get(name) for name in EXPECTED} == EXPECTED, address
        assert "no-store" in answer["Cache-Control"], address
        assert set(answer["Content-Security-Policy"].split("; ")) == POLICY, address
        assert "camera=()" in answer["Permissions-Policy"]
        assert all(cookie["httponly"] for cookie in answer.cookies.values() if cookie.value), address


@everybody
@pytest.mark.parametrize("url", ["/static/nothing.css", "/static/../", "/nothing/"])
def test_neither_is_a_page_kept_that_says_there_is_none(visitor: Client, url: str) -> None:
    answer = visitor.get(url)
    assert (answer.status_code, answer["Cache-Control"]) == (404, "no-store")


@everybody
def test_another_host_is_answered_nowhere(visitor: Client) -> None:
    for address in EVERY:
        for host in ("evil.example", "127.0.0.1@evil.example", "127.0.0.1, evil.example"):
            answer = visitor.get(address.url, headers={"Host": host})
            assert answer.status_code == 400, (address, host)
            assert "evil" not in answer.text
            assert answer["X-Frame-Options"] == "DENY"


@everybody
@pytest.mark.parametrize("headers", [{}, HTMX | {"HX-Current-URL": EVIL}])
def test_nothing_leads_to_another_site(visitor: Client, headers: dict[str, str]) -> None:
    for target in (EVIL, "//evil.example/", "/\\evil.example", "https:evil.example"):
        fields = dict.fromkeys(("next", "url", "shown_on", "return_to"), target)
        for address in EVERY:
            if address.name == "account_logout":
                continue  # on a page of its own below, since it ends the session
            answer = visitor.get(address.url, fields, headers=headers)
            assert led_away(answer.headers) == [], (address, target)


@pytest.mark.parametrize("target", [EVIL, "//evil.example/", "/\\evil.example"])
def test_neither_does_signing_out_nor_signing_in_again(sign_in: SignIn, target: str) -> None:
    client = sign_in(Role.LEAD)
    for url in ("/accounts/reauthenticate/", "/accounts/logout/", "/accounts/login/"):
        answer = client.post(url, {"next": target, "login": "lead", "password": PASSWORD})
        assert answer.status_code == 302, url
        assert led_away(answer.headers) == [], url


def led_away(headers: Mapping[str, str]) -> list[str]:
    """Where an answer sends the browser, as far as that is not here."""
    told = [headers.get(name, "") for name in ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "Refresh")]
    return [url for url in told if urlsplit(url.replace("\\", "/")).netloc or ":" in url.partition("?")[0]]


@everybody
def test_a_body_larger_than_any_form_is_never_acted_on(visitor: Client, simulator: Simulator) -> None:
    body = b"note=" + b"x" * 100_000
    for address in EVERY:
        for method in ("POST", "DELETE"):
            answer = visitor.generic(method, address.url, body, content_type=FORM)
            assert 300 <= answer.status_code < 500 or address.name == "account_logout", (address, method)
    assert simulator.deletes == []


@pytest.mark.parametrize("role", [Role.LEAD, Role.ACCESS_ADMIN])
def test_a_form_from_elsewhere_does_nothing(sign_in: SignIn, simulator: Simulator, role: Role) -> None:
    signed_in = sign_in(role)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in.cookies
    for address in EVERY:
        if address.name == "csp-report":
            continue  # browsers send these without a form, and nothing of them is believed
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert strict.generic(method, address.url).status_code == 403, (address, method)
    assert signed_in.get("/").status_code == 200
    assert simulator.deletes == []
