"""
Single sign-on: who comes from the OpenID provider, and with which role.

The provider says who somebody is and in which groups; it asks for the second
factor. Accounts are made at the first sign-in and follow the groups at each
one. OpenID Connect Core 1.0 by django-allauth, with the authorization code
flow and PKCE.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop

from connections.audit.events import Actor, ActorKind, Event, EventType, Outcome, Status, Why
from connections.audit.ledger import append
from connections.http import stranger
from connections.models import Staff
from connections.names import folded
from connections.permissions import Role
from connections.sign_in import at_provider
from connections.sign_in.came import Came, NoRole, NotAdmitted
from connections.sign_in.openid_provider import provider_of
from connections.staffing import NotChanged, change, create
from connections.standing import Change

logger = logging.getLogger(__name__)

METHOD = "socialaccount"  # what allauth calls it in the records of a session
_BY_PROVIDER = Actor(kind=ActorKind.SYSTEM, id="single sign-on")
# How far the provider's clock may be behind ours.
_CLOCKS_DIFFER = timedelta(minutes=1)
_NOT_AGAIN = gettext_noop(
    "Your sign-in service did not say that you signed in there just now, so it does not count as signing in again. "
    "If this happens each time, tell an operator: the service must send the time, as auth_time."
)


def is_on() -> bool:
    return bool(settings.OIDC_ISSUER)


def may_use_a_password(name: str) -> bool:
    """With single sign-on only the account to break the glass for, however its name is typed."""
    return not is_on() or _is_break_glass(name)


def may_come_without_provider(staff: Staff) -> bool:
    """The same of an account, once it is known which: then the name must be that one exactly."""
    return not is_on() or staff.username == settings.OIDC_BREAK_GLASS_ACCOUNT


def came_with(request: HttpRequest) -> Came | None:
    """Who this very request brings from the provider, if it does."""
    came: Came | None = vars(request).get("came")
    return came


def brought(request: HttpRequest) -> bool:
    """Whether this session began at the provider."""
    return any(_issuers(request))


def is_still_a_way_in(request: HttpRequest, staff: Staff) -> bool:
    """Whether one may still come in as this session did: it does not outlive single sign-on, nor its beginning."""
    if settings.OIDC_ISSUER in _issuers(request):
        return True
    return may_come_without_provider(staff) and not brought(request)


def _issuers(request: HttpRequest) -> set[str]:
    """Of the providers at which whoever has this session proved who they are."""
    records = get_authentication_records(request, request.user)
    return {str(record.get("provider")) for record in records if record["method"] == METHOD}


class AccountsOfProvider(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Accounts are made and changed by what the provider says, and by nobody's form."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> OpenIDConnectProvider:  # noqa: ARG002 - allauth's signature
        return provider_of(request)

    def list_apps(self, request: HttpRequest, **_: Any) -> list[SocialApp]:
        return [provider_of(request).app] if is_on() else []

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002 - allauth's signature
        return False

    def get_requests_session(self) -> at_provider.SessionWithProvider:
        return at_provider.SessionWithProvider()

    def on_authentication_error(self, request: HttpRequest, *_: Any, **said: Any) -> None:
        """An event only if it is about something that this browser asked for: anybody can call the address."""
        # In quotes: it may repeat what the provider said.
        logger.warning("Single sign-on failed: %s %r", said.get("error"), str(said.get("exception"))[:200])
        if (said.get("extra_context") or {}).get("state"):
            _record_refusal(request, None, "single sign-on failed")

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        came = came_with(request)
        try:
            _admit(request, came, sociallogin)
        except (NotAdmitted, NotChanged) as why:
            _record_refusal(request, came, "single sign-on: not admitted")
            raise ImmediateHttpResponse(_refused(request, str(why))) from why
        if came and _is_in_already(request, sociallogin.user):
            _confirm(request, came)
            raise ImmediateHttpResponse(redirect(sociallogin.get_redirect_url(request) or settings.LOGIN_REDIRECT_URL))


def _admit(request: HttpRequest, came: Came | None, login: Any) -> None:
    """Their account, made or changed so that it has the role of their groups. Raises `NotAdmitted`, `NotChanged`."""
    asked = login.state.get("data") or {}
    if came is None or came.nonce != asked.get("nonce"):
        raise NotAdmitted(gettext("This answer was not given to what this browser asked. Begin again."))
    _require_again(came, asked.get("again_since"))
    try:
        role = came.role()
    except NoRole:
        if login.is_existing:
            _put_out(request, login.user)
        raise
    if not login.is_existing:
        login.user = _made(came, role)
    elif login.user.role_names() != (role,):
        change(login.user.pk, Change(role=role), actor=_BY_PROVIDER)
        login.user = Staff.objects.get(pk=login.user.pk)


def _require_again(came: Came, since: float | None) -> None:
    """
    Whoever was sent to sign in again did so after that, by what the provider signed.

    That they were is kept here, since what we ask of the provider goes through
    their browser, where it can be taken out.
    """
    if since is not None and (came.at is None or came.at < datetime.fromtimestamp(since, UTC) - _CLOCKS_DIFFER):
        raise NotAdmitted(gettext(_NOT_AGAIN))


def _is_in_already(request: HttpRequest, staff: Staff) -> bool:
    """Whether this is their session, and has not ended just now with a change of their role."""
    return request.user.pk == staff.pk and request.session.exists(str(request.session.session_key))


def _confirm(request: HttpRequest, came: Came) -> None:
    """The session goes on, with what was typed in it: allauth would end it and begin another."""
    at = came.at.timestamp() if came.at else 0
    issuer = settings.OIDC_ISSUER
    record_authentication(request, request.user, METHOD, at=at, provider=issuer, reauthenticated=True)


def _put_out(request: HttpRequest, staff: Staff) -> None:
    """Who may not come in any more has no role and no session, not even this one."""
    try:
        if staff.role_names():
            change(staff.pk, Change(is_without_role=True, ends_sessions=True), actor=_BY_PROVIDER)
    except NotChanged:  # the last access administrator keeps the role
        change(staff.pk, Change(ends_sessions=True), actor=_BY_PROVIDER)
    if request.user.pk == staff.pk:
        request.session.flush()
        request.user = AnonymousUser()


def _made(came: Came, role: Role) -> Staff:
    if _is_break_glass(came.name):
        raise NotAdmitted(
            gettext("This is the name of the account for emergencies, which the sign-in service does not open.")
        )
    try:
        return create(came.name, Change(role=role, subject=came.subject), actor=_BY_PROVIDER)
    except ValidationError as problem:
        words = gettext("No account can be made for %(name)s: %(why)s Ask an access administrator.")
        raise NotAdmitted(words % {"name": came.name[:150], "why": " ".join(problem.messages)}) from problem


def _is_break_glass(name: str) -> bool:
    return folded(name) == folded(settings.OIDC_BREAK_GLASS_ACCOUNT)


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
