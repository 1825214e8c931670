"""Sign-in: accounts are made by administrators only, and what they do to sign in and out is recorded."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.signals import authentication_step_completed
from allauth.core import context
from allauth.mfa.signals import authentication_failed
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from connections.audit.emergencies import BREAK_GLASS, record_emergency
from connections.audit.events import Actor, Event, EventType, Outcome, Status, Why
from connections.audit.ledger import append
from connections.http import actor_of, client_address, signed_in_recently, stranger
from connections.models import Staff
from connections.names import folded
from connections.sign_in import at_provider, devices, own_sessions, pending, single_sign_on, tries

logger = logging.getLogger(__name__)

_SECOND_FACTOR = "allauth.mfa.stages.AuthenticateStage"
_UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing is bound to it: the unspecified address


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Nobody signs up by themselves, and nobody locks out others by guessing their password."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("The username or the password is not correct."),
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not the password you have now."),
        "account_inactive": _("This account is switched off. Ask an access administrator."),
        "rate_limited": _("Too many tries. Wait a minute."),
        "too_many_login_attempts": _("Too many tries. Wait five minutes, or use a browser you signed in with before."),
        "busy": _("Many are signing in at this moment. Try again in a moment."),
        "single_sign_on": _("Passwords are not used here. Sign in with your company account."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Of allauth's rows, which need one: a server behind a Unix socket sees none without a proxy's header."""
        return client_address(request) or _UNKNOWN_ADDRESS

    def ajax_response(self, request: HttpRequest, response: HttpResponse, **_: Any) -> HttpResponse:  # noqa: ARG002 - allauth's signature
        """The page, whoever asks: allauth's answer for scripts repeats the form with the password typed into it."""
        return response

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count this try as a failure, which a right password takes back; `ValidationError` if it cannot be."""
        name = folded(str(credentials.get("username", "")))
        try:
            if single_sign_on.may_use_a_password(name):
                self._login_failed_rl_usage = tries.count_password(request, name)
                return
            tries.count_from_address(request, name)
        except tries.NotCounted as problem:
            raise self.validation_error(problem.code) from problem
        tries.record_failure(request, name, reason="passwords are not used here")
        raise self.validation_error("single_sign_on")

    def pre_login(self, request: HttpRequest, user: Staff, **options: Any) -> HttpResponse | None:
        """Whatever the way: a passkey from before single sign-on opens nothing any more."""
        if single_sign_on.came_with(request) is None and not single_sign_on.may_come_without_provider(user):
            tries.record_failure(request, user.username, reason="not the account for emergencies")
            messages.error(request, str(self.error_messages["single_sign_on"]))
            return redirect("account_login")
        pending.bind(request, user)
        response: HttpResponse | None = super().pre_login(request, user, **options)
        return response

    def get_login_stages(self) -> list[str]:
        """Whoever comes from the provider showed a second factor there, also with one here from before."""
        stages: list[str] = super().get_login_stages()
        came = single_sign_on.came_with(context.request)
        return [stage for stage in stages if not came or stage != _SECOND_FACTOR]

    def post_login(self, request: HttpRequest, user: Staff, **options: Any) -> HttpResponse:
        pending.finish(request)
        response: HttpResponse = super().post_login(request, user, **options)
        devices.remember(response, folded(user.username))
        return response

    def get_reauthentication_methods(self, user: Staff) -> list[dict[str, Any]]:
        if single_sign_on.brought(context.request):
            return [{"id": "single_sign_on", "url": reverse("openid_connect_login")}]
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return methods

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        url = at_provider.sign_out_url() if single_sign_on.brought(request) else None
        return url or str(super().get_logout_redirect_url(request))

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:  # noqa: ARG002 - allauth's signature
        """Ten minutes for everything, counted from the sign-in too."""
        return not signed_in_recently(context.request)


def record_sign_ins() -> None:
    """Listen to Django's own signals, which fire whatever the way of signing in."""
    user_logged_in.connect(_signed_in, dispatch_uid="record-signed-in")
    user_logged_out.connect(_signed_out, dispatch_uid="record-signed-out")
    user_login_failed.connect(_sign_in_failed, dispatch_uid="record-sign-in-failed")
    authentication_failed.connect(_second_factor_failed, dispatch_uid="record-second-factor-failed")
    authentication_step_completed.connect(_signed_in_again, dispatch_uid="record-signed-in-again")


def _signed_in(request: Any, user: Any, **_: Any) -> None:
    own_sessions.begin(request)
    if came := single_sign_on.came_with(request):
        # They may have shown the provider long ago who they are: that is what "signed in recently" asks.
        request.session[AUTHENTICATION_METHODS_SESSION_KEY][-1]["at"] = came.at.timestamp() if came.at else 0
    is_break_glass = single_sign_on.is_on() and not single_sign_on.brought(request)
    if is_break_glass:
        logger.critical("ALARM: %s signed in without single sign-on, through the account for emergencies", user.pk)
    why = Why(reason=BREAK_GLASS) if is_break_glass else None
    event = Event(type=EventType.AUTH_SIGNED_IN, actor=actor_of(request), why=why, request=_request_id(request))
    (record_emergency if is_break_glass else append)(event)


def _signed_out(request: Any, user: Any, **_: Any) -> None:
    if user is not None:
        append(Event(type=EventType.AUTH_SIGNED_OUT, actor=actor_of(request), request=_request_id(request)))


def _sign_in_failed(credentials: dict[str, Any], request: Any = None, **_: Any) -> None:
    """The name that was tried may be a password typed into the wrong field, so it is no id of anybody."""
    _failed(stranger(request, str(credentials.get("username") or "")), request)


def _second_factor_failed(request: Any, user: Any, **_: Any) -> None:
    """The password was right; who is signed in already is known, and whoever is not is still nobody."""
    actor = actor_of(request) if request.user.is_authenticated else stranger(request, user.username)
    _failed(actor, request, why=Why(reason="second factor"))


def _failed(actor: Actor, request: Any, *, why: Why | None = None) -> None:
    outcome = Outcome(status=Status.REFUSED)
    append(
        Event(type=EventType.AUTH_SIGN_IN_FAILED, actor=actor, why=why, outcome=outcome, request=_request_id(request))
    )


def _signed_in_again(request: Any, *, reauthenticated: bool = False, **_: Any) -> None:
    if reauthenticated:
        own_sessions.renew(request)
        append(Event(type=EventType.AUTH_REAUTHENTICATED, actor=actor_of(request), request=_request_id(request)))


def _request_id(request: Any) -> Any:
    return getattr(request, "id", None)
