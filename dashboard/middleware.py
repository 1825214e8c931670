"""Headers that every answer carries, whatever made it."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

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
        # Pages show whose car is connected: nothing but static files may be kept by a cache or shown by "back".
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "no-store")
        return response
