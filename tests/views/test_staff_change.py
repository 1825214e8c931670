"""Changing an account: shown with before and after, done if it is still so, felt at once, and recorded."""

import re

import pytest
from django.conf import LazySettings
from django.test import Client

from connections.permissions import Role
from tests import record
from tests.failing_database import Failing
from tests.people import PASSWORD, SignIn, enter, known, url_of
from tests.together import at_once

LEAD = {"role": "lead", "team": "North"}


@pytest.fixture
def sam(sign_in: SignIn) -> Client:
    return sign_in(Role.SUPPORT, "sam")


def shown(client: Client, name: str, kind: str, **wish: str) -> dict[str, str]:
    """The fields of the form that confirms a change, as the page has them."""
    page = client.get(url_of(name, kind), wish)
    assert page.status_code == 200, page.status_code
    found = re.search(r'name="shown" value="([0-9a-f]{64})"', page.text)
    assert found is not None, page.text
    return {**wish, "shown": found[1]}


def do(client: Client, name: str, kind: str, **wish: str) -> int:
    """Look and confirm; the status of the answer."""
    return int(client.post(url_of(name, kind), shown(client, name, kind, **wish)).status_code)


@pytest.mark.usefixtures("sam")
def test_before_and_after_are_shown_and_nothing_is_done_yet(access_admin: Client) -> None:
    page = access_admin.get(url_of("sam", "role"), LEAD).text
    assert re.search(r"Role</td>\s*<td[^>]*>support</td>\s*<td[^>]*><strong>lead<", page)
    assert re.search(r"Team</td>\s*<td[^>]*>none</td>\s*<td[^>]*><strong>North<", page)
    assert known("sam").role_names() == ("support",)
    assert record.types("staff.changed") == []


def test_a_new_role_is_felt_at_once_and_ends_the_sessions(access_admin: Client, sam: Client) -> None:
    assert do(access_admin, "sam", "role", **LEAD) == 302
    assert (known("sam").role_names(), known("sam").team) == (("lead",), "North")
    assert sam.get("/")["Location"] == "/accounts/login/?next=/"
    assert access_admin.get("/").status_code == 200
    changed = record.newest("staff.changed")
    assert changed["why"]["reason"] == "role support to lead, team none to North"
    assert changed["actor"]["id"] == str(known("access_admin").pk)


def test_a_new_team_alone_ends_no_session(access_admin: Client, sam: Client) -> None:
    assert do(access_admin, "sam", "role", role="support", team="South") == 302
    assert sam.get("/").status_code == 200


def test_a_disabled_account_is_out_at_once_and_cannot_come_back(
    access_admin: Client, sam: Client, client: Client
) -> None:
    assert do(access_admin, "sam", "disable") == 302
    assert sam.get("/")["Location"] == "/accounts/login/?next=/"
    enter(client, "sam")
    assert client.get("/")["Location"] == "/accounts/login/?next=/"
    disabled = record.newest("staff.disabled")
    assert disabled["why"]["reason"] == "state active to disabled"

    assert do(access_admin, "sam", "enable") == 302
    assert record.newest("staff.changed")["why"]["reason"] == "state disabled to active"
    assert enter(client, "sam")
    assert client.get("/").status_code == 200
    assert sam.get("/").status_code == 302, "a session that was ended came back"


def test_sessions_can_be_ended_alone(access_admin: Client, sam: Client, client: Client) -> None:
    enter(client, "sam")
    assert do(access_admin, "sam", "sessions") == 302
    assert [each.get("/").status_code for each in (sam, client, access_admin)] == [302, 302, 200]
    assert record.newest("staff.changed")["why"]["reason"] == "sessions ended"
    assert enter(client, "sam")


def test_a_forgotten_password_is_replaced_by_a_one_time_one(access_admin: Client, sam: Client, client: Client) -> None:
    answer = access_admin.post(url_of("sam", "password"), shown(access_admin, "sam", "password"))
    password = re.search(r'<span class="id">([a-z-]{20,})</span>', answer.text)
    assert password is not None
    assert sam.get("/").status_code == 302
    enter(client, "sam")
    assert client.get("/").status_code == 302, "the old password still opens"
    enter(client, "sam", password[1])
    assert client.get("/")["Location"] == "/accounts/password/change/"
    changed = record.newest("staff.changed")
    assert changed["why"]["reason"] == "password set to a one-time password, sessions ended"
    assert password[1] not in str(record.bodies(""))


@pytest.mark.parametrize("kind", ["role", "password", "sessions", "disable"])
def test_nobody_changes_their_own_account(access_admin: Client, sign_in: SignIn, kind: str) -> None:
    sign_in(Role.ACCESS_ADMIN, "eva")
    assert 'name="shown"' not in access_admin.get(url_of("access_admin", kind), LEAD).text
    # Whoever stands the same has the same digest.
    answer = access_admin.post(url_of("access_admin", kind), shown(access_admin, "eva", kind, **LEAD))
    assert answer.status_code == 409
    assert "Nobody changes their own account here." in answer.text
    assert known("access_admin").role_names() == ("access_admin",)
    assert access_admin.get("/").status_code == 200
    assert record.newest("access.refused")["why"]["reason"] == "not_changed"


@pytest.mark.usefixtures("sam")
def test_what_changed_since_it_was_shown_is_left_alone(access_admin: Client, sign_in: SignIn) -> None:
    fields = shown(access_admin, "sam", "role", **LEAD)
    do(sign_in(Role.ACCESS_ADMIN, "eva"), "sam", "role", role="auditor")
    answer = access_admin.post(url_of("sam", "role"), fields)
    assert answer.status_code == 409
    assert "The account changed since you looked." in answer.text
    assert known("sam").role_names() == ("auditor",)


@pytest.mark.usefixtures("sam")
@pytest.mark.parametrize(
    "fields", [{}, {"shown": "0"}, {"shown": "0" * 64, "role": "emperor"}, {"shown": "0" * 64, "role": ""}]
)
def test_a_form_that_is_not_ours_changes_nothing(access_admin: Client, fields: dict[str, str]) -> None:
    assert access_admin.post(url_of("sam", "role"), fields).status_code == 422
    assert known("sam").role_names() == ("support",)
    assert record.newest("access.refused")["why"]["reason"] == "bad_input"


@pytest.mark.usefixtures("sam")
def test_a_wish_that_changes_nothing_is_no_change(access_admin: Client) -> None:
    page = access_admin.get(url_of("sam", "enable")).text
    assert "Nothing would change" in page
    fields = shown(access_admin, "sam", "disable")
    assert access_admin.post(url_of("sam", "enable"), fields).status_code == 422
    assert record.types("staff.changed") == []


@pytest.mark.usefixtures("sam")
def test_it_needs_a_recent_sign_in(access_admin: Client, settings: LazySettings) -> None:
    fields = shown(access_admin, "sam", "disable")
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    answer = access_admin.post(url_of("sam", "disable"), fields)
    assert answer.status_code == 422
    assert "This needs you to sign in again." in answer.text
    assert known("sam").is_active


@pytest.mark.usefixtures("sam")
def test_what_cannot_be_recorded_is_not_changed(access_admin: Client, refuse_events: Failing) -> None:
    fields = shown(access_admin, "sam", "disable")
    with refuse_events("staff.disabled"):
        assert access_admin.post(url_of("sam", "disable"), fields).status_code == 503
    assert known("sam").is_active


def test_leads_cannot_make_themselves_auditors(lead: Client) -> None:
    assert lead.post(url_of("lead", "role"), {"role": "auditor", "shown": "0" * 64}).status_code == 403
    assert known("lead").role_names() == ("lead",)
    assert record.newest("access.refused")["why"]["reason"] == "manage_staff"


@pytest.mark.parametrize("others", [(), ("zoe",)])
def test_of_two_access_administrators_who_disable_each_other_one_stays(
    access_admin: Client, sign_in: SignIn, others: tuple[str, ...]
) -> None:
    """Because the last one cannot be disabled; and where there is a third, because the disabled one may do nothing."""
    for name in others:
        sign_in(Role.ACCESS_ADMIN, name)
    eva = sign_in(Role.ACCESS_ADMIN, "eva")
    fields = shown(access_admin, "eva", "disable"), shown(eva, "access_admin", "disable")
    at_once(
        lambda: access_admin.post(url_of("eva", "disable"), fields[0]),
        lambda: eva.post(url_of("access_admin", "disable"), fields[1]),
    )
    assert sum(known(name).is_active for name in ("access_admin", "eva")) == 1
    assert len(record.types("staff.disabled")) == 1


def test_the_same_password_still_opens_after_a_new_role(access_admin: Client, sam: Client, client: Client) -> None:
    assert sam.get("/").status_code == 200
    do(access_admin, "sam", "role", **LEAD)
    assert enter(client, "sam", PASSWORD)
    assert client.get("/connections/").status_code == 200
