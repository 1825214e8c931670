"""What the OpenID provider says of somebody who comes from there, and the role that this gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from connections.permissions import Role, shown_roles

_END_OF_TIME = 253_402_300_799  # in the year 9999


class NotAdmitted(Exception):  # noqa: N818 - it names what did not happen
    """The provider knows them, and they may not come in; the sentence says why."""


class NoRole(NotAdmitted):
    """Their groups give them none, or several: whoever had one before has it no longer."""


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody from the provider, as it describes them, and when they proved it there, if it says so."""

    subject: str
    name: str
    groups: tuple[str, ...]
    at: datetime | None
    nonce: str

    @classmethod
    def of(cls, claims: Mapping[str, Any], *, signed: Mapping[str, Any]) -> "Came":
        """
        Of all that it says, and of what it signed: when they signed in is believed of the latter alone.

        Raises `TypeError` if their groups are neither a list nor one.
        """
        name = claims.get("preferred_username") or claims.get("email") or claims["sub"]
        return cls(
            subject=str(claims["sub"]),
            name=str(name).encode("utf-8", "replace").decode(),  # without halves of letters, which no page can show
            groups=_groups(claims.get(settings.OIDC_GROUPS_CLAIM)),
            at=_moment(signed.get("auth_time")),
            nonce=str(signed.get("nonce", "")),
        )

    def role(self) -> Role:
        """Raises `NoRole` if their groups give none, or more than the one that a person has."""
        roles = sorted(role for role, group in settings.OIDC_ROLE_GROUPS.items() if group in self.groups)
        if not roles:
            raise NoRole(gettext("None of your groups gives you a role here. Ask who manages groups at your company."))
        if len(roles) > 1:
            words = gettext(
                "Your groups give you %(count)s roles here (%(roles)s), and a person has one. "
                "Ask who manages groups at your company."
            )
            raise NoRole(words % {"count": len(roles), "roles": shown_roles(roles)})
        return Role(roles[0])


def _groups(said: Any) -> tuple[str, ...]:
    if isinstance(said, str):
        return (said,)
    if not isinstance(said, list | None):
        raise TypeError(type(said).__name__)
    return tuple(map(str, said or ()))


def _moment(seconds: Any) -> datetime | None:
    """When they proved who they are, and never later than now; nothing if the provider does not say."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < _END_OF_TIME:
        return None
    return min(datetime.fromtimestamp(seconds, UTC), datetime.now(UTC))
