"""
Create and change staff accounts, with the event that says so in the same transaction.

Everybody who does so waits for everybody else, as all appends to the audit log
do: so a rule that was asked inside the transaction still holds at its end.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import user_pk_to_url_str
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from connections.audit.events import Actor, ActorKind, Event, EventType, Target, TargetKind, Why
from connections.audit.ledger import recording
from connections.models import Staff
from connections.names import folded
from connections.permissions import Permission, Role, may
from connections.sign_in import second_factor
from connections.sign_in.passwords import ONE_TIME_LIFETIME
from connections.standing import Change, Standing, holds_access

# In the rows of versions that did not keep the issuer.
_ANY_ISSUER = "oidc"


class NotChanged(Exception):  # noqa: N818 - it names what did not happen
    """A rule forbids it, or the account is no longer what was shown; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Employed:
    """The account, and whether this call made it."""

    staff: Staff
    is_new: bool


def employ(
    *,
    actor: Actor,
    name: str,
    role: Role,
    password: str | None,
    subject: str | None = None,
    resets_second_factor: bool = False,
) -> Employed:
    """
    Make sure that `name` exists with exactly this role; a password is set only if one is given.

    Raises Django's `ValidationError` for a name or password that will not do,
    `NotChanged` if a rule forbids it, `NotRecorded` if the event could not be
    written (nothing was changed then).
    """
    to = Change(role=role, password=password, subject=subject)
    known = Staff.objects.filter(username=name).first()
    if known is None:
        return Employed(create(name, to, actor=actor), is_new=True)
    if resets_second_factor:
        to = replace(to, forgets_second_factor=True, ends_sessions=True)
    change(known.pk, to, actor=actor)
    return Employed(Staff.objects.get(pk=known.pk), is_new=False)


def create(name: str, to: Change, *, actor: Actor, request_id: UUID | None = None) -> Staff:
    """A new account; without a password nobody can sign in with it. Raises as `employ` does."""
    staff = Staff(username=name, team=to.team or "")
    _set_password(staff, to)
    with recording() as record:
        _require_right(actor)
        if is_taken(name):
            raise ValidationError(gettext("There is an account of this name."), code="unique")
        staff.full_clean(exclude=["password"])
        staff.save()
        staff.groups.set(Group.objects.filter(name=to.role))
        _link(staff, to)
        record(_event(EventType.STAFF_CREATED, staff, Standing.nobody().differences(to), actor, request_id))
    return staff


def is_taken(name: str) -> bool:
    """Whether somebody has this name, however it is written: sign-in would take the two for one."""
    return folded(name) in map(folded, Staff.objects.values_list("username", flat=True))


def change(
    staff_id: int, to: Change, *, actor: Actor, shown: str | None = None, request_id: UUID | None = None
) -> None:
    """
    Change an account, end its sessions if it may no longer do the same, and record before and after.

    `shown` is the digest of the standing that the actor saw, if they saw one.
    Raises as `employ` does, and `Staff.DoesNotExist`.
    """
    written = Staff.objects.get(pk=staff_id)
    _set_password(written, to)
    with recording() as record:
        staff = Staff.objects.get(pk=staff_id)
        before = Standing.of(staff)
        if shown not in (None, before.digest()):
            raise NotChanged(gettext("The account changed since you looked."))
        _require_right(actor)
        if why := obstacle(staff, to, actor=actor):
            raise NotChanged(why)
        if to.password is not None:
            staff.password, staff.password_until = written.password, written.password_until
        if to.forgets_second_factor:
            second_factor.forget(staff)
        _link(staff, to)
        _take_on(staff, before.after(to))
        if to.ends_sessions or before.after(to).may_differ_from(before):
            _end_sessions(staff)
        kind = EventType.STAFF_DISABLED if to.is_active is False else EventType.STAFF_CHANGED
        record(_event(kind, staff, before.differences(to), actor, request_id))


def obstacle(staff: Staff, to: Change, *, actor: Actor) -> str:
    """The rule that forbids this change, as a sentence; empty if none does. Buttons ask it, and so does the deed."""
    if actor.kind == ActorKind.STAFF and actor.id == str(staff.pk):
        return gettext("Nobody changes their own account here. Ask another access administrator.")
    before = Standing.of(staff)
    if holds_access(before) and not holds_access(before.after(to)) and _is_last(staff):
        words = gettext("%(name)s is the last access administrator. Make another one first.")
        return words % {"name": staff.username}
    return ""


def _is_last(staff: Staff) -> bool:
    others = Staff.objects.filter(is_active=True, groups__name=Role.ACCESS_ADMIN).exclude(pk=staff.pk)
    return not others.exists()


def _require_right(actor: Actor) -> None:
    """Once more, inside the transaction: somebody may have taken it from them since the request came in."""
    if actor.kind == ActorKind.STAFF and not may(Staff.objects.get(pk=actor.id or 0), Permission.MANAGE_STAFF):
        raise NotChanged(gettext("You may no longer change staff accounts."))


def bind_to_issuer() -> int:
    """Accounts of versions that did not keep the issuer are of the one that is configured; how many there were."""
    if not settings.OIDC_ISSUER:
        return 0
    return int(SocialAccount.objects.filter(provider=_ANY_ISSUER).update(provider=settings.OIDC_ISSUER))


def _set_password(staff: Staff, to: Change) -> None:
    """Before the transaction, which must not wait for a hash that is slow on purpose."""
    if to.password is None:
        staff.password = staff.password or make_password(None)
        return
    validate_password(to.password, staff)
    staff.set_password(to.password)
    staff.password_until = datetime.now(UTC) + ONE_TIME_LIFETIME if to.is_one_time else None


def _take_on(staff: Staff, standing: Standing) -> None:
    staff.team, staff.is_active = standing.team, standing.is_active
    staff.clean_fields(exclude=["password"])
    staff.save(update_fields=["team", "is_active", "password", "password_until"])
    staff.groups.set(Group.objects.filter(name__in=standing.roles))


def _link(staff: Staff, to: Change) -> None:
    """A subject is one of the issuer that is configured, and of no other."""
    if to.subject is None:
        return
    issuer = settings.OIDC_ISSUER
    if not issuer:
        raise NotChanged("OIDC_ISSUER is not set, so there is no provider to be linked to.")
    if SocialAccount.objects.filter(provider=issuer, uid=to.subject).exclude(user=staff).exists():
        raise NotChanged(gettext("Somebody else is linked to this subject of the provider."))
    SocialAccount.objects.filter(user=staff).exclude(provider=issuer).delete()
    SocialAccount.objects.update_or_create(user=staff, provider=issuer, defaults={"uid": to.subject})


def _end_sessions(staff: Staff) -> None:
    """Everywhere at once, begun sign-ins too; whose a session is stands inside of it."""
    for session in Session.objects.filter(expire_date__gt=datetime.now(UTC)):
        kept = session.get_decoded()
        begun = kept.get(LOGIN_SESSION_KEY) or {}
        if kept.get(SESSION_KEY) == str(staff.pk) or begun.get("user_pk") == user_pk_to_url_str(staff):
            session.delete()


def _event(
    kind: EventType, staff: Staff, differences: tuple[tuple[str, str, str], ...], actor: Actor, request_id: UUID | None
) -> Event:
    """Before and after in one line of the log; the name is personal, so it stands where it can be erased."""
    lines = [f"{what} {before} to {after}" if before else f"{what} {after}" for what, before, after in differences]
    return Event(
        type=kind,
        actor=actor,
        target=Target(kind=TargetKind.STAFF, id=str(staff.pk)),
        why=Why(reason=", ".join(lines) or "nothing", note=staff.username),
        request=request_id,
    )
