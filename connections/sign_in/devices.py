"""
Browsers that signed in to an account before.

Wrong passwords are counted for an account and lock it for a while, but only
for browsers it does not know: who guesses elsewhere cannot lock its owner out
(OWASP, "Slow down online guessing attacks with device cookies").
"""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse

_LIFETIME = timedelta(days=180)
_SIGNER = "connections.sign_in.devices"


def remember(response: HttpResponse, name: str) -> None:
    """From now on this browser is known to the account of this name."""
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        TimestampSigner(salt=_SIGNER).sign(f"{mark(name)}.{secrets.token_hex(8)}"),
        max_age=_LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def known(request: HttpRequest, name: str) -> str | None:
    """What identifies this browser, if it signed in to the account of this name before."""
    device = _device(request)
    return device if device.partition(".")[0] == mark(name) else None


def last_account(request: HttpRequest) -> str:
    """The mark of the account that signed in here last; empty if none ever did."""
    return _device(request).partition(".")[0]


def _device(request: HttpRequest) -> str:
    cookie = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    try:
        return TimestampSigner(salt=_SIGNER).unsign(cookie, max_age=_LIFETIME)
    except BadSignature:
        return ""


def mark(name: str) -> str:
    """Of the account, by its folded name, in place of one that anybody could read in the cookie."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]
