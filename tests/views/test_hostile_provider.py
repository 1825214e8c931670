"""Single sign-on while the provider says what it should not, or what no OpenID provider says."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client

from connections.models import Staff
from tests import record
from tests.any_provider import CLIENT_ID, JWK, Said, running_any_provider
from tests.people import SignIn

LEAVE, BACK = "/accounts/oidc/login/", "/accounts/oidc/callback/"
Come = Callable[[Said], Any]


@pytest.fixture
def come(client: Client, settings: LazySettings, sign_in: SignIn) -> Come:  # noqa: ARG001 - sets the stage
    """Go to a provider that says this, and come back from there."""
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, "secret-of-the-client"

    def come(said: Said) -> Any:
        with running_any_provider(said) as provider:
            settings.OIDC_ISSUER = provider.issuer
            leaving = client.get(LEAVE)
            if leaving.status_code != 302:
                return leaving
            asked = parse_qs(urlsplit(leaving["Location"]).query)
            provider.nonce = asked["nonce"][0]
            return client.get(BACK, {"state": asked["state"][0], "code": "any"})

    return come


def test_one_that_says_what_it_should_lets_them_in(client: Client, come: Come) -> None:
    assert come(Said()).status_code == 302
    assert client.get("/operations/").status_code == 200
    assert Staff.objects.get().username == "ursula"


@pytest.mark.parametrize(
    "said",
    [
        Said(head={}),
        Said(keys={"keys": [{**JWK, "kid": "another"}]}),
        Said(keys={"keys": [{"kty": "RSA"}]}),
        Said(keys=[]),
        Said(algorithm="HS256", key="k" * 40),
        Said(discovery={"userinfo_endpoint": None}),
        Said(discovery={"jwks_uri": None}),
        Said(discovery={"token_endpoint": 5}),
        Said(userinfo=["u"]),
        Said(userinfo={"groups": ["support"]}),
        Said(claims={"sub": None}),
        Said(claims={"sub": "u" * 5000}),
        Said(claims={"sub": "u\0"}),
        Said(claims={"groups": 5}),
        Said(claims={"groups": {"support": False}}),
        Said(claims={"aud": "another"}),
        Said(claims={"aud": [CLIENT_ID, "another"]}),
        Said(claims={"aud": [CLIENT_ID, "another"], "azp": "another"}),
        Said(claims={"iss": "https://another.example"}),
        Said(claims={"exp": 10**30, "jti": "j"}),
        Said(token={"expires_in": "soon"}),
        Said(token={"expires_in": 10**30}),
        Said(token={"id_token": None}),
        Said(token_body=b'["access_token"]'),
        Said(token_type=None),
    ],
)
def test_nothing_else_lets_anybody_in_and_it_is_recorded(come: Come, said: Said) -> None:
    answer = come(said)
    assert answer.status_code == 401
    assert "You were not signed in" in answer.text
    assert record.newest("auth.sign_in_failed")["why"]["reason"] == "single sign-on failed"
    assert Staff.objects.count() == 0


def test_one_token_for_several_may_be_for_us(come: Come) -> None:
    assert come(Said(claims={"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID})).status_code == 302


def test_a_name_with_half_a_letter_is_refused_in_words(come: Come) -> None:
    answer = come(Said(claims={"preferred_username": "a\ud800"}))
    assert answer.status_code == 403
    assert "No account can be made for a?" in answer.text


@pytest.mark.parametrize("target", ["javascript:alert(1)", None])
def test_it_leads_to_no_script(come: Come, target: str | None) -> None:
    assert come(Said(discovery={"authorization_endpoint": target})).status_code == 502


def test_what_it_says_instead_of_a_token_is_not_logged(come: Come, caplog: pytest.LogCaptureFixture) -> None:
    assert come(Said(token_body=b'{"refresh_token": "opens-all", "error": "invalid_client"}')).status_code == 401
    assert "opens-all" not in caplog.text
    assert "invalid_client" in caplog.text


def test_what_it_says_begins_no_line_of_the_log(come: Come, caplog: pytest.LogCaptureFixture) -> None:
    assert come(Said(head={"kid": "x\nCRITICAL all is lost"})).status_code == 401
    assert "\nCRITICAL" not in caplog.text
