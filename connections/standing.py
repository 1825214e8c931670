"""What an account may do, what is to become of it, and the difference in words."""

import hashlib
from dataclasses import dataclass, field
from typing import Self

from django.utils.translation import gettext, gettext_noop

from connections.models import Staff
from connections.permissions import Role, role_words

# What changes, how it was, how it will be; without a before where that is nobody's business or does not matter.
Difference = tuple[str, str, str]
_SET, _ONE_TIME = gettext_noop("set"), gettext_noop("set to a one-time password")
_TEAM, _NONE = gettext_noop("team"), gettext_noop("none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to become of an account; what is None stays as it is."""

    role: Role | None = None
    is_without_role: bool = False
    team: str | None = None
    is_active: bool | None = None
    password: str | None = field(default=None, repr=False)
    is_one_time: bool = False
    subject: str | None = None  # what the OpenID provider calls them
    forgets_second_factor: bool = False
    ends_sessions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an account stands."""

    roles: tuple[str, ...]
    team: str
    is_active: bool

    @classmethod
    def nobody(cls) -> Self:
        """Before there is an account."""
        return cls(roles=(), team="", is_active=True)

    @classmethod
    def of(cls, staff: Staff) -> Self:
        """As the database has it now, whatever this object has read before."""
        roles = sorted(staff.groups.values_list("name", flat=True))
        return cls(roles=tuple(roles), team=staff.team, is_active=staff.is_active)

    def after(self, to: Change) -> "Standing":
        """A person has one role: a second one could approve what the first asked for, or read what it did."""
        roles = self.roles if to.role is None else (str(to.role),)
        return Standing(
            roles=() if to.is_without_role else roles,
            team=self.team if to.team is None else to.team,
            is_active=self.is_active if to.is_active is None else to.is_active,
        )

    def may_differ_from(self, other: "Standing") -> bool:
        """Whether somebody signed in could do other things than before."""
        return (self.roles, self.is_active) != (other.roles, other.is_active)

    def differences(self, to: Change) -> tuple[Difference, ...]:
        """In words, in English since the audit log keeps them; empty if everything stays as it is."""
        now, then = self.words(), self.after(to).words()
        changed = [(what, now[what], then[what]) for what in now if now[what] != then[what]]
        if to.password is not None:
            changed.append((gettext_noop("password"), "", _ONE_TIME if to.is_one_time else _SET))
        if to.subject is not None:
            changed.append((gettext_noop("single sign-on"), "", gettext_noop("linked")))
        if to.forgets_second_factor:
            changed.append((gettext_noop("second factor"), "", gettext_noop("removed, to be set up anew")))
        if to.ends_sessions:
            changed.append((gettext_noop("sessions"), "", gettext_noop("ended")))
        return tuple(changed)

    def digest(self) -> str:
        """Tells whether an account is still what was shown."""
        return hashlib.sha256(repr(self).encode()).hexdigest()

    def words(self) -> dict[str, str]:
        return {
            gettext_noop("role"): role_words(self.roles),
            _TEAM: self.team or _NONE,
            gettext_noop("state"): gettext_noop("active") if self.is_active else gettext_noop("disabled"),
        }


def shown(difference: Difference) -> Difference:
    """The same in the language of whoever looks; a team is called as it is."""
    what, *values = difference
    before, after = (value if what == _TEAM and value != _NONE else gettext(value) for value in values)
    return gettext(what), before, after


def holds_access(standing: Standing) -> bool:
    """Whether this account can give access to others."""
    return standing.is_active and Role.ACCESS_ADMIN in standing.roles
