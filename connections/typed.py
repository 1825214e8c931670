"""
What somebody typed into a form before they had to sign in, or to sign in again, or were refused for the moment.

It waits encrypted in the session for the page of that form, is shown there
once, and is sent by nobody but the person. Whose it is stands inside: after a
session has ended, the browser's device cookie tells who signed in there last.
"""

import json
from collections.abc import Mapping
from datetime import timedelta

from cryptography.fernet import InvalidToken
from django.http import HttpRequest

from connections.models import Staff
from connections.names import folded
from connections.sealing import seal_of
from connections.sign_in import devices

PATIENCE = timedelta(minutes=10)
_SESSION_KEY = "typed"
_PURPOSE = "typed"
_MOST_BYTES = 16 * 1024
_MOST_FORMS = 3


def keep(request: HttpRequest, page: str, fields: Mapping[str, str]) -> bool:
    """Whether it is kept, which nothing is for a browser that nobody signed in with, nor what is larger than a form."""
    whose = _whose(request)
    content = json.dumps([page, whose, dict(fields)], ensure_ascii=False).encode("utf-8", "replace")
    if not whose or not any(fields.values()) or len(content) > _MOST_BYTES:
        return False
    others = [kept for kept in request.session.get(_SESSION_KEY, []) if _opened(kept, page, whose) is None]
    kept = seal_of(_PURPOSE).encrypt(content).decode()
    request.session[_SESSION_KEY] = [*others, kept][-_MOST_FORMS:]
    return True


def take(request: HttpRequest) -> dict[str, str]:
    """What this person typed into the form of this page; from now on it is kept no more."""
    kept = request.session.get(_SESSION_KEY, [])
    opened = {each: _opened(each, request.path, _whose(request)) for each in kept}
    if found := next((fields for fields in opened.values() if fields is not None), None):
        request.session[_SESSION_KEY] = [each for each in kept if opened[each] is None]
    return found or {}


def _whose(request: HttpRequest) -> str:
    if isinstance(request.user, Staff):
        return devices.mark(folded(request.user.username))
    return devices.last_account(request)


def _opened(kept: str, page: str, whose: str) -> dict[str, str] | None:
    """None if it is another page's or person's, or too old."""
    try:
        content = json.loads(seal_of(_PURPOSE).decrypt(kept.encode(), ttl=int(PATIENCE.total_seconds())))
    except InvalidToken:
        return None
    of_page, of_whom, fields = content
    return fields if (of_page, of_whom) == (page, whose) else None
