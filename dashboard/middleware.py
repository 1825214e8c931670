"""Headers that every answer carries, whatever made it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri /csp-report/; report-to csp"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Reporting-Endpoints": 'csp="/csp-report/"',
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-write=(self)",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeadersMiddleware:
    """Static headers: nothing here depends on the request, so no library with nonces is needed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in _HEADERS.items():
            response.setdefault(name, value)
        # Pages show whose car is connected: nothing but static files may be kept by a cache or shown by "back".
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "no-store")
        return response
