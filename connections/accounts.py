"""Sign-in: accounts are made by administrators only, and what they do to sign in and out is recorded."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import authentication_step_completed
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage
from allauth.mfa.signals import authentication_failed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest, HttpResponse

from connections import devices, own_sessions
from connections.audit.events import Actor, ActorKind, Event, EventType, Outcome, Status, Why
from connections.audit.ledger import append
from connections.http import actor_of, client_address, signed_in_recently, user_agent
from connections.models import Staff


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Nobody signs up by themselves, and nobody locks out others by guessing their password."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": "Too many tries. Wait five minutes, or use a browser you signed in with before.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or ""

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count this try as a failure, which a right password takes back; `ValidationError` if there were too many."""
        name = str(credentials.get("username", "")).lower()
        device = devices.known(request, name)
        counted = (
            [_count(request, "login_failed_on_known_device", f"{name}:{device}")]
            if device
            else [_count(request, "login_failed_from_address"), _count(request, "login_failed", name)]
        )
        if not all(counted):
            raise self.validation_error("too_many_login_attempts")
        self._login_failed_rl_usage = RateLimitUsage([each for usage in counted for each in usage.usage])

    def post_login(self, request: HttpRequest, user: Staff, **options: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **options)
        devices.remember(response, user.username)
        return response

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:  # noqa: ARG002 - allauth's signature
        """Ten minutes for everything, counted from the sign-in too."""
        return not signed_in_recently(context.request)


def _count(request: HttpRequest, action: str, key: str | None = None) -> Any:
    return ratelimit.consume(request, app="allauth.account", action=action, key=key)


def record_sign_ins() -> None:
    """Listen to Django's own signals, which fire whatever the way of signing in."""
    user_logged_in.connect(_signed_in, dispatch_uid="record-signed-in")
    user_logged_out.connect(_signed_out, dispatch_uid="record-signed-out")
    user_login_failed.connect(_sign_in_failed, dispatch_uid="record-sign-in-failed")
    authentication_failed.connect(_second_factor_failed, dispatch_uid="record-second-factor-failed")
    authentication_step_completed.connect(_signed_in_again, dispatch_uid="record-signed-in-again")


def _signed_in(request: Any, **_: Any) -> None:
    own_sessions.begin(request)
    append(Event(type=EventType.AUTH_SIGNED_IN, actor=actor_of(request), request=_request_id(request)))


def _signed_out(request: Any, user: Any, **_: Any) -> None:
    if user is not None:
        append(Event(type=EventType.AUTH_SIGNED_OUT, actor=actor_of(request), request=_request_id(request)))


def _sign_in_failed(credentials: dict[str, Any], request: Any = None, **_: Any) -> None:
    # The name that was tried may be a password typed into the wrong field: it is kept erasable, and cut.
    actor = Actor(
        kind=ActorKind.ANONYMOUS,
        name=str(credentials.get("username") or "")[:150] or None,
        ip=client_address(request) if request else None,
        user_agent=user_agent(request) if request else None,
    )
    outcome = Outcome(status=Status.REFUSED)
    append(Event(type=EventType.AUTH_SIGN_IN_FAILED, actor=actor, outcome=outcome, request=_request_id(request)))


def _second_factor_failed(request: Any, user: Any, **_: Any) -> None:
    """The password was right, so the name is no slip of a password; whoever tries is still nobody."""
    actor = Actor(
        kind=ActorKind.ANONYMOUS,
        name=user.username,
        ip=client_address(request),
        user_agent=user_agent(request),
    )
    append(
        Event(
            type=EventType.AUTH_SIGN_IN_FAILED,
            actor=actor_of(request) if request.user.is_authenticated else actor,
            why=Why(reason="second factor"),
            outcome=Outcome(status=Status.REFUSED),
            request=_request_id(request),
        )
    )


def _signed_in_again(request: Any, *, reauthenticated: bool = False, **_: Any) -> None:
    if reauthenticated:
        append(Event(type=EventType.AUTH_REAUTHENTICATED, actor=actor_of(request), request=_request_id(request)))


def _request_id(request: Any) -> Any:
    return getattr(request, "id", None)
