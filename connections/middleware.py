"""What happens around every view: a request id, a sentence when nothing can be recorded, and sign-in by default."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url

from connections.audit.ledger import NotRecorded
from connections.ids import uuid7
from connections.models import Staff

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


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Deny by default."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        if not getattr(request, "htmx", False):
            return super().handle_no_permission(request, view_func)
        login = resolve_url(self.get_login_url(view_func))
        place = request.htmx.current_url_abs_path  # type: ignore[attr-defined]  # set by django-htmx
        return _sent(f"{login}?{urlencode({'next': place})}" if place else login, status=401)


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
        if until is None:
            return None
        if until < datetime.now(UTC):
            logout(request)
            messages.error(request, "This one-time password has ended. Ask an access administrator for another.")
            return _led(request, "account_login")
        return None if request.path.startswith("/accounts/") else _led(request, "account_change_password")


def _led(request: HttpRequest, name: str) -> HttpResponse:
    url = resolve_url(name)
    return _sent(url, status=403) if getattr(request, "htmx", False) else redirect(url)


def _sent(url: str, *, status: int) -> HttpResponse:
    """HTMX cannot follow a redirect to a whole page: it goes there itself when this header says so."""
    response = HttpResponse(status=status)
    response["HX-Redirect"] = url
    return response
