"""Everything the log holds about one of Smartcar's users, as they may be given it: without names of staff."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext, gettext_noop

from connections.audit.sentences import sentence
from connections.audit.stored import stored_events
from connections.audit.verifier.verify import Event, parsed
from connections.models import AuditEvent, Item, Review

_STAFF = gettext_noop("A member of staff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One event about the person; `note` may be erased, and is then left out."""

    event: int
    at: str
    what: str
    type: str
    vehicle: str
    reason: str
    ticket: str
    note: str


def facts_about(user: UUID, archived: int, tail: int) -> Iterator[Fact]:
    """Oldest first, after what is archived, up to the event that says who asked; streamed."""
    for event in _events_about(user, archived, tail):
        yield _fact(event)


def _events_about(user: UUID, archived: int, tail: int) -> Iterator[Event]:
    """
    With those of revocations that covered the person among others, which name only the vehicle, and with reviews.

    What reviewers wrote of these events is about the person as well, and is erased with them.
    """
    covered = Item.objects.filter(user_id=user).values_list("operation_id", flat=True).distinct()
    of_all = Q(operation__in=[str(each) for each in covered], target_user__isnull=True)
    about = Q(target_user=str(user)) | of_all
    reviews = Review.objects.filter(reviewed__in=AuditEvent.objects.filter(about).values("seq"))
    about |= Q(seq__in=list(reviews.values_list("seq", flat=True)))
    return stored_events(about & Q(seq__gt=archived, seq__lte=tail))


def _fact(event: Event) -> Fact:
    body = parsed(event.body)
    why, target = body.get("why", {}), body.get("target", {})
    note = event.details.get("why.note")
    is_staff = body.get("actor", {}).get("kind") == "staff"
    return Fact(
        event=event.seq,
        at=body["at"],
        what=sentence(body, gettext(_STAFF) if is_staff else None),
        type=body["type"],
        vehicle=target.get("vehicle", ""),
        reason=why.get("reason", ""),
        ticket=why.get("ticket", ""),
        note=(note and note.value) or "",
    )
