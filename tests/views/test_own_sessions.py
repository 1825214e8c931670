"""How long a session lasts, where one is signed in, and ending the others."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.test import Client

from connections.permissions import Role
from tests import record
from tests.deeds import HTMX
from tests.failing_database import Failing
from tests.people import PASSWORD, SignIn, enter

HOME, END_ALL = "/accounts/2fa/", "/accounts/sessions/end/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"
)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-24T08:00:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def sam(sign_in: SignIn, clock: time_machine.Traveller) -> Client:  # noqa: ARG001 - time stands still before
    return sign_in(Role.SUPPORT, "sam")


@pytest.fixture
def elsewhere(sam: Client) -> Client:  # noqa: ARG001 - the account is there
    client = Client(headers={"User-Agent": EDGE})
    assert enter(client, "sam")
    return client


def is_in(client: Client) -> bool:
    return bool(client.get("/").status_code == 200)


def ends(page: str) -> list[str]:
    """Where the buttons of the page lead that end another session."""
    return re.findall(r'action="(/accounts/sessions/[0-9]+/end/)"', page)


# --- How long one lasts ---


def test_it_ends_after_half_an_hour_without_use(sam: Client, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(minutes=29))
    assert is_in(sam)
    clock.shift(timedelta(minutes=29))
    assert is_in(sam)
    clock.shift(timedelta(minutes=30))
    assert not is_in(sam)


def test_a_copy_of_its_cookie_ends_with_it(sam: Client, clock: time_machine.Traveller) -> None:
    thief = Client()
    thief.cookies["sessionid"] = sam.cookies["sessionid"].value
    assert is_in(thief)
    clock.shift(timedelta(minutes=31))
    assert not is_in(thief)


def test_it_ends_twelve_hours_after_the_sign_in_however_much_it_is_used(
    sam: Client, clock: time_machine.Traveller
) -> None:
    for _ in range(35):
        clock.shift(timedelta(minutes=20))
        assert is_in(sam)
    clock.shift(timedelta(minutes=20))
    assert sam.get("/operations/")["Location"] == "/accounts/login/?next=/operations/"
    assert "Your session has ended. Sign in to go on." in sam.get("/accounts/login/").text
    assert record.types("auth.")[-1] == "auth.signed_out"
    assert not is_in(sam)


def test_a_form_sent_too_late_does_nothing(sam: Client, clock: time_machine.Traveller) -> None:
    for _ in range(36):
        clock.shift(timedelta(minutes=20))
        sam.get("/accounts/logout/")
    assert sam.post(END_ALL, headers=HTMX).status_code == 401


@pytest.mark.parametrize("element", ["delivery", "operation", "verification"])
def test_what_a_page_asks_by_itself_does_not_keep_it_alive(
    sam: Client, clock: time_machine.Traveller, element: str
) -> None:
    for _ in range(3):
        clock.shift(timedelta(minutes=10))
        answer = sam.get("/operations/", headers={**HTMX, "HX-Trigger": element})
    assert answer.status_code == 401


@pytest.mark.usefixtures("sam")
def test_both_limits_can_be_set(clock: time_machine.Traveller, settings: LazySettings) -> None:
    settings.SESSION_COOKIE_AGE, settings.SESSION_ABSOLUTE = 7200, timedelta(hours=3)
    client = Client()
    assert enter(client, "sam")
    for _ in range(2):
        clock.shift(timedelta(minutes=80))
        client.get("/")
        assert is_in(client)
    clock.shift(timedelta(minutes=20))
    assert not is_in(client)


def test_a_session_of_which_nobody_knows_when_it_began_has_ended(sam: Client) -> None:
    row = Session.objects.get(session_key=sam.cookies["sessionid"].value)
    kept = {name: value for name, value in row.get_decoded().items() if name != "session_began"}
    row.session_data = Session.objects.encode(kept)
    row.save()
    assert not is_in(sam)


def test_the_key_is_another_after_the_sign_in(sam: Client) -> None:
    client = Client()
    client.get("/accounts/login/")
    client.cookies["sessionid"] = "a" * 32
    client.post("/accounts/login/", {"login": "sam", "password": PASSWORD})
    assert client.cookies["sessionid"].value not in ("a" * 32, sam.cookies["sessionid"].value)


def test_the_key_is_another_after_signing_in_again_and_the_old_one_opens_nothing(sam: Client) -> None:
    thief = Client()
    thief.cookies["sessionid"] = sam.cookies["sessionid"].value
    sam.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert is_in(sam)
    assert not is_in(thief)
    assert "this one" in sam.get(HOME).text
    assert ends(sam.get(HOME).text) == []


def test_a_session_is_written_at_most_once_a_minute(sam: Client, clock: time_machine.Traveller) -> None:
    before = Session.objects.get(session_key=sam.cookies["sessionid"].value).session_data
    clock.shift(timedelta(seconds=59))
    sam.get("/accounts/logout/")
    assert Session.objects.get(session_key=sam.cookies["sessionid"].value).session_data == before
    clock.shift(timedelta(seconds=1))
    sam.get("/accounts/logout/")
    assert Session.objects.get(session_key=sam.cookies["sessionid"].value).session_data != before


# --- Where one is signed in ---


def test_my_sessions_are_listed_by_browser_and_address(sam: Client, elsewhere: Client) -> None:
    page = elsewhere.get(HOME).text
    assert re.search(r"<strong>Edge on Windows</strong> at 127.0.0.1, since just now, <strong>this one</strong>", page)
    assert len(ends(page)) == 1
    assert (
        re.search(r"an unnamed program</strong> at 127.0.0.1, since just now, last used just now", sam.get(HOME).text)
        is None
    )


def test_somebody_elses_are_not(sign_in: SignIn, sam: Client) -> None:
    lead = sign_in(Role.LEAD)
    assert ends(lead.get(HOME).text) == []
    assert ends(sam.get(HOME).text) == []


def test_another_one_is_ended(sam: Client, elsewhere: Client) -> None:
    (end,) = ends(elsewhere.get(HOME).text)
    answer = elsewhere.post(end, follow=True)
    assert "That session is ended." in answer.text
    assert ends(answer.text) == []
    assert not is_in(sam)
    assert is_in(elsewhere)
    ended = record.newest("auth.signed_out")
    assert ended["why"]["reason"] == "1 session elsewhere"


def test_all_others_are_ended(sam: Client, elsewhere: Client) -> None:
    third = Client(headers={"User-Agent": FIREFOX})
    assert enter(third, "sam")
    assert "You are signed in nowhere else." in third.post(END_ALL, follow=True).text
    assert [is_in(client) for client in (sam, elsewhere, third)] == [False, False, True]
    assert record.newest("auth.signed_out")["why"]["reason"] == "2 sessions elsewhere"


def test_nobody_ends_somebody_elses(sign_in: SignIn, sam: Client, elsewhere: Client) -> None:
    (end,) = ends(elsewhere.get(HOME).text)
    assert sign_in(Role.LEAD).post(end).status_code == 404
    assert is_in(sam)


def test_what_cannot_be_recorded_is_not_ended(sam: Client, elsewhere: Client, refuse_events: Failing) -> None:
    (end,) = ends(elsewhere.get(HOME).text)
    with refuse_events("auth.signed_out"):
        assert elsewhere.post(end).status_code == 503
    assert is_in(sam)


@pytest.mark.parametrize("is_one", [True, False])
def test_who_has_not_lately_signed_in_does_so_first_and_nothing_is_ended(
    sam: Client, elsewhere: Client, clock: time_machine.Traveller, *, is_one: bool
) -> None:
    (end,) = ends(elsewhere.get(HOME).text)
    clock.shift(timedelta(minutes=11))
    answer = elsewhere.post(end if is_one else END_ALL)
    assert answer["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2F2fa%2F"
    assert is_in(sam)
    elsewhere.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": HOME})
    assert elsewhere.post(end if is_one else END_ALL)["Location"] == HOME
    assert not is_in(sam)
