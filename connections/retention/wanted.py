"""Which personal details are to be erased: those of a person, of a revocation, or of a stretch of the log."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from connections.audit.archived import archived_through
from connections.audit.verifier.verify import PERSONAL
from connections.models import AuditDetail, AuditEvent, Item, Review, Staff

FIELDS = tuple(f"{group}.{name}" for group, name in PERSONAL)
_NAME, _NOTE, _SEARCH = "actor.name", "why.note", "found.search"
_OF_ACTOR = {each for each in FIELDS if each.startswith("actor.")}
_TYPED = {_NOTE, _SEARCH}
HELD = RawSQL("SELECT seq FROM audit_held", [])

Detail = tuple[int, str]
"""The number of an event, and a field of it."""


class NotWanted(ValueError):  # noqa: N818 - it says what the request is
    """It does not say what is to be erased; the message names the option."""


@dataclass(frozen=True)
class Wanted:
    """
    One of three, or a stretch of the log, or both together.

    `actor` is the id or the name of who did something, `user` one of
    Smartcar's. Without either, and without an operation, fields must be named.
    """

    actor: str = ""
    user: UUID | None = None
    operation: UUID | None = None
    first: int | None = None
    last: int | None = None
    before: datetime | None = None
    fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if unknown := set(self.fields) - set(FIELDS):
            raise NotWanted(f"There is no field {min(unknown)}: use {', '.join(FIELDS)}.")
        if sum(map(bool, (self.actor, self.user, self.operation))) > 1:
            raise NotWanted("Name one: --actor, --user or --operation.")
        is_narrow = self.first is not None or self.last is not None or self.before is not None
        if not self._is_of_somebody and not (is_narrow and self.fields):
            raise NotWanted(
                "Name a person (--actor, --user), an --operation, or a stretch (--before, --first, --last) and --field."
            )

    @property
    def _is_of_somebody(self) -> bool:
        return bool(self.actor or self.user or self.operation)

    @property
    def is_whole(self) -> bool:
        """All there is of somebody is to go, so that other tables forget them as well."""
        return self._is_of_somebody and (self.first, self.last, self.before, self.fields) == (None, None, None, ())

    @cached_property
    def staff(self) -> list[Staff]:
        """Accounts of who is to be forgotten; none where somebody was never a member of staff, or is no more."""
        return list(Staff.objects.filter(_named(self.actor))) if self.actor else []

    @cached_property
    def actor_ids(self) -> list[str]:
        """As they stand in the log."""
        return [str(each.pk) for each in self.staff] or ([self.actor] if self.actor else [])

    @cached_property
    def operations(self) -> list[str]:
        """Revocations that are about the user, or the one that was named."""
        if self.operation:
            return [str(self.operation)]
        if not self.user:
            return []
        told = AuditEvent.objects.filter(target_user=str(self.user), operation__isnull=False)
        covered = Item.objects.filter(user_id=self.user).values_list("operation_id", flat=True)
        return sorted({*told.values_list("operation", flat=True).distinct(), *map(str, covered.distinct())})

    def details(self, *, held: bool = False, after: int = 0) -> QuerySet[AuditDetail]:
        """
        What is there to be erased from an event on, in the order of the log; or what legal holds keep of it.

        Nothing of what is archived, although rows of it may be there while it
        leaves or comes back: what would come back is what is in the archive.
        """
        first = max(after, archived_through() + 1)
        found = AuditDetail.objects.filter(reduce(or_, self._branches()), value__isnull=False, seq__gte=first)
        on_hold = Q(seq__in=HELD)
        return found.filter(on_hold if held else ~on_hold).order_by("seq", "field")

    def _branches(self) -> Iterator[Q]:
        if self.actor:
            yield self._of(_OF_ACTOR, self._deeds())
            yield self._of({_NOTE}, self._changes_of_account())
        if self.operations:
            yield self._of(_TYPED, Q(operation__in=self.operations))
            yield self._of({_NOTE}, Q(seq__in=self._reviews(Q(operation__in=self.operations))))
        if self.user:
            about = Q(target_user=str(self.user))
            yield self._of(_TYPED, about)
            yield self._of({_NOTE}, Q(seq__in=self._reviews(about)))
            searched = AuditDetail.objects.filter(field=_SEARCH, value__icontains=str(self.user))
            yield self._of({_SEARCH}, Q(seq__in=searched.values("seq")))
        if not self._is_of_somebody:
            yield self._of(set(FIELDS), Q())

    def _of(self, fields: set[str], events: Q) -> Q:
        """These fields, or those of them that were asked for, of these events within the stretch."""
        wanted = fields & set(self.fields) if self.fields else fields
        return Q(field__in=sorted(wanted)) & Q(
            seq__in=AuditEvent.objects.filter(events & self._stretch()).values("seq")
        )

    def _stretch(self) -> Q:
        stretch = Q() if self.first is None else Q(seq__gte=self.first)
        stretch &= Q() if self.last is None else Q(seq__lte=self.last)
        return stretch if self.before is None else stretch & Q(at__lt=self.before)

    def _deeds(self) -> Q:
        """Also of those without an account: what was typed to sign in, in vain, and names of commands' users."""
        named = AuditDetail.objects.filter(field=_NAME, value__iexact=self.actor)
        return Q(actor_id__in=self.actor_ids) | Q(seq__in=named.values("seq"))

    def _changes_of_account(self) -> Q:
        """Their note is the name of the account that was changed."""
        about = (Q(body__contains=f'"target":{{"id":"{each}","kind":"staff"}}') for each in self.actor_ids)
        return Q(type__startswith="staff.") & reduce(or_, about)

    def _reviews(self, reviewed: Q) -> list[int]:
        events = AuditEvent.objects.filter(reviewed).values("seq")
        return list(Review.objects.filter(reviewed__in=events).values_list("seq", flat=True))


def _named(actor: str) -> Q:
    named = Q(username__iexact=actor)
    return named | Q(pk=int(actor)) if actor.isascii() and actor.isdecimal() and len(actor) < 19 else named
