"""What each role may do. Buttons, views and deeds all ask here; the database's groups are copies of this table."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import Group, Permission as GrantedPermission
from django.utils.translation import gettext, gettext_noop

from connections.models import Staff


class Permission(StrEnum):
    """Codenames of Django permissions on this app."""

    VIEW_CONNECTION = "view_connection"
    REVOKE_CONNECTION = "revoke_connection"
    REVOKE_WIDE = "revoke_wide"
    BULK_REVOKE = "bulk_revoke"
    APPROVE_REVOCATION = "approve_revocation"
    VIEW_AUDIT = "view_audit"
    EXPORT_AUDIT = "export_audit"
    VERIFY_AUDIT = "verify_audit"
    MANAGE_STAFF = "manage_staff"


class Role(StrEnum):
    """Names of Django groups."""

    SUPPORT = "support"
    LEAD = "lead"
    AUDITOR = "auditor"
    ACCESS_ADMIN = "access_admin"

    @property
    def words(self) -> str:
        """As people call it."""
        return _WORDS[self]


_WORDS = {
    Role.SUPPORT: gettext_noop("support"),
    Role.LEAD: gettext_noop("lead"),
    Role.AUDITOR: gettext_noop("auditor"),
    Role.ACCESS_ADMIN: gettext_noop("access administrator"),
}
_AUDIT = {Permission.VIEW_AUDIT, Permission.EXPORT_AUDIT, Permission.VERIFY_AUDIT}

GRANTS: dict[Role, set[Permission]] = {
    Role.SUPPORT: {Permission.VIEW_CONNECTION, Permission.REVOKE_CONNECTION, *_AUDIT},
    Role.LEAD: {
        Permission.VIEW_CONNECTION,
        Permission.REVOKE_CONNECTION,
        Permission.REVOKE_WIDE,
        Permission.BULK_REVOKE,
        Permission.APPROVE_REVOCATION,
        *_AUDIT,
    },
    Role.AUDITOR: {Permission.VIEW_CONNECTION, *_AUDIT},
    Role.ACCESS_ADMIN: {Permission.MANAGE_STAFF},
}


def role_words(names: Iterable[str]) -> str:
    """
    Roles as people call them, in one line; a group of somebody else's making is called as it is.

    In English, since the audit log keeps it.
    """
    return ", ".join(_worded(names)) or "none"


def shown_roles(names: Iterable[str]) -> str:
    """The same in the language of whoever looks."""
    return ", ".join(map(gettext, _worded(names))) or gettext("none")


def _worded(names: Iterable[str]) -> list[str]:
    return sorted(Role(name).words if name in set(Role) else name for name in names)


def may(staff: Staff, permission: Permission) -> bool:
    """
    Whether this person may do this; a disabled person may do nothing.

    Their roles decide, by the table above: permissions granted to a person or a
    group in the database alone count for nothing, nor does `is_superuser`.
    """
    roles = staff.role_names()
    return staff.is_active and any(permission in granted for role, granted in GRANTS.items() if role in roles)


def may_by_id(staff_id: str, permission: Permission) -> bool:
    """The same for somebody who is not here; nobody may what an unknown person asks."""
    staff = Staff.objects.filter(pk=staff_id).first() if staff_id.isdecimal() else None
    return staff is not None and may(staff, permission)


def audit_actors_visible_to(staff: Staff) -> frozenset[str] | None:
    """
    Ids of the actors whose events this person may read; None means everybody's.

    Auditors read all, leads their team, support their own deeds.
    """
    roles = staff.role_names()
    if Role.AUDITOR in roles:
        return None
    if Role.LEAD in roles:
        team = Staff.objects.filter(team=staff.team, groups__name__in=[Role.SUPPORT, Role.LEAD])
        return frozenset(str(pk) for pk in team.values_list("pk", flat=True))
    return frozenset({str(staff.pk)})


def grant_roles(**_: Any) -> None:
    """Make the groups and give each exactly the permissions of the table, after every `migrate`."""
    known = {
        granted.codename: granted
        for granted in GrantedPermission.objects.filter(content_type__app_label="connections", codename__in=Permission)
    }
    if len(known) < len(Permission):
        return  # migrated back to before the permissions existed
    for role, permissions in GRANTS.items():
        group, _made = Group.objects.get_or_create(name=role)
        group.permissions.set(known[permission] for permission in permissions)
