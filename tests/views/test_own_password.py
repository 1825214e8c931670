"""Changing one's own password, and what is recorded of it."""

import pytest
from django.conf import LazySettings
from django.test import Client

from connections.actors import command_actor
from connections.permissions import Role
from connections.staffing import change as reset
from connections.standing import Change
from tests import record
from tests.failing_database import Failing
from tests.people import PASSWORD, SignIn, enter, known

URL = "/accounts/password/change/"
NEW = "several-quiet-words-9"
RESET = "the-administrators-choice-7"


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


class Meanwhile:
    """As a rule for passwords, it lets somebody else act while a request is under way."""

    def validate(self, password: str, user: object = None) -> None:  # noqa: ARG002 - Django's signature
        if password == NEW:
            to = Change(password=RESET, is_one_time=True, ends_sessions=True)
            reset(known("sam").pk, to, actor=command_actor("tests"))


def test_a_reset_meanwhile_stands(sam: Client, settings: LazySettings) -> None:
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": f"{__name__}.Meanwhile"}]
    assert change(sam) == 302
    assert record.newest("auth.password_changed")["why"]["reason"] == "changed meanwhile"
    assert sam.get("/").status_code == 302
    assert not enter(Client(), "sam", NEW)
    assert enter(Client(), "sam", RESET)
