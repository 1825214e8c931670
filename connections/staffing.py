"""Create and change staff accounts, with the event that says so in the same transaction."""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password

from connections.audit.events import Actor, Event, EventType, Target, TargetKind, Why
from connections.audit.ledger import recording
from connections.models import Staff
from connections.permissions import Role


@dataclass(frozen=True, slots=True)
class Employed:
    """The account, and whether this call made it."""

    staff: Staff
    is_new: bool


def employ(*, actor: Actor, name: str, role: Role, password: str | None) -> Employed:
    """
    Make sure that `name` exists with exactly this role; a password is set only if one is given.

    Raises Django's `ValidationError` for a name or password that will not do,
    `NotRecorded` if the event could not be written (nothing was changed then).
    """
    staff = Staff.objects.filter(username=name).first() or Staff(username=name)
    is_new = staff.pk is None
    if password is not None:
        validate_password(password, staff)
        staff.set_password(password)
    elif is_new:
        staff.set_unusable_password()
    staff.full_clean(exclude=["password"])
    before = () if is_new else staff.role_names()
    with recording() as record:
        staff.save()
        staff.groups.set([Group.objects.get(name=role)])
        record(
            Event(
                type=EventType.STAFF_CREATED if is_new else EventType.STAFF_CHANGED,
                actor=actor,
                target=Target(kind=TargetKind.STAFF, id=str(staff.pk)),
                why=Why(reason=_change(before, role, password_set=password is not None)),
            )
        )
    return Employed(staff, is_new)


def _change(before: tuple[str, ...], role: Role, *, password_set: bool) -> str:
    """Before and after, in one line of the log."""
    roles = f"role {', '.join(before) or 'none'} to {role}"
    return f"{roles}, password set" if password_set else roles
