"""What happens around every view: a request id, a sentence when nothing can be recorded, and sign-in by default."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url

from connections.audit.ledger import NotRecorded
from connections.ids import uuid7

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
    """Deny by default. HTMX cannot follow a redirect to a whole page, so it is told to go there itself."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        if not getattr(request, "htmx", False):
            return super().handle_no_permission(request, view_func)
        response = HttpResponse(status=401)
        login = resolve_url(self.get_login_url(view_func))
        place = request.htmx.current_url_abs_path  # type: ignore[attr-defined]  # set by django-htmx
        response["HX-Redirect"] = f"{login}?{urlencode({'next': place})}" if place else login
        return response
