"""Signing in and out: who may, what is recorded, and what an expired session gets."""

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from connections.models import AuditDetail, Staff
from connections.permissions import Role
from tests import record
from tests.deeds import HTMX
from tests.people import PASSWORD, SignIn

URL = "/accounts/login/"


@pytest.fixture
def person(sign_in: SignIn) -> Staff:
    sign_in(Role.SUPPORT, "sam")
    return Staff.objects.get(username="sam")


@pytest.mark.usefixtures("person")
def test_the_right_password_opens_the_page_one_wanted(client: Client) -> None:
    answer = client.post(f"{URL}?next=/operations/", {"login": "sam", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/operations/")
    assert client.get("/operations/").status_code == 200


def test_the_sign_in_is_recorded_with_its_method(person: Staff) -> None:
    signed_in = record.newest("auth.signed_in")
    assert signed_in["actor"]["id"] == str(person.pk)
    assert signed_in["actor"]["roles"] == ["support"]
    assert signed_in["actor"]["auth"]["method"] == "password"


def test_later_deeds_say_how_and_when_the_actor_proved_who_they_are(support: Client) -> None:
    support.get("/connections/")
    assert record.newest("connection.listed")["actor"]["auth"] == record.newest("auth.signed_in")["actor"]["auth"]


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize(("name", "password"), [("sam", "wrong"), ("nobody", PASSWORD), ("sam", PASSWORD.upper())])
def test_a_wrong_name_or_password_gets_one_and_the_same_answer(client: Client, name: str, password: str) -> None:
    answer = client.post(URL, {"login": name, "password": password})
    assert answer.status_code == 200
    assert "The username or the password is not correct." in answer.text
    assert client.get("/").status_code == 302


@pytest.mark.usefixtures("person")
def test_a_failure_is_recorded_with_the_name_and_never_the_password(client: Client) -> None:
    client.post(URL, {"login": "sam", "password": "hunter2-hunter2"}, headers={"User-Agent": "Browser/1"})
    failed = record.newest("auth.sign_in_failed")
    assert failed["actor"]["kind"] == "anonymous"
    assert failed["outcome"] == {"status": "refused"}
    details = AuditDetail.objects.filter(seq=failed["seq"]).values_list("field", "value")
    assert dict(details)["actor.name"] == "sam"
    assert dict(details)["actor.user_agent"] == "Browser/1"
    assert "hunter2" not in f"{failed}{list(details)}"


@pytest.mark.usefixtures("person")
def test_many_failures_from_one_address_are_slowed_down(client: Client) -> None:
    for _ in range(10):
        client.post(URL, {"login": "sam", "password": "wrong"})
    answer = client.post(URL, {"login": "sam", "password": PASSWORD})
    assert answer.status_code != 302
    cache.clear()
    assert client.post(URL, {"login": "sam", "password": PASSWORD}).status_code == 302


def test_a_disabled_account_cannot_sign_in(client: Client, person: Staff) -> None:
    person.is_active = False
    person.save()
    client.post(URL, {"login": "sam", "password": PASSWORD})
    assert client.get("/")["Location"].startswith(URL)


def test_disabling_an_account_ends_its_sessions(sign_in: SignIn) -> None:
    client = sign_in(Role.SUPPORT, "sam")
    assert client.get("/connections/").status_code == 200
    Staff.objects.update(is_active=False)
    assert client.get("/connections/").status_code in (302, 403)


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_sign_in_leads_to_no_other_site(client: Client, target: str) -> None:
    answer = client.post(f"{URL}?next={target}", {"login": "sam", "password": PASSWORD, "next": target})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_nobody_signs_up_by_themselves(client: Client, sign_in: SignIn) -> None:
    assert client.get("/accounts/signup/").status_code == 404
    assert "Accounts are made by an access administrator" in client.get(URL).text
    sign_in(Role.SUPPORT)
    assert Staff.objects.count() == 1


def test_signing_out_needs_the_button_ends_the_session_and_is_recorded(support: Client) -> None:
    support.get("/accounts/logout/")
    assert support.get("/").status_code == 200
    assert support.post("/accounts/logout/")["Location"] == URL
    assert support.get("/").status_code == 302
    assert record.newest("auth.signed_out")["actor"]["roles"] == ["support"]


@pytest.mark.parametrize("headers", [{"X-Requested-With": "XMLHttpRequest"}, {"Accept": "application/json"}])
def test_a_script_gets_the_page_and_no_password_back(support: Client, headers: dict[str, str]) -> None:
    wrong = "several-secret-words-7"
    forms = {URL: {"login": "sam", "password": wrong}, "/accounts/password/change/": {"oldpassword": wrong}}
    for client, (url, form) in zip((Client(), support), forms.items(), strict=True):
        answer = client.post(url, form, headers=headers)
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert wrong not in answer.text
    moved = Client().post(URL, {"login": "support", "password": PASSWORD}, headers=headers)
    assert (moved.status_code, moved["Location"]) == (302, "/")


def test_an_expired_session_sends_htmx_to_the_sign_in_page(support: Client) -> None:
    support.cookies.clear()
    answer = support.get("/connections/", headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"], answer.content) == (401, URL, b"")


@pytest.mark.parametrize("said", ["http://[", "//[", "http://localhost:no/", "http://evil.example/"])
def test_so_does_one_that_says_it_is_nowhere(client: Client, said: str) -> None:
    answer = client.get("/connections/", headers={**HTMX, "HX-Current-URL": said})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, URL)


def test_somebody_elses_session_key_is_of_no_use_after_their_sign_out(support: Client, client: Client) -> None:
    client.cookies.update(support.cookies)
    assert client.get("/").status_code == 200
    support.post("/accounts/logout/")
    assert client.get("/").status_code == 302


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(support: Client, settings: LazySettings) -> None:
    cookie = support.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_the_session_key_itself_is_not_in_the_log(support: Client, settings: LazySettings) -> None:
    key = support.cookies[settings.SESSION_COOKIE_NAME].value
    support.get("/connections/")
    assert key not in str(record.bodies(""))
    assert record.newest("connection.listed")["actor"]["session"] == record.newest("auth.signed_in")["actor"]["session"]


@pytest.mark.usefixtures("person")
def test_a_form_from_elsewhere_signs_nobody_in() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(URL, {"login": "sam", "password": PASSWORD}).status_code == 403


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("method", ["patch", "delete"])
def test_it_rejects_other_methods(client: Client, method: str) -> None:
    assert getattr(client, method)(URL).status_code == 405


def test_a_session_outlives_its_key_while_the_former_one_is_believed(support: Client, settings: LazySettings) -> None:
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-" * 8
    assert support.get("/").status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert support.get("/").status_code == 200, "the session was not signed anew"


def test_without_the_former_key_everybody_signs_in_again(support: Client, settings: LazySettings) -> None:
    settings.SECRET_KEY = "another-" * 8
    assert support.get("/")["Location"] == f"{URL}?next=/"
