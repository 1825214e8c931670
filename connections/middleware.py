"""What happens around every view: a request id, a sentence when nothing can be recorded, and sign-in by default."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext, gettext_lazy

from connections.audit.ledger import NotRecorded
from connections.http import form_page, keep_typed
from connections.ids import uuid7
from connections.models import Staff
from connections.sign_in import devices, own_sessions, second_factor, single_sign_on

logger = logging.getLogger(__name__)
Respond = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Give each request an id that ties together its events, its log lines and its answer."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        identifier = uuid7()
        vars(request)["id"] = identifier  # the attribute that DashboardRequest declares
        response = self.get_response(request)
        response["X-Request-Id"] = str(identifier)
        return response


class NotRecordedMiddleware:
    """Answer 503 where the database fails: what could not be recorded was not done."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if not isinstance(problem, NotRecorded | Error):
            return None
        logger.error("Not recorded: %s", problem.__cause__ or problem)
        return render(request, "503.html", status=503)


class SessionLimitsMiddleware:
    """
    End a session when its time or the way it began in is over, and put off its end by idleness when it is used.

    The end by idleness is the expiry that Django keeps in the session's row; a
    row is written at most once a minute. What a page asks for by itself is no use.
    """

    _BY_THEMSELVES = frozenset({"delivery", "operation", "verification"})

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, Staff):
            if own_sessions.is_over(request) or not single_sign_on.is_still_a_way_in(request, request.user):
                logout(request)
            elif self._is_use(request):
                own_sessions.put_off(request)
        return self.get_response(request)

    def _is_use(self, request: HttpRequest) -> bool:
        htmx = getattr(request, "htmx", None)
        return not htmx or htmx.trigger not in self._BY_THEMSELVES


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """
    Deny by default.

    After a session has ended, what was sent is not done: it is kept for whoever
    typed it, and the sign-in leads back to the page of its form.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        is_deed = request.method not in ("GET", "HEAD", "OPTIONS")
        is_kept = is_deed and keep_typed(request, form_page(request))
        if _has_ended(request):
            messages.info(request, _ENDED_KEPT if is_kept else _ENDED_UNDONE if is_deed else _ENDED)
        htmx = getattr(request, "htmx", None)
        page = form_page(request) if is_deed else _page(request)
        login = resolve_url(self.get_login_url(view_func))
        url = f"{login}?{urlencode({'next': page}, safe='/')}" if page else login
        return _sent(url, status=401) if htmx else redirect(url)


_ENDED = gettext_lazy("Your session has ended. Sign in to go on.")
_ENDED_UNDONE = gettext_lazy("Your session has ended, so nothing was done. Sign in to go on.")
_ENDED_KEPT = gettext_lazy(
    "Your session has ended, so nothing was sent. Sign in within ten minutes, and what you typed is there again."
)


def _has_ended(request: HttpRequest) -> bool:
    """Whether a browser that somebody signed in with still shows the key of a session that is no more."""
    is_gone = settings.SESSION_COOKIE_NAME in request.COOKIES and request.session.session_key is None
    # Anybody can show a key; telling them would write a row each time.
    return is_gone and bool(devices.last_account(request))


class OneTimePasswordMiddleware:
    """
    Lead whoever came in with a password that somebody else made to the page where they choose their own.

    Until they have, they reach nothing but the pages of their own account; when
    its time is over, not even these.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        if not getattr(view, "login_required", True) or not isinstance(request.user, Staff):
            return None
        until = request.user.password_until
        # Who comes from the provider used no password, and may never have been told this one.
        if until is None or single_sign_on.brought(request):
            return None
        if until < datetime.now(UTC):
            logout(request)
            messages.error(
                request, gettext("This one-time password has ended. Ask an access administrator for another.")
            )
            return _led(request, "account_login")
        return None if request.path.startswith("/accounts/") else _led(request, "account_change_password")


class SecondFactorMiddleware:
    """
    Lead whoever must show a second factor, and did not in this session, to where they do.

    Who has none yet reaches the pages of their own account, to set one up. Who
    has one reaches only the page that asks for it: an older session, begun with
    a password alone, could otherwise remove it.
    """

    _TO_SHOW_IT = frozenset({"account_logout", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"})

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        if not getattr(view, "login_required", True) or not isinstance(request.user, Staff):
            return None
        if second_factor.was_shown(request) or not second_factor.is_required_of(request.user):
            return None
        if second_factor.exists_for(request.user):
            name = request.resolver_match.url_name if request.resolver_match else None
            return None if name in self._TO_SHOW_IT else _led(request, "mfa_reauthenticate")
        return None if request.path.startswith("/accounts/") else _led(request, "mfa_index")


class SignInAgainMiddleware:
    """
    Lead whoever must prove once more who they are to where they do, and from there back to the page of the form.

    It stands nearer to the views than allauth's, which would keep what was sent
    and do it by itself after the sign-in.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if not isinstance(problem, ReauthenticationRequired):
            return None
        if request.method == "POST":
            messages.info(request, gettext("Nothing was done yet. Sign in again, and press the button once more."))
        page = form_page(request) if request.method == "POST" else request.get_full_path()
        return redirect(f"{resolve_url('account_reauthenticate')}?{urlencode({'next': page})}")


def _page(request: HttpRequest) -> str | None:
    """Where the browser is; for HTMX what it says of that, if it is one of our pages."""
    htmx = getattr(request, "htmx", None)
    if not htmx:
        return request.get_full_path()
    try:
        said: str | None = htmx.current_url_abs_path
    except ValueError:  # it is no URL
        return None
    return said


def _led(request: HttpRequest, name: str) -> HttpResponse:
    url = resolve_url(name)
    return _sent(url, status=403) if getattr(request, "htmx", False) else redirect(url)


def _sent(url: str, *, status: int) -> HttpResponse:
    """HTMX cannot follow a redirect to a whole page: it goes there itself when this header says so."""
    response = HttpResponse(status=status)
    response["HX-Redirect"] = url
    return response
