"""Sign-in speaks as the rest does: what is wrong, and what to do, in plain words of ours."""

from html import unescape

import pytest
from django.test import Client

from tests.authenticator_app import set_up
from tests.people import PASSWORD

LOGIN, PASSWORD_PAGE, AGAIN = "/accounts/login/", "/accounts/password/change/", "/accounts/reauthenticate/"
NEW = "another-horse-battery-staple"
NOT_OURS = (
    "This field is required",
    "specified",
    "two-factor",
    "Incorrect",
    "Invalid",
    "placeholder=",
    "(again)",
    "user ",
)


def own(old: str = PASSWORD, new: str = NEW, once_more: str = NEW) -> dict[str, str]:
    return {"oldpassword": old, "password1": new, "password2": once_more}


@pytest.mark.parametrize(
    ("url", "typed", "sentence"),
    [
        (PASSWORD_PAGE, own(old=""), "Write the password you have now."),
        (PASSWORD_PAGE, own(old="something-else"), "This is not the password you have now."),
        (PASSWORD_PAGE, own(new=""), "Write the new password."),
        (PASSWORD_PAGE, own(once_more=""), "Write the new password once more."),
        (PASSWORD_PAGE, own(once_more="yet-another-horse"), "The two new ones are not the same."),
        (PASSWORD_PAGE, own(new="short", once_more="short"), "A password has at least 12 characters."),
        (PASSWORD_PAGE, own(new="1q2w3e4r5t6y", once_more="1q2w3e4r5t6y"), "Many people use this password."),
        (PASSWORD_PAGE, own(new="support-1234", once_more="support-1234"), "This is too much like the username."),
        (AGAIN, {"password": ""}, "Write your password."),
        (AGAIN, {"password": "something-else"}, "This is not your password."),
        ("/accounts/2fa/app/add/", {"code": ""}, "Write the code."),
        ("/accounts/2fa/app/add/", {"code": "123"}, "This is not right, or was used already."),
    ],
)
def test_what_is_wrong_is_said_in_our_words(support: Client, url: str, typed: dict[str, str], sentence: str) -> None:
    page = unescape(support.post(url, typed).text).partition("<main")[2]  # what stands above it is no form of theirs
    assert sentence in page
    assert not [words for words in NOT_OURS if words in page]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"login": "", "password": PASSWORD}, "Write your username."),
        ({"login": "support", "password": ""}, "Write your password."),
        ({"login": "x" * 151, "password": PASSWORD}, "A username has at most 150 characters."),
        ({"login": "support", "password": "wrong"}, "The username or the password is not correct."),
    ],
)
@pytest.mark.usefixtures("support")
def test_so_it_is_at_the_door(client: Client, typed: dict[str, str], sentence: str) -> None:
    page = unescape(client.post(LOGIN, typed).text)
    assert sentence in page
    assert not [words for words in NOT_OURS if words in page]


def test_a_second_factor_is_asked_for_by_name(support: Client) -> None:
    set_up(support)
    page = support.get("/accounts/2fa/reauthenticate/?next=/").text
    assert "Code of the app, or a recovery code" in page
    assert "What you are about to do needs a code first." in page


def test_a_role_is_called_as_people_call_it(access_admin: Client) -> None:
    account = access_admin.get("/staff/?role=access_admin").text
    assert ">access administrator<" in account
    form = access_admin.get("/staff/new/").text
    assert '<option value="access_admin">access administrator</option>' in form
    answer = access_admin.post("/staff/new/", {"name": "ben", "role": "access_admin"})
    for page in (account, answer.text, access_admin.get("/").text):
        assert "access admin<" not in page
        assert '<span class="roles">access administrator</span>' in page


def test_so_it_is_where_a_role_changes(access_admin: Client, auditor: Client) -> None:
    access_admin.post("/staff/new/", {"name": "ben", "role": "access_admin"})
    assert "role none to access administrator" in auditor.get("/audit/?type=staff").text
