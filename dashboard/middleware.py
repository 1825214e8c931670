"""What stands before everything else: headers that every answer carries, and requests that nobody of ours sends."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'{}; base-uri 'none'; frame-ancestors 'none'; report-uri /csp-report/; report-to csp"
)
_HEADERS = {
    "Reporting-Endpoints": 'csp="/csp-report/"',
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-write=(self)",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def _provider() -> str:
    """Signing out is a form whose answer leads to the OpenID provider, to sign out there too."""
    issuer = urlsplit(settings.OIDC_ISSUER)
    return f" {issuer.scheme}://{issuer.netloc}" if settings.OIDC_ISSUER else ""


class SecurityHeadersMiddleware:
    """Static headers: nothing here depends on the request, so no library with nonces is needed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", _POLICY.format(_provider()))
        for name, value in _HEADERS.items():
            response.setdefault(name, value)
        # Pages show whose car is connected, also one that says that there is no such static file. Those there are say
        # themselves how long a cache may keep them; nothing else may be kept, or shown by "back".
        response.setdefault("Cache-Control", "no-store")
        return response


class LanguageMiddleware(LocaleMiddleware):
    """Answer in the language that was chosen, which a cookie keeps, or in the one the browser asks for."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        # Files and figures are the same in every language, and say so by saying nothing.
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        patch_vary_headers(response, ["Cookie"])
        return super().process_response(request, response)


class LargestBodyMiddleware:
    """
    Answer 413 to a body that is larger than any form, before anything reads it.

    Django's own limit leaves out the files of a form. A body that comes in
    pieces does not say how large it is: browsers send none, and proxies add it up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = request.META.get("CONTENT_LENGTH") or "0"
        is_in_pieces = "Transfer-Encoding" in request.headers
        is_number = said.isascii() and said.isdecimal()
        if is_in_pieces or not is_number or int(said) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return render(request, "413.html", status=413)
        return self.get_response(request)


class ImpossibleSessionMiddleware:
    """Take a session key that cannot be one for none: a database need not be asked, and some fail on what it holds."""

    _KEY = re.compile(r"[a-z0-9]{32}")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self._KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return self.get_response(request)
