"""Sessions of staff: since when each lasts, when it was last used, and where it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest

_BEGAN, _USED = "session_began", "session_used"
_SELDOM = timedelta(minutes=1)


def begin(request: HttpRequest) -> None:
    """From now on, at a sign-in."""
    request.session[_BEGAN] = request.session[_USED] = datetime.now(UTC).isoformat()


def renew(request: HttpRequest) -> None:
    """Another key for the same session: a copy of the old one does not profit from a sign-in that came later."""
    former = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=former).update(session_key=request.session.session_key)


def is_over(request: HttpRequest) -> bool:
    """Whether it lasted longer than any may (`SESSION_ABSOLUTE_HOURS`), or nobody knows how long."""
    began = _moment(request, _BEGAN)
    return began is None or datetime.now(UTC) - began >= settings.SESSION_ABSOLUTE


def put_off(request: HttpRequest) -> None:
    """It is used: its end by idleness (`SESSION_IDLE_MINUTES`) is counted from now."""
    now, used = datetime.now(UTC), _moment(request, _USED)
    if used is None or now - used >= _SELDOM:
        request.session[_USED] = now.isoformat()
        UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=now)


def _moment(request: HttpRequest, name: str) -> datetime | None:
    written: Any = request.session.get(name)
    return datetime.fromisoformat(written) if written else None
