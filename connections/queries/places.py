"""Where the pages of a scope are, what it is called, and what revoking it leaves alone."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext

from connections.queries import table
from connections.revocations.scope import Subject
from connections.smartcar.types import Filters, PairScope, Purge, UserScope, VehicleScope


@dataclass(frozen=True, slots=True)
class Place:
    """`url` takes the DELETE, `revoke_url` the form, `back_url` shows what it is about."""

    heading: str
    button: str
    url: str
    revoke_url: str
    back_url: str
    not_touched: tuple[str, ...]


def wide_place(filters: Filters) -> Place | None:
    """Where all that a table shows can be revoked at once: only when it shows one user, or one vehicle."""
    if filters.user_id and not filters.vehicle_id:
        return place_of(UserScope(filters.user_id))
    if filters.vehicle_id and not filters.user_id:
        return place_of(VehicleScope(filters.vehicle_id))
    return None


def place_of(scope: Subject) -> Place:
    if isinstance(scope, PairScope):
        ids = [scope.user_id, scope.vehicle_id]
        url = reverse("connection-detail", args=ids)
        revoke_url = reverse("connection-revoke", args=ids)
        others = (gettext("Other vehicles of this user"), gettext("Other users of this vehicle"))
        return Place(gettext("Revoke this connection"), gettext("Revoke connection"), url, revoke_url, url, others)
    if isinstance(scope, UserScope):
        return Place(
            gettext("Revoke all connections of this user"),
            gettext("Revoke all"),
            reverse("user-connections", args=[scope.user_id]),
            reverse("user-revoke", args=[scope.user_id]),
            table.narrowed_url(user_id=scope.user_id, mode=None),
            (gettext("Other users of these vehicles"), gettext("The user's record at Smartcar")),
        )
    if isinstance(scope, Purge):
        return Place(
            gettext("Purge this user at Smartcar"),
            gettext("Purge user"),
            reverse("user-purge", args=[scope.user_id]),
            reverse("user-purge", args=[scope.user_id]),
            table.narrowed_url(user_id=scope.user_id, mode=None),
            (gettext("Other users of these vehicles"),),
        )
    return Place(
        gettext("Revoke this vehicle for all users"),
        gettext("Revoke all"),
        reverse("vehicle-connections", args=[scope.vehicle_id]),
        reverse("vehicle-revoke", args=[scope.vehicle_id]),
        table.narrowed_url(vehicle_id=scope.vehicle_id, mode=None),
        (gettext("Other vehicles of these users"),),
    )
