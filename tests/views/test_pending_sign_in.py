"""A sign-in that waits for its second factor, while somebody changes the account."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.test import Client

from connections.actors import command_actor
from connections.models import Staff
from connections.permissions import Role
from connections.staffing import change
from connections.standing import Change
from tests import record
from tests.authenticator_app import code, set_up
from tests.people import PASSWORD, SignIn, enter, known

STEP = "/accounts/2fa/authenticate/"
ANOTHER = "several-quiet-words-9"


@pytest.fixture
def secret(sign_in: SignIn, settings: LazySettings) -> str:
    settings.SECOND_FACTOR_ROLES = ("support",)
    # Ids with a digit above nine are written otherwise in sessions and in begun sign-ins.
    Staff.objects.create(pk=40, username="earlier")
    return set_up(sign_in(Role.SUPPORT, "sam"))


def half_way(password: str = PASSWORD) -> Client:
    client = Client()
    assert enter(client, "sam", password)
    return client


def finish(client: Client, secret: str) -> bool:
    """With the right code of some minutes later, which was not used yet."""
    with time_machine.travel(timedelta(minutes=3), tick=True):
        client.post(STEP, {"code": code(secret)})
        return bool(client.get("/").status_code == 200)


def to_account(**to: object) -> None:
    change(known("sam").pk, Change(**to), actor=command_actor("tests"))  # type: ignore[arg-type]  # any of its fields


def test_it_ends_as_a_session_if_nothing_changed(secret: str) -> None:
    assert finish(half_way(), secret)


def test_it_is_void_with_another_password(secret: str) -> None:
    client = half_way()
    to_account(password=ANOTHER)
    answer = client.get(STEP)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert not finish(client, secret)
    assert finish(half_way(ANOTHER), secret)


def test_it_ends_with_all_sessions(secret: str) -> None:
    client = half_way()
    to_account(ends_sessions=True)
    assert [session.get_decoded() for session in Session.objects.all()] == []
    assert not finish(client, secret)


@pytest.mark.usefixtures("secret")
def test_it_begins_anew_where_no_factor_is_left() -> None:
    client = half_way()
    Authenticator.objects.all().delete()
    page = client.get("/accounts/login/", follow=True)
    assert page.status_code == 200
    assert "Your account, or how one signs in here, was changed meanwhile. Sign in once more." in page.text
    assert enter(client, "sam")
    assert client.get("/")["Location"] == "/accounts/2fa/"


@pytest.mark.parametrize(("emergency_account", "comes_in"), [("sam", True), ("emergency", False), ("", False)])
def test_it_is_void_once_passwords_are_off_but_for_emergencies(
    secret: str, settings: LazySettings, emergency_account: str, *, comes_in: bool
) -> None:
    client = half_way()
    settings.OIDC_ISSUER, settings.OIDC_BREAK_GLASS_ACCOUNT = "http://localhost:9", emergency_account
    assert finish(client, secret) is comes_in
    assert len(record.types("auth.signed_in")) == 1 + comes_in
