"""What every page's frame shows: where one can go, and what we are talking to."""

import re
from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext, gettext_noop

from connections import budget, gateway
from connections.models import Staff
from connections.permissions import Permission, may, shown_roles
from connections.queries.allowance import words_of

_ENTRIES = (
    (gettext_noop("Overview"), "overview", None),
    (gettext_noop("Connections"), "connection-list", Permission.VIEW_CONNECTION),
    (gettext_noop("Operations"), "operation-list", Permission.VIEW_CONNECTION),
    (gettext_noop("Approvals"), "approval-list", Permission.VIEW_CONNECTION),
    (gettext_noop("Audit log"), "audit-list", Permission.VIEW_AUDIT),
    (gettext_noop("Staff"), "staff-list", Permission.MANAGE_STAFF),
)

_HIDDEN = re.compile(r"\A[1-9](\.[1-9])*\Z", re.ASCII)
_OF_CONNECTIONS = re.compile(r"^/(users|vehicles)/")


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """
    Context processor.

    `navigation` and `roles` of the signed-in person; for everybody `foot`, and how one may sign in:
    `single_sign_on`, `break_glass`, `passkeys_work`; `view`, how tables are to look in this browser.
    """
    return {
        "navigation": SimpleLazyObject(lambda: _navigation(request)),
        "roles": SimpleLazyObject(lambda: _roles(request)),
        "single_sign_on": bool(settings.OIDC_ISSUER),
        "break_glass": bool(settings.OIDC_BREAK_GLASS_ACCOUNT),
        "view": _view(request),
        "passkeys_work": settings.PASSKEYS_WORK,
        "foot": {
            "version": settings.APP_VERSION,
            "generation": gateway.generation_name(),
            "simulator": gateway.speaks_to_simulator(),
            "allowance": SimpleLazyObject(lambda: _allowance(request)),
        },
    }


def _view(request: HttpRequest) -> dict[str, str]:
    """From cookies that the browser wrote itself, so that a page is drawn at once as it was left."""
    hidden = request.COOKIES.get("hidden", "")
    return {
        "density": "compact" if request.COOKIES.get("density") == "compact" else "",
        "hidden": hidden.replace(".", " ") if _HIDDEN.match(hidden) else "",
    }


def _allowance(request: HttpRequest) -> str:
    """A page that says what is wrong with the database must not ask it."""
    try:
        return words_of(budget.left()) if _person(request) else ""
    except Error:
        return ""


def _person(request: HttpRequest) -> Staff | None:
    """Nobody, too, where a request failed before its session was read: a wrong Host header, for example."""
    user = getattr(request, "user", None)
    return user if isinstance(user, Staff) else None


def _roles(request: HttpRequest) -> str:
    person = _person(request)
    return shown_roles(person.role_names()) if person and person.role_names() else ""


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    person = _person(request)
    if person is None:
        return []
    entries = [
        {"label": gettext(label), "url": reverse(name)}
        for label, name, permission in _ENTRIES
        if permission is None or may(person, permission)
    ]
    # The pages of a user and of a vehicle are about connections; the overview is nothing but itself.
    path = _OF_CONNECTIONS.sub(reverse("connection-list"), request.path)
    here = next(
        (e["url"] for e in entries if path == e["url"] or (e["url"] != "/" and path.startswith(e["url"]))), None
    )
    return [{**entry, "current": entry["url"] == here} for entry in entries]
