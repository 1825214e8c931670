"""
Single sign-on: who comes from the OpenID provider, and with which role.

The provider says who somebody is and in which groups; it asks for the second
factor. Accounts are made at the first sign-in and follow the groups at each
one. OpenID Connect Core 1.0 by django-allauth, with the authorization code
flow and PKCE.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse

from connections.audit.events import Actor, ActorKind, Event, EventType, Outcome, Status, Why
from connections.audit.ledger import append
from connections.http import stranger
from connections.models import Staff
from connections.permissions import Role, role_words
from connections.staffing import PROVIDER, NotChanged, change, create
from connections.standing import Change

logger = logging.getLogger(__name__)

METHOD = "socialaccount"  # what allauth calls it in the records of a session
_BY_PROVIDER = Actor(kind=ActorKind.SYSTEM, id="single sign-on")
_SECONDS = 10
_AN_HOUR = 3600


class NotAdmitted(Exception):  # noqa: N818 - it names what did not happen
    """The provider knows them, and they may not come in; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody from the provider, as it describes them, and when they proved it there."""

    subject: str
    name: str
    groups: tuple[str, ...]
    at: datetime
    nonce: str

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> "Came":
        groups = claims.get(settings.OIDC_GROUPS_CLAIM) or ()
        name = claims.get("preferred_username") or claims.get("email") or claims["sub"]
        return cls(
            subject=str(claims["sub"]),
            name=str(name),
            groups=(groups,) if isinstance(groups, str) else tuple(map(str, groups)),
            at=_moment(claims.get("auth_time")),
            nonce=str(claims.get("nonce", "")),
        )

    def role(self) -> Role:
        """Raises `NotAdmitted` if their groups give none, or more than the one that a person has."""
        roles = sorted(role for role, group in settings.OIDC_ROLE_GROUPS.items() if group in self.groups)
        if not roles:
            raise NotAdmitted("None of your groups gives you a role here. Ask who manages groups at your company.")
        if len(roles) > 1:
            raise NotAdmitted(
                f"Your groups give you {len(roles)} roles here ({role_words(roles)}), and a person has one. "
                "Ask who manages groups at your company."
            )
        return Role(roles[0])


def is_on() -> bool:
    return bool(settings.OIDC_ISSUER)


def may_use_a_password(name: str) -> bool:
    """With single sign-on only the account to break the glass for."""
    return not is_on() or name.lower() == settings.OIDC_BREAK_GLASS_ACCOUNT


def came_with(request: HttpRequest) -> Came | None:
    """Who this very request brings from the provider, if it does."""
    came: Came | None = vars(request).get("came")
    return came


def brought(request: HttpRequest) -> bool:
    """Whether this session began at the provider."""
    return any(record["method"] == METHOD for record in get_authentication_records(request, request.user))


def provider_of(request: HttpRequest) -> OpenIDConnectProvider:
    app = SocialApp(
        provider="openid_connect",
        provider_id=PROVIDER,
        name="single sign-on",
        client_id=settings.OIDC_CLIENT_ID,
        secret=settings.OIDC_CLIENT_SECRET,
        settings={"server_url": settings.OIDC_ISSUER, "oauth_pkce_enabled": True, "scope": ["openid", "profile"]},
    )
    return _Provider(request, app=app)


def sign_out_url() -> str | None:
    """
    Where the provider ends its own session and sends back from, if it says so at the issuer's origin.

    OpenID Connect RP-Initiated Logout 1.0. Without a token of the session, which
    we do not keep, the provider asks first.
    """
    endpoint = _discovered().get("end_session_endpoint")
    if not isinstance(endpoint, str) or urlsplit(endpoint)[:2] != urlsplit(settings.OIDC_ISSUER)[:2]:
        return None
    back = {"client_id": settings.OIDC_CLIENT_ID, "post_logout_redirect_uri": _ours("account_login")}
    return f"{endpoint}?{urlencode(back)}"


class Door(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """The way out to the provider and back."""

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002 - allauth's signature
        return _ours("openid_connect_callback")

    @property
    def openid_config(self) -> dict[str, Any]:
        """Raises `OAuth2Error` if the provider says that it is another one (OpenID Connect Discovery 1.0, 4.3)."""
        config: dict[str, Any] = super().openid_config
        if str(config["issuer"]).rstrip("/") != settings.OIDC_ISSUER:
            raise OAuth2Error("The issuer is not the one of OIDC_ISSUER.")
        return config

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> Any:
        """Raises `OAuth2Error` if the two things that the provider says are not about the same person."""
        # allauth does without the signature of a token that came straight from the provider; we do not.
        self.did_fetch_access_token = False
        login = super().complete_login(request, app, token, **kwargs)
        said = login.account.extra_data
        userinfo, id_token = said.get("userinfo", {}), said.get("id_token", {})
        # OpenID Connect Core 1.0, 5.3.2: what comes without a signature must not be believed of somebody else.
        if not id_token or userinfo.get("sub") != id_token["sub"]:
            raise OAuth2Error("The ID token and the userinfo are not about the same subject.")
        vars(request)["came"] = Came.of({**userinfo, **id_token})
        # Nothing of what the provider says of a person is kept but its name for them.
        login.account.extra_data = {}
        return login


class _Provider(OpenIDConnectProvider):  # type: ignore[misc]
    oauth2_adapter_class = Door


class AccountsOfProvider(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Accounts are made and changed by what the provider says, and by nobody's form."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> OpenIDConnectProvider:  # noqa: ARG002 - allauth's signature
        return provider_of(request)

    def list_apps(self, request: HttpRequest, **_: Any) -> list[SocialApp]:
        return [provider_of(request).app] if is_on() else []

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002 - allauth's signature
        return False

    def get_requests_session(self) -> requests.Session:
        """As for Smartcar: nothing from the environment decides where secrets go, and nothing leads elsewhere."""
        session = requests.Session()
        session.trust_env = False
        session.max_redirects = 0
        session.request = partial(session.request, timeout=_SECONDS)  # type: ignore[method-assign]
        return session

    def on_authentication_error(self, request: HttpRequest, *_: Any, **said: Any) -> None:
        logger.warning("Single sign-on failed: %s %s", said.get("error"), said.get("exception"))
        _record_refusal(request, None, "single sign-on failed")

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        came = came_with(request)
        try:
            _admit(came, sociallogin)
        except (NotAdmitted, NotChanged) as why:
            _record_refusal(request, came, "single sign-on: not admitted")
            raise ImmediateHttpResponse(_refused(request, str(why))) from why


def _admit(came: Came | None, login: Any) -> None:
    """Their account, made or changed so that it has the role of their groups. Raises `NotAdmitted`, `NotChanged`."""
    if came is None or came.nonce != (login.state.get("data") or {}).get("nonce"):
        raise NotAdmitted("This answer was not given to what this browser asked. Begin again.")
    role = came.role()
    if not login.is_existing:
        login.user = _made(came, role)
    elif login.user.role_names() != (role,):
        change(login.user.pk, Change(role=role), actor=_BY_PROVIDER)
        login.user = Staff.objects.get(pk=login.user.pk)


def _made(came: Came, role: Role) -> Staff:
    try:
        return create(came.name, Change(role=role, subject=came.subject), actor=_BY_PROVIDER)
    except ValidationError as problem:
        raise NotAdmitted(
            f"No account can be made for {came.name[:150]}: {' '.join(problem.messages)} Ask an access administrator."
        ) from problem


def _record_refusal(request: HttpRequest, came: Came | None, reason: str) -> None:
    append(
        Event(
            type=EventType.AUTH_SIGN_IN_FAILED,
            actor=stranger(request, came.name if came else None),
            why=Why(reason=reason),
            outcome=Outcome(status=Status.REFUSED),
            request=vars(request).get("id"),
        )
    )


def _refused(request: HttpRequest, why: str) -> Any:
    return render(request, "socialaccount/refused.html", {"why": why}, status=403)


def _discovered() -> dict[str, Any]:
    """What the provider says of itself, asked at most once an hour; nothing while it does not answer."""
    key = f"oidc-discovery:{settings.OIDC_ISSUER}"
    known: dict[str, Any] | None = cache.get(key)
    if known is None:
        try:
            with AccountsOfProvider().get_requests_session() as session:
                answer = session.get(f"{settings.OIDC_ISSUER}/.well-known/openid-configuration")
            answer.raise_for_status()
            known = dict(answer.json())
        except (requests.RequestException, json.JSONDecodeError, TypeError, ValueError):
            return {}
        cache.set(key, known, timeout=_AN_HOUR)
    return known


def _ours(name: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name)}"


def _moment(seconds: Any) -> datetime:
    """When they proved who they are; now, if the provider does not say, and never later than now."""
    now = datetime.now(UTC)
    is_number = isinstance(seconds, int | float) and 0 < seconds < now.timestamp()
    return datetime.fromtimestamp(seconds, UTC) if is_number else now
