"""Guessing passwords is slowed down, and locks out nobody but who guesses."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.core.internal import ratelimit
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest
from django.test import Client

from connections.permissions import Role
from tests import record
from tests.authenticator_app import code, set_up
from tests.people import PASSWORD, SignIn, enter, known
from tests.together import at_once

URL, STEP = "/accounts/login/", "/accounts/2fa/authenticate/"


@pytest.fixture
def sam(sign_in: SignIn) -> Client:
    """Signed in once, and signed out again: their browser is known."""
    client = sign_in(Role.SUPPORT, "sam")
    client.post("/accounts/logout/")
    return client


def guess(times: int, name: str = "sam", **client: Any) -> str:
    """What a stranger's browser is told in the end."""
    stranger = Client(**client)
    answers = [stranger.post(URL, {"login": name, "password": f"wrong-{number}"}) for number in range(times)]
    assert {answer.status_code for answer in answers} == {200}
    return str(answers[-1].text)


@pytest.mark.usefixtures("sam")
def test_after_five_wrong_passwords_not_even_the_right_one_opens_for_a_browser_nobody_knows() -> None:
    assert "Too many tries" not in guess(5)
    assert "Too many tries" in guess(1)
    assert not enter(Client(), "sam")


def test_its_owner_signs_in_all_the_same_where_they_did_before(sam: Client) -> None:
    guess(6)
    assert enter(sam, "sam")


def test_so_does_who_has_letters_with_several_ways_to_write_them(sign_in: SignIn) -> None:
    owner = sign_in(Role.SUPPORT, "straße")
    owner.post("/accounts/logout/")
    guess(6, "straße")
    assert enter(owner, "straße")


def test_five_minutes_later_it_opens_again(sign_in: SignIn) -> None:
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False) as clock:
        sign_in(Role.SUPPORT, "sam")
        guess(6)
        clock.shift(timedelta(minutes=4))
        assert not enter(Client(), "sam")
        clock.shift(timedelta(minutes=1, seconds=1))
        assert enter(Client(), "sam")


def test_a_known_browser_has_five_tries_of_its_own(sam: Client) -> None:
    for _ in range(5):
        assert not enter(sam, "sam", "wrong")
    assert not enter(sam, "sam")
    assert enter(Client(), "sam")


def test_right_passwords_are_not_counted(sam: Client) -> None:
    for _ in range(12):
        assert enter(sam, "sam")
        sam.post("/accounts/logout/")


@pytest.mark.parametrize("spoilt", ["", "x", "{}x", "x{}", "{}:{}"])
def test_a_cookie_that_was_tampered_with_makes_nobody_known(sam: Client, spoilt: str) -> None:
    cookie = sam.cookies["device"].value
    thief = Client()
    thief.cookies["device"] = spoilt.format(cookie, cookie)
    guess(6)
    assert not enter(thief, "sam")


def test_a_browser_is_known_to_who_used_it_and_nobody_else(sam: Client, sign_in: SignIn) -> None:
    sign_in(Role.LEAD, "lee")
    guess(6, "lee")
    assert not enter(sam, "lee")


def test_the_cookie_says_no_name_and_is_out_of_reach_of_scripts(sam: Client) -> None:
    cookie = sam.cookies["device"]
    assert "sam" not in cookie.value
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.usefixtures("sam")
def test_many_accounts_cannot_be_tried_from_one_address() -> None:
    for number in range(20):
        guess(1, f"nobody-{number}", REMOTE_ADDR="192.0.2.7")
    assert "Too many tries" in guess(1, "somebody", REMOTE_ADDR="192.0.2.7")
    assert enter(Client(REMOTE_ADDR="192.0.2.8"), "sam")


@pytest.mark.usefixtures("sam")
def test_guesses_at_the_same_moment_are_all_counted() -> None:
    told = at_once(*[lambda: "Too many tries" in guess(1)] * 12)
    assert told.count(False) <= 5
    assert not enter(Client(), "sam")


@pytest.mark.usefixtures("sam")
def test_that_it_was_too_often_is_recorded_once_while_it_lasts() -> None:
    guess(9)
    reasons = [event["why"]["reason"] for event in record.bodies("auth.sign_in_failed") if "why" in event]
    assert reasons == ["too many passwords for this account"]
    for number in range(25):
        guess(1, f"nobody-{number}", REMOTE_ADDR="192.0.2.7")
    reasons = [event["why"]["reason"] for event in record.bodies("auth.sign_in_failed") if "why" in event]
    assert reasons == ["too many passwords for this account", "too many tries from this address"]


@pytest.mark.usefixtures("sam")
def test_who_is_refused_by_address_fills_no_count_of_names() -> None:
    before = counted_names()
    for number in range(30):
        guess(1, f"nobody-{number}", REMOTE_ADDR="192.0.2.7")
    assert counted_names() - before == 20


def counted_names() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM shared_cache WHERE cache_key LIKE '%login_failed_at_account%'")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("name", ["SAM", "\uff33am", "\u017fam"])
@pytest.mark.usefixtures("sam")
def test_a_name_written_otherwise_is_counted_as_the_same(name: str) -> None:
    guess(6, name)
    assert not enter(Client(), "sam")


def test_codes_are_counted_as_passwords_are(sam: Client, settings: LazySettings) -> None:
    settings.SECOND_FACTOR_ROLES = ("support",)
    assert enter(sam, "sam")
    secret = set_up(sam)
    sam.post("/accounts/logout/")
    thief = Client()
    assert enter(thief, "sam")
    told = [thief.post(STEP, {"code": "000000"}).text for _ in range(6)]
    assert ["Too many tries" in text for text in told] == [False] * 5 + [True]
    assert record.newest("auth.sign_in_failed")["why"]["reason"] == "too many codes for this account"
    assert enter(sam, "sam")
    with time_machine.travel(timedelta(minutes=2), tick=True):
        assert sam.post(STEP, {"code": code(secret)}).status_code == 302
        assert sam.get("/connections/").status_code == 200


# --- Behind proxies ---


def address(client: Client) -> str:
    """Of the last failure, as the audit log has it."""
    client.post(URL, {"login": "sam", "password": "wrong"})
    return str(record.details("actor.ip")[-1])


@pytest.mark.parametrize(
    ("proxies", "header", "seen"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "not an address", "192.0.2.1"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "", "192.0.2.1"),
    ],
)
@pytest.mark.usefixtures("sam")
def test_the_address_is_what_our_own_proxies_saw(settings: LazySettings, proxies: int, header: str, seen: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert address(Client(REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": header})) == seen


def keep_busy(action: str, key: str) -> None:
    """As a process that counts at this moment, or died while it did."""
    (rate,) = ratelimit.get_rates(app="allauth.account", action=action)
    counted = ratelimit.get_cache_key(HttpRequest(), app="allauth.account", action=action, rate=rate, key=key)
    assert cache.add(f"{counted}:lock", 1, timeout=10)


@pytest.mark.usefixtures("sam")
def test_a_count_that_is_busy_lets_nobody_in_and_is_not_called_too_many_tries() -> None:
    keep_busy("login_failed_at_account", "sam")
    page = Client().post(URL, {"login": "sam", "password": PASSWORD}).text
    assert "Try again in a moment." in page
    assert "Too many" not in page
    assert record.types("auth.sign_in_failed") == []
    cache.clear()
    assert enter(Client(), "sam")


def test_nor_is_that_of_codes(sign_in: SignIn) -> None:
    secret = set_up(sign_in(Role.SUPPORT, "sam"))
    stranger = Client()
    assert enter(stranger, "sam")
    with time_machine.travel(timedelta(minutes=3), tick=True):
        keep_busy("code_failed_at_account", str(known("sam").pk))
        assert "Try again in a moment." in stranger.post(STEP, {"code": code(secret)}).text
    assert record.types("auth.sign_in_failed") == []
