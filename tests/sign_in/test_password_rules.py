"""Words of the company, the host and the product are in no password, however they are spelt."""

import pytest
from django.conf import LazySettings
from django.test import Client

from connections.sign_in import passwords
from connections.sign_in.password_rules import word_in, words
from tests.people import PASSWORD

OURS = pytest.mark.parametrize(
    ("password", "word"),
    [
        ("acme-rockets-forever", "acme"),
        ("forever with ACME 2026", "acme"),
        ("A.C.M.E. for breakfast", "acme"),
        ("4cm3-for-breakfast", "acme"),
        ("@cme for breakfast", "acme"),
        ("für-Müller-und-Sohn-1", "muller"),
        ("my-roadrunner-is-fast", "roadrunner"),
        ("my-beepbeep-is-fast", "beepbeep"),
        ("5martcar-in-the-morning", "smartcar"),
        ("SMARTCAR1234567", "smartcar"),
        ("al1-connect1ons-of-mine", "connections"),
    ],
)


@pytest.fixture(autouse=True)
def company(settings: LazySettings) -> None:
    settings.PASSWORD_WORDS = ("acme", "muller")
    settings.PUBLIC_URL = "https://roadrunner-beepbeep.www.example"


@OURS
def test_it_is_found(password: str, word: str) -> None:
    assert word_in(password) == word


@pytest.mark.parametrize("password", [PASSWORD, "www-and-com-and-org", "12345678901234", "ac me!".replace("me", "")])
def test_others_are_not(password: str) -> None:
    assert word_in(password) is None


def test_an_address_gives_no_words(settings: LazySettings) -> None:
    settings.PUBLIC_URL, settings.PASSWORD_WORDS = "http://127.0.0.1:8000", ()
    assert list(words()) == ["smartcar", "connections"]


def test_whoever_chooses_one_is_told_which_word(support: Client) -> None:
    new = "acme-rockets-forever"
    page = support.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
    ).text
    assert "Leave out “acme”: whoever knows your company tries it first." in page


def test_so_is_whoever_gives_one_to_somebody_else(access_admin: Client) -> None:
    form = {"name": "zoe", "role": "auditor", "password": "smartcar-is-wonderful"}
    answer = access_admin.post("/staff/new/", form)
    assert answer.status_code == 422
    assert "Leave out “smartcar”" in answer.text


def test_one_made_at_random_is_made_again_until_it_has_none(
    settings: LazySettings,
) -> None:
    settings.PASSWORD_WORDS = tuple(f"{letter}a{other}" for letter in "bdfgkmnprst" for other in "lmnrst")
    assert all(word_in(passwords.pronounceable()) is None for _ in range(20))
