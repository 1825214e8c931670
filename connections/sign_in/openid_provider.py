"""The OpenID provider as django-allauth knows it, with what that takes on trust checked."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest

from connections.sign_in import at_provider
from connections.sign_in.came import Came

_LONGEST_SUBJECT = 191  # as much as the column takes


def provider_of(request: HttpRequest) -> OpenIDConnectProvider:
    app = SocialApp(
        provider="openid_connect",
        # What allauth keeps beside `sub`: a subject is one of this issuer and of no other.
        provider_id=settings.OIDC_ISSUER,
        name="single sign-on",
        client_id=settings.OIDC_CLIENT_ID,
        secret=settings.OIDC_CLIENT_SECRET,
        settings={"server_url": settings.OIDC_ISSUER, "oauth_pkce_enabled": True, "scope": ["openid", "profile"]},
    )
    return _Provider(request, app=app)


class Door(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """The way out to the provider and back."""

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002 - allauth's signature
        return at_provider.ours("openid_connect_callback")

    @property
    def openid_config(self) -> dict[str, Any]:
        """Raises `OAuth2Error` if the provider does not say it."""
        try:
            return at_provider.configuration()
        except at_provider.ProviderAway as problem:
            raise OAuth2Error(str(problem)) from problem

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> Any:
        """Raises `OAuth2Error`, which is logged, without the answer, which may hold tokens."""
        try:
            with _understood():
                return super().get_access_token_data(*args, **kwargs)
        except OAuth2Error as problem:
            said = re.search(r'"error": ?"([a-z_]{1,40})"', str(problem))
            raise OAuth2Error(f"The provider gave no token: {said[1] if said else 'it did not say why'}.") from None

    def parse_token(self, data: Any) -> Any:
        with _understood():
            return super().parse_token(data)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> Any:
        """Raises `OAuth2Error` if what the provider says is not about one person, not for us, or nothing at all."""
        # allauth does without the signature of a token that came straight from the provider; we do not.
        self.did_fetch_access_token = False
        with _understood():
            login = super().complete_login(request, app, token, **kwargs)
            said = login.account.extra_data
            userinfo, id_token = said.get("userinfo", {}), said.get("id_token", {})
            # OpenID Connect Core 1.0, 5.3.2: what comes without a signature must not be believed of somebody else.
            if not id_token or userinfo.get("sub") != id_token["sub"]:
                raise OAuth2Error("The ID token and the userinfo are not about the same subject.")
            if not _is_for_us(id_token):
                raise OAuth2Error("The ID token was made for somebody else.")
            vars(request)["came"] = Came.of({**userinfo, **id_token}, signed=id_token)
        # Nothing of what the provider says of a person is kept but its name for them.
        login.account.extra_data = {}
        return login


class _Provider(OpenIDConnectProvider):  # type: ignore[misc]
    oauth2_adapter_class = Door

    def extract_uid(self, data: Any) -> str:
        """Raises `OAuth2Error` for one that no database keeps."""
        uid = str(super().extract_uid(data))
        if not uid.isprintable() or len(uid) > _LONGEST_SUBJECT:
            raise OAuth2Error("The provider's name for this person is too long, or none.")
        return uid


@contextmanager
def _understood() -> Iterator[None]:
    """Raises `OAuth2Error` where the provider says anything else than what OpenID Connect has it say."""
    try:
        yield
    except KeyError as problem:
        raise OAuth2Error(f"The provider does not say {problem}.") from problem
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        raise OAuth2Error(f"What the provider says cannot be understood ({type(problem).__name__}).") from problem


def _is_for_us(id_token: Mapping[str, Any]) -> bool:
    """OpenID Connect Core 1.0, 3.1.3.7: one for several must say that it was made for us."""
    has_several = isinstance(id_token["aud"], list) and len(id_token["aud"]) > 1
    return bool(id_token.get("azp", None if has_several else settings.OIDC_CLIENT_ID) == settings.OIDC_CLIENT_ID)
