"""
Places in the table: short tokens in our URLs for what Smartcar calls cursors.

Smartcar's v2 cursors are long, only go forward, and expire; putting them into
URLs would fill histories with what no longer works. A token names a cursor and
the token of the page before it, both kept for a day in the shared cache. In v3
the token is the page number.
"""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from django.core.cache import cache

from connections import gateway
from connections.smartcar.types import Filters, Page

SIZES = (10, 25, 50, 100)
DEFAULT_SIZE = 25
FIRST = ""


class PlaceExpired(Exception):  # noqa: N818 - it names what happened
    """The token is not, or no longer, known for these filters."""


@dataclass(frozen=True, slots=True)
class Place:
    """Smartcar's cursor for a page (None: the first), and the token of the page before (None: there is none)."""

    cursor: str | None
    newer: str | None


def place_of(token: str, filters: Filters, limit: int) -> Place:
    """Raises `PlaceExpired`."""
    if token == FIRST:
        return Place(None, None)
    if gateway.capabilities().goes_back:
        return _numbered(token)
    kept = cache.get(_key(token, filters, limit))
    if not isinstance(kept, Place):
        raise PlaceExpired
    return kept


def token_after(token: str, page: Page, filters: Filters, limit: int) -> str | None:
    """The token of the page after `page`, which itself was found at `token`; None at the end."""
    if page.next_cursor is None or gateway.capabilities().goes_back:
        return page.next_cursor
    digest = hashlib.sha256(page.next_cursor.encode()).digest()
    following = urlsafe_b64encode(digest[:15]).decode()
    cache.set(_key(following, filters, limit), Place(page.next_cursor, token), gateway.SECONDS_OF_TRAIL)
    return following


def _numbered(token: str) -> Place:
    if not token.isdecimal() or not token.isascii() or not 2 <= int(token[:9]) <= 10**7 or len(token) > 8:
        raise PlaceExpired
    number = int(token)
    return Place(str(number), FIRST if number == 2 else str(number - 1))


def _key(token: str, filters: Filters, limit: int) -> str:
    asked = hashlib.sha256(f"{filters}|{limit}".encode()).hexdigest()
    return f"smartcar:place:{asked}:{token}"
