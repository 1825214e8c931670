"""Staff accounts as access administrators see them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from connections import times
from connections.models import Staff
from connections.permissions import shown_roles
from connections.queries.second_factors import factors_of

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffFilters:
    """All that are set must hold; `name` is any part of the name."""

    name: str = ""
    role: str = ""
    state: str = ""

    def query(self) -> dict[str, str]:
        """As it stands in a URL."""
        values = {name: getattr(self, name) for name in ("name", "role", "state")}
        return {name: value for name, value in values.items() if value}

    def condition(self) -> Q:
        condition = Q()
        if self.name:
            condition &= Q(username__icontains=self.name)
        if self.role:
            condition &= Q(groups__name=self.role)
        if self.state:
            condition &= Q(is_active=self.state == "active")
        return condition


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSummary:
    """One account, every value as the page shows it."""

    id: int
    name: str
    role: str
    team: str
    is_active: bool
    signed_in: str
    signed_in_exact: str
    password: str
    second_factor: str
    url: str


@dataclass(frozen=True, slots=True)
class StaffPage:
    """Accounts by name, and the URL of those that follow."""

    staff: tuple[StaffSummary, ...] = ()
    next_url: str | None = None


def staff_page(filters: StaffFilters, *, after: str) -> StaffPage:
    """The accounts whose names come after this one."""
    found = Staff.objects.filter(filters.condition(), username__gt=after).order_by("username")
    rows = list(found.prefetch_related("groups", "authenticator_set")[: PAGE_SIZE + 1])
    following = {**filters.query(), "after": rows[PAGE_SIZE - 1].username} if len(rows) > PAGE_SIZE else None
    return StaffPage(
        tuple(staff_summary(row) for row in rows[:PAGE_SIZE]),
        f"{reverse('staff-list')}?{urlencode(following)}" if following else None,
    )


def staff_summary(staff: Staff) -> StaffSummary:
    now = datetime.now(UTC)
    return StaffSummary(
        id=staff.pk,
        name=staff.username,
        role=shown_roles(group.name for group in staff.groups.all()),
        team=staff.team,
        is_active=staff.is_active,
        signed_in=times.relative(staff.last_login, now) if staff.last_login else gettext("never"),
        signed_in_exact=times.exact(staff.last_login) if staff.last_login else "",
        password=_password(staff, now),
        second_factor=factors_of(staff).words(),
        url=reverse("staff-detail", args=[staff.pk]),
    )


def _password(staff: Staff, now: datetime) -> str:
    if not staff.has_usable_password():
        return gettext("none")
    if staff.password_until is None:
        return gettext("their own")
    ends = times.exact(staff.password_until)
    is_good = staff.password_until > now
    words = gettext("one-time, until %(at)s") if is_good else gettext("one-time, ended %(at)s")
    return words % {"at": ends}
