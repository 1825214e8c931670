"""`manage.py staff`: accounts are made and changed at the command line, and every change is recorded."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from connections.models import Staff
from connections.permissions import Role
from tests import record
from tests.authenticator_app import set_up
from tests.failing_database import Failing
from tests.people import PASSWORD, enter
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def password_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD_OF_ANA", PASSWORD)


def staff(*arguments: str) -> str:
    out = StringIO()
    call_command("staff", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("role", list(Role))
def test_it_makes_an_account_with_exactly_this_role(role: Role) -> None:
    assert staff("ana", "--role", role, "--password-env", "PASSWORD_OF_ANA") == f"Created ana, role {role}.\n"
    ana = Staff.objects.get()
    assert (ana.username, ana.role_names()) == ("ana", (role,))
    assert not ana.is_superuser


def test_the_account_can_sign_in(client: Client) -> None:
    staff("ana", "--role", "support", "--password-env", "PASSWORD_OF_ANA")
    assert client.post("/accounts/login/", {"login": "ana", "password": PASSWORD}).status_code == 302


def test_without_a_password_it_says_how_to_give_one_and_nobody_can_sign_in(client: Client) -> None:
    assert "There is no password yet" in staff("ana", "--role", "support")
    for password in ("", "!", PASSWORD):
        assert client.post("/accounts/login/", {"login": "ana", "password": password}).status_code == 200


def test_it_replaces_the_role_and_leaves_the_password(client: Client) -> None:
    staff("ana", "--role", "support", "--password-env", "PASSWORD_OF_ANA")
    assert staff("ana", "--role", "auditor") == "Changed ana, role auditor.\n"
    assert Staff.objects.get().role_names() == ("auditor",)
    assert client.post("/accounts/login/", {"login": "ana", "password": PASSWORD}).status_code == 302


def test_a_new_password_ends_the_sessions_of_the_old_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    staff("ana", "--role", "support", "--password-env", "PASSWORD_OF_ANA")
    client.post("/accounts/login/", {"login": "ana", "password": PASSWORD})
    assert client.get("/").status_code == 200
    monkeypatch.setenv("PASSWORD_OF_ANA", "another-horse-battery")
    staff("ana", "--role", "support", "--password-env", "PASSWORD_OF_ANA")
    assert client.get("/").status_code == 302


def test_what_was_changed_is_recorded_and_by_whom_at_the_command_line() -> None:
    staff("ana", "--role", "support", "--password-env", "PASSWORD_OF_ANA")
    staff("ana", "--role", "lead")
    created, changed = record.bodies("staff.")
    assert (created["type"], changed["type"]) == ("staff.created", "staff.changed")
    assert {body["actor"]["kind"] for body in (created, changed)} == {"command"}
    assert created["target"] == {"kind": "staff", "id": str(Staff.objects.get().pk)}
    assert created["why"]["reason"] == "role none to support, password set"
    assert changed["why"]["reason"] == "role support to lead"
    assert PASSWORD not in f"{created}{changed}"


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(CommandError, match="The environment variable PASSWORD_OF_BEN is empty or not set"):
        staff("ben", "--role", "support", "--password-env", "PASSWORD_OF_BEN")
    assert_nothing_was_done()


@pytest.mark.parametrize("password", ["2little4me", "password1234"])
def test_a_weak_password_is_refused_without_being_repeated(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setenv("PASSWORD_OF_ANA", password)
    with pytest.raises(CommandError) as refused:
        staff("ana", "--role", "support", "--password-env", "PASSWORD_OF_ANA")
    assert "password" in str(refused.value)
    assert password not in str(refused.value)
    assert_nothing_was_done()


@pytest.mark.parametrize("name", ["", "a b", "<script>", "x" * 151])
def test_a_name_that_will_not_do_is_refused(name: str) -> None:
    with pytest.raises(CommandError):
        staff(name, "--role", "support", "--password-env", "PASSWORD_OF_ANA")
    assert_nothing_was_done()


@pytest.mark.parametrize("arguments", [("ana",), ("ana", "--role", "emperor"), ("--role", "lead")])
def test_it_needs_a_name_and_a_role_that_there_is(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        staff(*arguments)
    assert_nothing_was_done()


def test_what_cannot_be_recorded_is_not_changed(refuse_events: Failing) -> None:
    with refuse_events("staff.created"), pytest.raises(CommandError, match="Nothing was changed"):
        staff("ana", "--role", "support", "--password-env", "PASSWORD_OF_ANA")
    assert_nothing_was_done()


def assert_nothing_was_done() -> None:
    assert not Staff.objects.exists()
    assert record.types() == []


def test_the_last_access_administrator_keeps_the_role() -> None:
    staff("ana", "--role", "access_admin", "--password-env", "PASSWORD_OF_ANA")
    with pytest.raises(CommandError, match="ana is the last access administrator"):
        staff("ana", "--role", "support")
    assert Staff.objects.get().role_names() == ("access_admin",)
    assert record.types("staff.changed") == []
    staff("ben", "--role", "access_admin")
    staff("ana", "--role", "support")
    assert Staff.objects.get(username="ana").role_names() == ("support",)


def test_a_disabled_access_administrator_does_not_count_as_another() -> None:
    staff("ana", "--role", "access_admin")
    staff("ben", "--role", "access_admin")
    Staff.objects.filter(username="ben").update(is_active=False)
    with pytest.raises(CommandError, match="last access administrator"):
        staff("ana", "--role", "support")


def test_of_two_access_administrators_who_both_lose_the_role_at_once_one_keeps_it() -> None:
    for name in ("ana", "ben"):
        staff(name, "--role", "access_admin")

    def demoted(name: str) -> bool:
        try:
            staff(name, "--role", "support")
        except CommandError:
            return False
        return True

    assert sorted(at_once(lambda: demoted("ana"), lambda: demoted("ben"))) == [False, True]
    assert Staff.objects.filter(groups__name="access_admin").count() == 1


def test_a_new_role_ends_the_sessions(client: Client) -> None:
    staff("ana", "--role", "support", "--password-env", "PASSWORD_OF_ANA")
    client.post("/accounts/login/", {"login": "ana", "password": PASSWORD})
    staff("ana", "--role", "support")
    assert client.get("/").status_code == 200
    staff("ana", "--role", "lead")
    assert client.get("/").status_code == 302


def test_who_lost_their_second_factor_gets_it_reset(client: Client) -> None:
    staff("ana", "--role", "access_admin", "--password-env", "PASSWORD_OF_ANA")
    client.post("/accounts/login/", {"login": "ana", "password": PASSWORD})
    set_up(client)
    assert client.get("/").status_code == 200
    staff("ana", "--role", "access_admin", "--reset-second-factor")
    assert client.get("/").status_code == 302
    assert enter(Client(), "ana")
    assert "second factor removed" in record.newest("staff.changed")["why"]["reason"]
