"""Requests to the OpenID provider: few at once, not for long, and to nowhere else."""

import json
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

# Of a process's sixteen threads: a provider that hangs must not keep all of them from answering.
_AT_ONCE = 4
_SECONDS_FOR_A_PLACE = 1.0
# To connect, and to wait for the next bytes.
_PATIENCE = (3, 4)
_KNOWN_FOR = 3600
_AWAY_FOR = 15
_AWAY = "away"
_places = BoundedSemaphore(_AT_ONCE)


class ProviderAway(Exception):  # noqa: N818 - it names what is the matter
    """It does not answer, or not what an OpenID provider answers."""


class SessionWithProvider(requests.Session):
    """As for Smartcar: nothing from the environment decides where secrets go, and nothing leads elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 0

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Raises `requests.ConnectionError` also if too many wait for the provider already."""
        if not _places.acquire(timeout=_SECONDS_FOR_A_PLACE):
            raise requests.ConnectionError("Too many wait for the OpenID provider.")
        try:
            return super().request(*args, **{**kwargs, "timeout": _PATIENCE})
        finally:
            _places.release()


def configuration() -> dict[str, Any]:
    """
    What the provider says of itself (OpenID Connect Discovery 1.0), asked at most once an hour.

    Raises `ProviderAway`; then it is not asked again for a quarter of a minute.
    """
    key = f"oidc-discovery:{settings.OIDC_ISSUER}"
    known: dict[str, Any] | str | None = cache.get(key)
    if known is None:
        known = _asked()
        cache.set(key, known, timeout=_AWAY_FOR if known == _AWAY else _KNOWN_FOR)
    if isinstance(known, str):
        raise ProviderAway("The OpenID provider does not answer.")
    return dict(known)


def sign_out_url() -> str | None:
    """
    Where the provider ends its own session and sends back from, if it says so at the issuer's origin.

    OpenID Connect RP-Initiated Logout 1.0. Without a token of the session, which
    we do not keep, the provider asks first.
    """
    try:
        endpoint = configuration().get("end_session_endpoint")
    except ProviderAway:
        return None
    if not isinstance(endpoint, str) or urlsplit(endpoint)[:2] != urlsplit(settings.OIDC_ISSUER)[:2]:
        return None
    back = {"client_id": settings.OIDC_CLIENT_ID, "post_logout_redirect_uri": ours("account_login")}
    return f"{endpoint}?{urlencode(back)}"


def ours(name: str) -> str:
    """The address of one of our pages, as the provider knows it."""
    return f"{settings.PUBLIC_URL}{reverse(name)}"


def _asked() -> dict[str, Any] | str:
    try:
        with SessionWithProvider() as session:
            answer = session.get(f"{settings.OIDC_ISSUER}/.well-known/openid-configuration")
        answer.raise_for_status()
        said = dict(answer.json())
    except (requests.RequestException, json.JSONDecodeError, TypeError, ValueError):
        return _AWAY
    # Discovery 1.0, 4.3: whoever says that it is another one is not believed.
    return said if str(said.get("issuer")).rstrip("/") == settings.OIDC_ISSUER else _AWAY
