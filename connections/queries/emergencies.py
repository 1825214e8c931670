"""Uses of the account for emergencies, for those who answer for access."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.urls import reverse

from connections import times
from connections.audit.emergencies import not_reviewed
from connections.models import Staff
from connections.permissions import Permission, audit_actors_visible_to, may

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """One sign-in, every value as the page shows it; `url` leads to its event, or nowhere for who may not read it."""

    name: str
    at: tuple[str, str]
    url: str


@dataclass(frozen=True, slots=True)
class Emergencies:
    """The newest that nobody has reviewed, and how many there are."""

    shown: tuple[Emergency, ...]
    count: int


def emergencies_for(viewer: Staff) -> Emergencies | None:
    """For auditors, leads and access administrators, while there is one that nobody has reviewed."""
    reads_all = may(viewer, Permission.VIEW_AUDIT) and audit_actors_visible_to(viewer) is None
    if not (reads_all or may(viewer, Permission.APPROVE_REVOCATION) or may(viewer, Permission.MANAGE_STAFF)):
        return None
    waiting, now = not_reviewed(), datetime.now(UTC)
    shown = tuple(
        Emergency(
            name=each.staff.username,
            at=(times.relative(each.at, now), times.exact(each.at)),
            url=reverse("audit-event", args=[each.seq]) if reads_all else "",
        )
        for each in waiting.select_related("staff")[:_SHOWN]
    )
    return Emergencies(shown, waiting.count()) if shown else None
