"""Ending one's own sessions elsewhere."""

from allauth.core.exceptions import ReauthenticationRequired
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from connections.audit.events import Event, EventType, Why
from connections.audit.ledger import recording
from connections.http import DashboardRequest, actor_of, allow, form_at, signed_in_recently


@allow("POST")
@form_at("mfa_index")
def session_end(request: DashboardRequest, session_id: int) -> HttpResponse:
    """One of mine, on another device."""
    _require_recent_sign_in(request)
    # Larger numbers are no ids, and SQLite would fail on them.
    session = _others(request).filter(pk=session_id).first() if session_id < 2**63 else None
    if session is None:
        raise Http404
    _end(request, [session])
    messages.success(request, gettext("That session is ended."))
    return HttpResponseRedirect(reverse("mfa_index"))


@allow("POST")
@form_at("mfa_index")
def sessions_end(request: DashboardRequest) -> HttpResponse:
    """All of mine but this one."""
    _require_recent_sign_in(request)
    _end(request, list(_others(request)))
    messages.success(request, gettext("You are signed in nowhere else."))
    return HttpResponseRedirect(reverse("mfa_index"))


def _require_recent_sign_in(request: DashboardRequest) -> None:
    """Who sits at somebody's open session must not shut out its owner everywhere else."""
    if not signed_in_recently(request):
        raise ReauthenticationRequired


def _others(request: DashboardRequest) -> QuerySet[UserSession]:
    """Mine but for the one that asks, which ends by signing out."""
    mine: QuerySet[UserSession] = UserSession.objects.filter(user=request.user)
    return mine.exclude(session_key=request.session.session_key)


def _end(request: DashboardRequest, sessions: list[UserSession]) -> None:
    """With the event in the same transaction."""
    with recording() as record:
        for session in sessions:
            session.end()
        why = Why(reason="1 session elsewhere" if len(sessions) == 1 else f"{len(sessions)} sessions elsewhere")
        record(Event(type=EventType.AUTH_SIGNED_OUT, actor=actor_of(request), why=why, request=request.id))
