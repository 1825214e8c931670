"""
Generated input at every field and parameter of every view.

Ten thousand tries in all: a try is one request with one generated value, or one
call of the client against generated answers. Here, `EXAMPLES` times `TRIES` for
each of two generations make 2,000, and `tests/smartcar/test_hostile_answers.py`
makes 8,000.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from django.urls import Resolver404, resolve
from hypothesis import HealthCheck, given, settings, strategies as st

from connections.models import Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.addresses import EVERY
from tests.deeds import FORM, HTMX, asked, look, revoke
from tests.hostile import OPENED, PAGES, Place, places, values
from tests.marks import both_generations

# PostgreSQL takes longer for each, and differs in what its columns take, which shows soon.
IS_SQLITE = "sqlite" in django_settings.DATABASES["default"]["ENGINE"]
EXAMPLES, TRIES = (50 if IS_SQLITE else 20), 20
BAD_INPUT = (400, 414, 422)
# Addresses that take nothing.
WITHOUT_INPUT = {
    "overview",
    "approval-list",
    *("mfa_index", "mfa_deactivate_totp", "sessions-end", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
    "audit-retention",
    "audit-verify",
    "audit-verifier",
    "configuration",
    "health-alive",
    "health-ready",
    "health-metrics",
    "csp-report",
    "account_logout",
    "account_inactive",
}

one_try = st.tuples(places, values, st.booleans())


class Attack:
    """Somebody who may do much, at the dashboard, with a form in front of them."""

    def __init__(self, client: Client, access_admin: Client, simulator: Simulator, row: Connection) -> None:
        self._client, self._access_admin, self._simulator, self._row = client, access_admin, simulator, row
        self._operation = str((Operation.objects.first() or self._revoked()).pk)
        self._digest = look(client, row)

    def at(self, place: Place, value: bytes, *, htmx: bool) -> None:
        """Put the value there, and see that it did no harm."""
        self._simulator.clear_requests()
        answer = self._send(place, value, htmx=htmx)
        assert answer.status_code < 500
        assert not any(sign in answer.text for sign in OPENED)
        if answer.status_code in BAD_INPUT:
            # Whether a word of confirmation is needed is known only after Smartcar was read again.
            assert place.name == "confirm" or asked(self._simulator) == []
        self._look_at_what_was_deleted(place)

    def _revoked(self) -> Operation:
        """An operation to attack; the owner has connected again since."""
        revoke(self._client, self._row)
        self._simulator.reconnect(*self._row.pair)
        return Operation.objects.get()

    def _send(self, place: Place, value: bytes, *, htmx: bool) -> Any:
        known = {"user": self._row.user_id, "vehicle": self._row.vehicle_id, "operation": self._operation, "staff": "1"}
        url, body = place.filled(value, **known)
        if "ticket" in place.beside:
            shown = {"preview": self._digest, "confirm": url.split("/")[2][:8]}
            body += "".join(f"&{name}={right}" for name, right in shown.items() if name != place.name)
        if "/accounts/" in url:
            cache.clear()  # the limit of tries would soon answer all of them
        client = self._access_admin if place.is_for_access_administrators else self._client
        client = Client() if place.is_open_to_strangers else client
        return client.generic(place.method, url, body, content_type=FORM, headers=HTMX if htmx else {})

    def _look_at_what_was_deleted(self, place: Place) -> None:
        """Fields may turn out good: then nothing but what was shown is gone, and the attack goes on anew."""
        assert self._simulator.unscoped_deletes == 0
        removed = [pair for entry in self._simulator.deletes for pair in entry.removed]
        for user, vehicle in removed:
            assert "{user}" not in place.url or user == self._row.user_id
            assert "{vehicle}" not in place.url or vehicle == self._row.vehicle_id
            self._simulator.reconnect(user, vehicle)
        if removed:
            self._digest = look(self._client, self._row)


def test_no_address_is_spared() -> None:
    spared = {address.name for address in EVERY} - {name for page in PAGES for place in page for name in names(place)}
    assert spared == WITHOUT_INPUT


def names(place: Place) -> Iterator[str | None]:
    """Of the views behind a place, when what is filled into a path has its right form."""
    some_id = "00000000-0000-4000-8000-000000000000"
    for value in (some_id, "1"):
        with suppress(Resolver404):
            url, _ = place.filled(value.encode(), user=some_id, vehicle=some_id, operation=some_id)
            yield resolve(url.partition("?")[0]).url_name


@both_generations
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tries=st.lists(one_try, min_size=TRIES, max_size=TRIES))
def test_no_input_does_harm(
    lead: Client, access_admin: Client, simulator: Simulator, row: Connection, tries: list[tuple[Place, bytes, bool]]
) -> None:
    attack = Attack(lead, access_admin, simulator, row)
    for place, value, htmx in tries:
        attack.at(place, value, htmx=htmx)


@pytest.mark.parametrize(
    "name", ["User-Agent", "Referer", "HX-Current-URL", "HX-Target", "HX-Prompt", "Accept-Language"]
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=values)
def test_no_header_does_harm(lead: Client, name: str, value: bytes) -> None:
    # A server takes neither line feeds nor NUL in a header, and hands on the rest as Latin-1.
    text = value.decode("latin-1").translate(dict.fromkeys((0, 10, 13), ""))
    answer = lead.get("/audit/", headers={name: text})
    assert answer.status_code == 200
    assert not any(sign in answer.text for sign in OPENED)


@pytest.mark.parametrize("name", ["sessionid", "device", "csrftoken", "messages"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=values, is_quoted=st.booleans())
def test_no_cookie_does_harm(lead: Client, name: str, value: bytes, *, is_quoted: bool) -> None:
    # Quoted, any byte can be said in a cookie, NUL too (RFC 2109 as Python's reader still takes it).
    plain = value.decode("latin-1").translate(dict.fromkeys((0, 10, 13), ""))
    text = '"' + "".join(f"\\{byte:03o}" for byte in value) + '"' if is_quoted else plain
    kept = "; ".join(f"{each}={cookie.value}" for each, cookie in lead.cookies.items() if each != name)
    for answer in (
        Client(headers={"Cookie": f"{kept}; {name}={text}"}).get("/audit/"),
        Client(headers={"Cookie": f"{name}={text}"}).post("/accounts/login/", {"login": "lead", "password": "wrong"}),
    ):
        assert answer.status_code in (200, 302)
        assert not any(sign in answer.text for sign in OPENED)
