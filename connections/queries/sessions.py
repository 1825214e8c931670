"""Where somebody is signed in."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from allauth.usersessions.models import UserSession
from django.utils.translation import gettext

from connections import times
from connections.models import Staff

# The first that matches: Edge says that it is Chrome, and Chrome that it is Safari.
_BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone|iPad", "iOS"), ("Windows", "Windows")),
    *(("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """One session, every value as the page shows it."""

    id: int
    where: str
    address: str
    since: str
    used: str
    is_this: bool


def sessions_of(staff: Staff, *, here: str | None) -> list[SignedIn]:
    """Those that still live, this one (`here` is its key) first, then the last used."""
    now = datetime.now(UTC)
    living = sorted(UserSession.objects.purge_and_list(staff), key=lambda row: row.last_seen_at, reverse=True)
    rows = [
        SignedIn(
            id=row.pk,
            where=_named(row.user_agent),
            address=row.ip,
            since=times.relative(row.created_at, now),
            used=times.relative(row.last_seen_at, now),
            is_this=row.session_key == here,
        )
        for row in living
    ]
    return sorted(rows, key=lambda row: not row.is_this)


def _named(user_agent: str) -> str:
    """As people call it; what a program calls itself, shortened, if it is no browser we know."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if re.search(mark, user_agent)), None)
    if browser is None:
        return user_agent[:40] or gettext("an unnamed program")
    return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system} if system else browser
