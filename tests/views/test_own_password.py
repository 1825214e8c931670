"""Changing one's own password, and what is recorded of it."""

import pytest
from django.test import Client

from connections.permissions import Role
from tests import record
from tests.failing_database import Failing
from tests.people import PASSWORD, SignIn, enter

URL = "/accounts/password/change/"
NEW = "several-quiet-words-9"


@pytest.fixture
def sam(sign_in: SignIn) -> Client:
    return sign_in(Role.SUPPORT, "sam")


def change(client: Client, old: str = PASSWORD, new: str = NEW) -> int:
    return int(client.post(URL, {"oldpassword": old, "password1": new, "password2": new}).status_code)


def test_it_is_changed_recorded_and_ends_the_other_sessions(sam: Client) -> None:
    elsewhere = Client()
    assert enter(elsewhere, "sam")
    assert change(sam) == 302
    changed = record.newest("auth.password_changed")
    assert changed["actor"]["name"]
    assert "outcome" not in changed
    assert sam.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert not enter(Client(), "sam")
    assert enter(Client(), "sam", NEW)


def test_a_wrong_old_password_is_recorded_as_refused(sam: Client) -> None:
    assert change(sam, old="wrong") == 200
    refused = record.newest("auth.password_changed")
    assert (refused["why"]["reason"], refused["outcome"]["status"]) == ("wrong password", "refused")
    assert enter(Client(), "sam")


def test_a_new_one_that_will_not_do_is_no_event(sam: Client) -> None:
    assert change(sam, new="short") == 200
    assert record.types("auth.password_changed") == []


def test_what_cannot_be_recorded_is_not_changed(sam: Client, refuse_events: Failing) -> None:
    with refuse_events("auth.password_changed"):
        assert change(sam) == 503
    assert enter(Client(), "sam")
