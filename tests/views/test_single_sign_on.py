"""Single sign-on through a certified provider: who comes in, as what, and who does not."""

import logging
import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client

from connections.actors import command_actor
from connections.models import EmergencySignIn, Staff
from connections.permissions import Role
from connections.staffing import bind_to_issuer, change, create, employ
from connections.standing import Change
from tests import record
from tests.authenticator_app import set_up
from tests.openid import LEAVE, ROLE_GROUPS, OpenIdProvider, Person, running_provider
from tests.people import PASSWORD, SignIn, enter, known
from tests.together import at_once

HOME = "http://localhost:8000"
WIDE = "\uff25MERGENCY"  # with a letter of full width, which names are written without


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    with running_provider(HOME) as provider:
        yield provider


@pytest.fixture(autouse=True)
def _on(provider: OpenIdProvider, settings: LazySettings, sign_in: SignIn) -> None:  # noqa: ARG001 - sets the stage
    for name, value in provider.settings(HOME).items():
        setattr(settings, name, value)
    settings.OIDC_ROLE_GROUPS = ROLE_GROUPS
    settings.OIDC_BREAK_GLASS_ACCOUNT = "emergency"
    settings.SECOND_FACTOR_ROLES = ("support", "lead", "auditor", "access_admin")


@pytest.fixture
def client() -> Client:
    return Client(headers={"Host": "localhost:8000"})


def local(name: str, role: Role = Role.SUPPORT) -> None:
    employ(actor=command_actor("tests"), name=name, role=role, password=PASSWORD)


# --- Coming in ---


def test_the_first_sign_in_makes_the_account_with_the_role_of_the_groups(client: Client) -> None:
    answer = Person("ana").sign_in(client, f"{LEAVE}?next=/operations/")
    assert (answer.status_code, answer["Location"]) == (302, "/operations/")
    assert client.get("/connections/").status_code == 200
    assert known("ana").role_names() == ("support",)
    assert not known("ana").has_usable_password()
    created = record.newest("staff.created")
    assert created["actor"] == {"kind": "system", "id": "single sign-on"}
    assert record.newest("auth.signed_in")["actor"]["auth"]["method"] == "socialaccount"


def test_the_second_one_finds_it_again(client: Client) -> None:
    person = Person("lee")
    person.sign_in(client)
    person.sign_in(Client(headers={"Host": "localhost:8000"}))
    assert Staff.objects.count() == 1
    assert record.types("staff.") == ["staff.created"]


def test_one_group_may_be_a_word_instead_of_a_list(client: Client) -> None:
    Person("one").sign_in(client)
    assert known("one").role_names() == ("support",)


def test_the_role_follows_the_groups_at_each_sign_in(client: Client) -> None:
    person = Person("ana")
    person.sign_in(client)
    known("ana").groups.set(Group.objects.filter(name="lead"))
    assert person.sign_in(Client(headers={"Host": "localhost:8000"})).status_code == 302
    assert known("ana").role_names() == ("support",)
    assert record.newest("staff.changed")["why"]["reason"] == "role lead to support"
    assert client.get("/").status_code == 302


def test_nothing_else_that_the_provider_says_is_kept(client: Client) -> None:
    Person("ana").sign_in(client)
    account = SocialAccount.objects.get()
    assert (account.uid, account.extra_data) == ("ana", {})


# --- Staying out ---


@pytest.mark.parametrize(
    ("name", "why"), [("nil", "None of your groups gives you a role"), ("two", "Your groups give you 2 roles")]
)
def test_whose_groups_give_no_role_or_several_may_not_come_in(client: Client, name: str, why: str) -> None:
    answer = Person(name).sign_in(client)
    assert answer.status_code == 403
    assert why in answer.text
    assert Staff.objects.count() == 0
    assert client.get("/").status_code == 302
    failed = record.newest("auth.sign_in_failed")
    assert failed["why"]["reason"] == "single sign-on: not admitted"
    assert record.details("actor.name")[-1] == name


def test_a_name_that_is_none_is_refused_and_escaped(client: Client) -> None:
    answer = Person("<b>bold</b>").sign_in(client)
    assert answer.status_code == 403
    assert "<b>bold" not in answer.text


def test_a_local_account_is_not_taken_over_by_a_name(client: Client) -> None:
    local("ana")
    answer = Person("ana").sign_in(client)
    assert answer.status_code == 403
    assert "There is an account of this name." in answer.text


def test_it_is_taken_over_once_somebody_linked_it(client: Client) -> None:
    employ(actor=command_actor("tests"), name="ana", role=Role.SUPPORT, password=None, subject="ana")
    Person("ana").sign_in(client)
    assert client.get("/connections/").status_code == 200
    assert Staff.objects.count() == 1
    assert "single sign-on linked" in record.bodies("staff.")[0]["why"]["reason"]


def test_who_is_disabled_here_stays_out(client: Client) -> None:
    person = Person("ana")
    person.sign_in(client)
    Staff.objects.update(is_active=False)
    stranger = Client(headers={"Host": "localhost:8000"})
    person.sign_in(stranger)
    assert stranger.get("/").status_code == 302


def test_the_last_access_administrator_does_not_lose_the_role_by_a_group(client: Client) -> None:
    employ(actor=command_actor("tests"), name="ana", role=Role.ACCESS_ADMIN, password=None, subject="ana")
    answer = Person("ana").sign_in(client)
    assert answer.status_code == 403
    assert "the last access administrator" in answer.text


@pytest.mark.parametrize("query", ["", "?code=1", "?code=1&state=x", "?error=access_denied&state=x", "?state=%00"])
def test_an_answer_that_was_not_asked_for_opens_nothing(client: Client, query: str) -> None:
    answer = client.get(f"/accounts/oidc/callback/{query}")
    assert answer.status_code < 500
    assert "You were not signed in" in answer.text
    assert client.get("/").status_code == 302


def test_a_code_of_one_browser_is_of_no_use_in_another(client: Client) -> None:
    back = Person("ana").through(client.get(LEAVE)["Location"])
    thief = Client(headers={"Host": "localhost:8000"})
    assert "You were not signed in" in thief.get(back).text
    assert thief.get("/").status_code == 302


def test_an_answer_without_the_nonce_that_was_asked_for_opens_nothing(client: Client) -> None:
    leaving = client.get(LEAVE)["Location"]
    assert "nonce=" in leaving
    other = re.sub(r"nonce=[^&]+", "nonce=another", leaving)
    answer = client.get(Person("ana").through(other))
    assert answer.status_code == 403
    assert "not given to what this browser asked" in answer.text
    assert Staff.objects.count() == 0


def test_a_provider_that_says_it_is_another_is_not_believed(
    client: Client, provider: OpenIdProvider, settings: LazySettings
) -> None:
    settings.OIDC_ISSUER = provider.issuer.replace("localhost", "127.0.0.1")
    assert client.get(LEAVE).status_code == 502


def test_while_the_provider_is_away_a_page_says_so(client: Client, settings: LazySettings) -> None:
    settings.OIDC_ISSUER = "http://localhost:9"
    answer = client.get(LEAVE)
    assert answer.status_code == 502
    assert "does not answer" in answer.text


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_it_leads_to_no_other_site(client: Client, target: str) -> None:
    assert Person("ana").sign_in(client, f"{LEAVE}?next={target}")["Location"] == "/"


def test_whose_groups_give_no_role_any_more_loses_role_and_sessions(client: Client, settings: LazySettings) -> None:
    person = Person("lee")
    person.sign_in(client)
    elsewhere = Client(headers={"Host": "localhost:8000"})
    person.sign_in(elsewhere)
    settings.OIDC_ROLE_GROUPS = {"support": "sg-support"}
    assert person.sign_in(client).status_code == 403
    assert known("lee").role_names() == ()
    assert client.get("/approvals/").status_code == elsewhere.get("/approvals/").status_code == 302
    assert record.newest("staff.changed")["why"]["reason"] == "role lead to none, sessions ended"
    settings.OIDC_ROLE_GROUPS = ROLE_GROUPS
    person.sign_in(client)
    assert client.get("/approvals/").status_code == 200


def test_the_last_access_administrator_loses_the_sessions_alone(client: Client, settings: LazySettings) -> None:
    person = Person("ada")
    person.sign_in(client)
    settings.OIDC_ROLE_GROUPS = {"support": "sg-support"}
    assert person.sign_in(client).status_code == 403
    assert client.get("/staff/").status_code == 302
    assert known("ada").role_names() == ("access_admin",)
    assert record.newest("staff.changed")["why"]["reason"] == "sessions ended"


@pytest.mark.parametrize("name", ["EMERGENCY", "emergency", WIDE])
def test_nobody_is_given_the_name_of_the_account_for_emergencies(
    client: Client, settings: LazySettings, name: str
) -> None:
    settings.OIDC_BREAK_GLASS_ACCOUNT = name
    answer = Person(WIDE).sign_in(client)
    assert answer.status_code == 403
    assert "the name of the account for emergencies" in answer.text
    assert Staff.objects.count() == 0


def test_nobody_is_given_a_name_that_differs_in_writing_alone(client: Client, settings: LazySettings) -> None:
    settings.OIDC_BREAK_GLASS_ACCOUNT = ""
    local("emergency", Role.ACCESS_ADMIN)
    answer = Person(WIDE).sign_in(client)
    assert "There is an account of this name." in answer.text
    settings.OIDC_BREAK_GLASS_ACCOUNT = "emergency"
    assert enter(client, "emergency")


def test_an_account_is_bound_to_the_issuer_too(client: Client, settings: LazySettings) -> None:
    Person("lee").sign_in(client)
    with running_provider(HOME) as other:
        settings.OIDC_ISSUER = other.issuer
        answer = Person("lee").sign_in(Client(headers={"Host": "localhost:8000"}))
    assert answer.status_code == 403
    assert "There is an account of this name." in answer.text


def test_accounts_of_before_are_of_the_issuer_at_the_first_start(client: Client, provider: OpenIdProvider) -> None:
    employ(actor=command_actor("tests"), name="lee", role=Role.LEAD, password=None, subject="lee")
    SocialAccount.objects.update(provider="oidc")
    assert Person("lee").sign_in(client).status_code == 403
    assert bind_to_issuer() == 1
    assert SocialAccount.objects.get().provider == provider.issuer
    Person("lee").sign_in(client)
    assert client.get("/approvals/").status_code == 200


def test_what_nobody_asked_for_leaves_no_event(client: Client) -> None:
    for number in range(3):
        client.get(f"/accounts/oidc/callback/?code=x&state=y{number}")
    assert record.types() == []
    state = parse_qs(urlsplit(client.get(LEAVE)["Location"]).query)["state"][0]
    assert "You were not signed in" in client.get(f"/accounts/oidc/callback/?code=x&state={state}").text
    assert "You were not signed in" in client.get(f"/accounts/oidc/callback/?code=x&state={state}").text
    assert record.types() == ["auth.sign_in_failed"]


@pytest.mark.parametrize("url", [LEAVE, "/accounts/oidc/callback/?code=x&state=y"])
def test_who_comes_too_often_from_one_address_waits(url: str, settings: LazySettings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"single_sign_on": "3/m/ip"}
    visitor = Client(headers={"Host": "localhost:8000"}, REMOTE_ADDR="192.0.2.9")
    statuses = [visitor.get(url).status_code for _ in range(5)]
    assert [status == 429 for status in statuses] == [False] * 3 + [True] * 2
    other = Client(headers={"Host": "localhost:8000"}, REMOTE_ADDR="192.0.2.10")
    assert other.get(url).status_code != 429


def test_a_provider_that_does_not_answer_is_asked_once_and_keeps_few_waiting(settings: LazySettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        settings.OIDC_ISSUER = f"http://127.0.0.1:{hanging.getsockname()[1]}"
        began = time.monotonic()
        visits = [lambda: Client(headers={"Host": "localhost:8000"}).get(LEAVE).status_code] * 8
        assert at_once(*visits) == [502] * 8
        assert time.monotonic() - began < 10
        assert _connections_to(hanging) <= 4
        began = time.monotonic()
        assert Client(headers={"Host": "localhost:8000"}).get(LEAVE).status_code == 502
        assert time.monotonic() - began < 1
    assert Session.objects.count() == 0


def _connections_to(server: socket.socket) -> int:
    server.settimeout(0.1)
    count = 0
    with suppress(TimeoutError):
        while True:
            server.accept()[0].close()
            count += 1
    return count


# --- Passwords are off ---


def test_who_has_no_password_is_offered_none_to_change(client: Client) -> None:
    Person("ana").sign_in(client)
    assert "password" not in client.get("/accounts/2fa/").text
    answer = client.get("/accounts/password/change/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")


def test_a_one_time_password_is_not_asked_of_who_does_not_need_it(client: Client) -> None:
    create("ana", Change(role=Role.SUPPORT, password=PASSWORD, is_one_time=True), actor=command_actor("tests"))
    employ(actor=command_actor("tests"), name="ana", role=Role.SUPPORT, password=None, subject="ana")
    Person("ana").sign_in(client)
    assert client.get("/operations/").status_code == 200
    Staff.objects.update(password_until=datetime.now(UTC) - timedelta(days=1))
    assert client.get("/operations/").status_code == 200
    assert client.get("/accounts/password/change/")["Location"] == "/accounts/2fa/"


@pytest.mark.parametrize("path", ["app/add/", "app/remove/", "passkeys/add/", "recovery-codes/new/"])
def test_who_comes_from_the_provider_sets_up_nothing_here(client: Client, path: str) -> None:
    Person("ana").sign_in(client)
    for answer in (client.get(f"/accounts/2fa/{path}"), client.post(f"/accounts/2fa/{path}")):
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")


def test_a_second_factor_from_before_is_neither_asked_for_nor_an_emergency(
    client: Client, settings: LazySettings, sign_in: SignIn
) -> None:
    issuer, settings.OIDC_ISSUER = settings.OIDC_ISSUER, ""
    set_up(sign_in(Role.LEAD, "lee"))
    settings.OIDC_ISSUER = issuer
    change(known("lee").pk, Change(subject="lee"), actor=command_actor("tests"))
    Person("lee").sign_in(client)
    assert client.get("/approvals/").status_code == 200
    assert "why" not in record.newest("auth.signed_in")
    assert not EmergencySignIn.objects.exists()


def test_nobody_signs_in_with_a_password(client: Client) -> None:
    local("sam")
    answer = client.post("/accounts/login/", {"login": "sam", "password": PASSWORD})
    assert "Passwords are not used here" in answer.text
    assert client.get("/").status_code == 302
    assert "Sign in with your company account" in client.get("/accounts/login/").text
    refused = record.newest("auth.sign_in_failed")
    assert refused["why"]["reason"] == "passwords are not used here"


def test_the_account_for_emergencies_does_and_raises_an_alarm(
    client: Client, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SECOND_FACTOR_ROLES = ()
    local("emergency", Role.ACCESS_ADMIN)
    assert enter(client, "emergency")
    assert client.get("/staff/").status_code == 200
    assert record.newest("auth.signed_in")["why"]["reason"] == "break glass"
    assert [entry.levelno for entry in caplog.records if "ALARM" in entry.message] == [logging.CRITICAL]


def test_it_is_that_account_exactly_whatever_opens_another(client: Client, settings: LazySettings) -> None:
    local("Emergency", Role.ACCESS_ADMIN)
    client.post("/accounts/login/", {"login": "emergency", "password": PASSWORD})
    assert client.get("/").status_code == 302
    assert record.types("auth.signed_in") == []
    assert record.newest("auth.sign_in_failed")["why"]["reason"] == "not the account for emergencies"
    settings.OIDC_BREAK_GLASS_ACCOUNT = "Emergency"
    client.post("/accounts/login/", {"login": "emergency", "password": PASSWORD})
    assert record.types("auth.signed_in") == ["auth.signed_in"]


def test_it_still_needs_its_second_factor(client: Client) -> None:
    local("emergency", Role.ACCESS_ADMIN)
    assert enter(client, "emergency")
    assert client.get("/staff/")["Location"] == "/accounts/2fa/"


def test_a_session_from_before_ends_but_for_emergencies(sign_in: SignIn, settings: LazySettings) -> None:
    settings.SECOND_FACTOR_ROLES = ()
    issuer, settings.OIDC_ISSUER = settings.OIDC_ISSUER, ""
    before, emergency = sign_in(Role.SUPPORT, "ana"), sign_in(Role.SUPPORT, "emergency")
    settings.OIDC_ISSUER = issuer
    assert before.get("/connections/")["Location"] == "/accounts/login/?next=/connections/"
    assert "Your session has ended" in before.get("/accounts/login/").text
    assert emergency.get("/operations/").status_code == 200


@pytest.mark.parametrize("issuer", ["", "https://another.example"])
def test_a_session_ends_with_the_provider_it_began_at(client: Client, settings: LazySettings, issuer: str) -> None:
    Person("ana").sign_in(client)
    settings.OIDC_ISSUER = issuer
    assert client.get("/connections/")["Location"] == "/accounts/login/?next=/connections/"


def test_without_single_sign_on_there_is_no_such_page(client: Client, settings: LazySettings) -> None:
    settings.OIDC_ISSUER = ""
    assert client.get(LEAVE).status_code == 404
    assert client.get("/accounts/oidc/callback/").status_code == 404


# --- Signing in again, and out ---


def test_a_deed_is_confirmed_at_the_provider_which_asks_again(client: Client) -> None:
    person = Person("ada")
    person.sign_in(client)
    with time_machine.travel(timedelta(minutes=11), tick=True):
        page = client.get("/staff/new/")
        assert "sign in again" in page.text.lower()
        led = client.get("/accounts/reauthenticate/?next=/staff/new/")
        assert led["Location"] == f"{LEAVE}?next=%2Fstaff%2Fnew%2F"
        assert "prompt=login" in client.get(led["Location"])["Location"]


def test_so_is_ending_ones_other_sessions(client: Client) -> None:
    person = Person("ada")
    person.sign_in(client)
    elsewhere = Client(headers={"Host": "localhost:8000"})
    person.sign_in(elsewhere)
    with time_machine.travel(timedelta(minutes=11), tick=True):
        led = client.post("/accounts/sessions/end/")
        assert led["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2F2fa%2F"
        assert client.get(led["Location"])["Location"] == f"{LEAVE}?next=%2Faccounts%2F2fa%2F"
        assert elsewhere.get("/").status_code == 200


def test_who_proved_it_long_ago_at_the_provider_has_not_signed_in_recently(client: Client) -> None:
    person = Person("ada")
    person.sign_in(client)
    at = record.newest("auth.signed_in")["actor"]["auth"]["at"]
    again = Client(headers={"Host": "localhost:8000"})
    with time_machine.travel(timedelta(minutes=11), tick=True):
        person.sign_in(again)
        assert record.newest("auth.signed_in")["actor"]["auth"]["at"] == at
        assert "sign in again" in again.get("/staff/new/").text.lower()


@pytest.mark.parametrize("taken_out", [["prompt", "max_age"], ["prompt"]])
def test_signing_in_again_cannot_be_skipped_on_the_way_to_the_provider(client: Client, taken_out: list[str]) -> None:
    person = Person("lee")
    person.sign_in(client)
    with time_machine.travel(timedelta(minutes=11), tick=True):
        leaving = client.get(LEAVE)["Location"]
        answer = client.get(person.through_without(leaving, *taken_out))
        assert answer.status_code == 403
        assert "does not count as signing in again" in answer.text
        assert client.get("/approvals/").status_code == 200
    assert record.types("auth.signed_in") == ["auth.signed_in"]
    assert record.newest("auth.sign_in_failed")["why"]["reason"] == "single sign-on: not admitted"


def test_where_the_provider_does_not_say_when_nobody_has_signed_in_recently(client: Client) -> None:
    client.get(Person("ada").through_without(client.get(LEAVE)["Location"], "max_age"))
    assert "at" not in record.newest("auth.signed_in")["actor"]["auth"]
    assert "sign in again" in client.get("/staff/new/").text.lower()


def test_who_signs_in_again_there_comes_back(client: Client) -> None:
    person = Person("ada")
    person.sign_in(client)
    began = client.session["session_began"]
    copied = Client(headers={"Host": "localhost:8000"})
    copied.cookies.update(client.cookies)
    assert person.sign_in(client, f"{LEAVE}?next=/staff/new/")["Location"] == "/staff/new/"
    assert record.types("auth.") == ["auth.signed_in", "auth.reauthenticated"]
    first, again = (body["actor"]["auth"] for body in record.bodies("auth."))
    assert (first["method"], again["method"]) == ("socialaccount", "socialaccount")
    assert first["at"] <= again["at"]
    # The session is the same, under another key.
    assert client.session["session_began"] == began
    assert copied.get("/").status_code == 302


def test_whose_role_changed_meanwhile_begins_a_new_session(client: Client) -> None:
    person = Person("ana")
    person.sign_in(client)
    known("ana").groups.set(Group.objects.filter(name="lead"))
    assert person.sign_in(client)["Location"] == "/"
    assert client.get("/operations/").status_code == 200
    assert client.get("/approvals/").status_code == 200
    assert known("ana").role_names() == ("support",)
    assert record.types("auth.") == ["auth.signed_in", "auth.signed_out", "auth.signed_in"]


def test_signing_out_leads_to_the_providers_own_sign_out(client: Client, provider: OpenIdProvider) -> None:
    Person("ana").sign_in(client)
    answer = client.post("/accounts/logout/")
    assert answer["Location"].startswith(f"{provider.issuer}/session/end?client_id=dashboard&post_logout_redirect_uri=")
    assert f"form-action 'self' {provider.issuer};" in answer["Content-Security-Policy"]
    assert client.get("/").status_code == 302


def test_it_leads_to_the_sign_in_page_where_the_provider_is_away(client: Client, settings: LazySettings) -> None:
    Person("ana").sign_in(client)
    settings.OIDC_ISSUER = "http://localhost:9"
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"


def test_somebody_else_at_the_same_browser_ends_the_session_before(client: Client) -> None:
    Person("ada").sign_in(client)
    copied = Client(headers={"Host": "localhost:8000"})
    copied.cookies.update(client.cookies)
    assert Person("lee").sign_in(client).status_code == 302
    assert [(body["type"], body["actor"]["id"]) for body in record.bodies("auth.")] == [
        ("auth.signed_in", str(known("ada").pk)),
        ("auth.signed_out", str(known("ada").pk)),
        ("auth.signed_in", str(known("lee").pk)),
    ]
    assert client.get("/approvals/").status_code == 200
    assert client.get("/staff/").status_code == 403
    assert copied.get("/").status_code == 302
    sessions = {body["actor"]["session"] for body in record.bodies("auth.signed")}
    assert len(sessions) == 2


def test_somebody_else_who_is_not_admitted_ends_nothing(client: Client) -> None:
    Person("ada").sign_in(client)
    assert Person("nil").sign_in(client).status_code == 403
    assert client.get("/staff/").status_code == 200
    refused = record.newest("auth.")
    assert (refused["type"], refused["actor"]["kind"]) == ("auth.sign_in_failed", "anonymous")
    assert record.details("actor.name")[-1] == "nil"


def test_what_was_typed_is_there_after_signing_in_again_there(client: Client) -> None:
    person = Person("ada")
    person.sign_in(client)
    led = client.post("/accounts/sign-in-again/?next=/staff/new/", {"name": "zoe", "team": "North"})
    assert person.sign_in(client, client.get(led["Location"])["Location"])["Location"] == "/staff/new/"
    assert 'name="name" value="zoe"' in client.get("/staff/new/").text
