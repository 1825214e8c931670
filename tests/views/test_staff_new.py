"""Making accounts in the pages: for others, with one role, and a password that must be replaced."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client

from connections.models import Staff
from tests import record
from tests.failing_database import Failing
from tests.people import PASSWORD, enter, known

URL = "/staff/new/"
SAM = {"name": "sam", "role": "support", "team": "North"}


def password_in(page: str) -> str:
    shown = re.search(r'<span class="id">([a-z-]{20,})</span>', page)
    assert shown is not None
    return shown[1]


def test_a_new_account_has_a_role_a_team_and_a_password_that_is_shown_once(
    access_admin: Client, client: Client
) -> None:
    answer = access_admin.post(URL, SAM)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    password = password_in(answer.text)
    sam = known("sam")
    assert (sam.role_names(), sam.team, sam.is_superuser) == (("support",), "North", False)
    assert enter(client, "sam", password)
    assert password not in access_admin.get(f"/staff/{sam.pk}/").text


def test_a_password_that_was_set_is_not_shown_and_is_one_time_too(access_admin: Client, client: Client) -> None:
    answer = access_admin.post(URL, SAM | {"password": PASSWORD})
    assert answer.status_code == 200
    assert PASSWORD not in answer.text
    assert enter(client, "sam", PASSWORD)
    assert client.get("/")["Location"] == "/accounts/password/change/"


def test_it_is_recorded_with_before_and_after_and_without_the_password(access_admin: Client) -> None:
    password = password_in(access_admin.post(URL, SAM).text)
    created = record.newest("staff.created")
    assert created["actor"]["id"] == str(known("access_admin").pk)
    assert created["target"] == {"kind": "staff", "id": str(known("sam").pk)}
    assert created["why"]["reason"] == "role none to support, team none to North, password set to a one-time password"
    assert password not in str(record.bodies(""))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Write a name."),
        ({"name": "a b"}, "Enter a valid username"),
        ({"name": "x" * 151}, "at most 150"),
        ({"name": "ﬃ" * 51}, "at most 150"),  # one letter that stands for three
        ({"name": "ACCESS_ADMIN"}, "There is an account of this name."),
        ({"role": "emperor"}, "Choose a role from the list."),
        ({"role": ""}, "Choose a role."),
        ({"team": "a\x1bb"}, "cannot be shown"),
        ({"password": "2little4me"}, "at least 12 characters"),
        ({"name": "samantha-north", "password": "samantha-north1"}, "too much like the username"),
    ],
)
def test_what_will_not_do_is_said_beside_the_field_and_nothing_is_made(
    access_admin: Client, changes: dict[str, str], sentence: str
) -> None:
    answer = access_admin.post(URL, SAM | changes)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert Staff.objects.count() == 1
    assert record.newest("access.refused")["why"]["reason"] == "bad_input"


def test_it_needs_a_recent_sign_in(access_admin: Client, settings: LazySettings) -> None:
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    assert "This needs you to sign in again." in access_admin.get(URL).text
    assert access_admin.post(URL, SAM).status_code == 422
    assert not Staff.objects.filter(username="sam").exists()


def test_what_cannot_be_recorded_is_not_made(access_admin: Client, refuse_events: Failing) -> None:
    with refuse_events("staff.created"):
        assert access_admin.post(URL, SAM).status_code == 503
    assert not Staff.objects.filter(username="sam").exists()


def test_a_one_time_password_leads_to_a_password_of_ones_own_and_nowhere_else(
    access_admin: Client, client: Client
) -> None:
    password = password_in(access_admin.post(URL, SAM).text)
    enter(client, "sam", password)
    assert client.get("/connections/")["Location"] == "/accounts/password/change/"
    told = client.get("/connections/", headers={"HX-Request": "true"})
    assert (told.status_code, told["HX-Redirect"]) == (403, "/accounts/password/change/")

    choose(client, password, password)
    assert known("sam").password_until is not None
    choose(client, password, PASSWORD)
    assert client.get("/connections/").status_code == 200
    assert known("sam").password_until is None


def test_a_one_time_password_ends(access_admin: Client, client: Client) -> None:
    password = password_in(access_admin.post(URL, SAM).text)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3, minutes=1)):
        enter(client, "sam", password)
        assert client.get("/accounts/password/change/")["Location"] == "/accounts/login/"
        assert "This one-time password has ended." in client.get("/accounts/login/").text
        assert client.get("/")["Location"] == "/accounts/login/?next=/"


def choose(client: Client, old: str, new: str) -> None:
    fields = {"oldpassword": old, "password1": new, "password2": new}
    client.post("/accounts/password/change/", fields)
