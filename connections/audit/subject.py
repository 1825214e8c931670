"""Everything the log holds about one of Smartcar's users, as they may be given it: without names of staff."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext, gettext_noop, override

from connections.audit.archived import archived_through
from connections.audit.sentences import sentence
from connections.audit.stored import stored_events
from connections.audit.verifier.verify import Event, parsed
from connections.models import Item

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


def facts_about(user: UUID) -> Iterator[Fact]:
    """Oldest first, streamed."""
    for event in _events_about(user):
        yield _fact(event)


def lines_about(user: UUID, made_at: str, tail: int) -> Iterator[str]:
    """
    One JSON document, a piece at a time; `count` stands at its end, so that a cut one is seen to be.

    What is archived up to `archived_through` is not in it.
    """
    head: dict[str, str | int] = {"user": str(user), "made_at": made_at, "newest_event_in_log": tail}
    if archived := archived_through():
        head["archived_through"] = archived
    yield json.dumps(head)[:-1] + ', "events": ['
    count = 0
    for event in _events_about(user):
        with override(None):  # a file is the same whoever asks for it
            fact = _fact(event)
        yield ("," if count else "") + "\n" + json.dumps(asdict(fact), ensure_ascii=False)
        count += 1
    yield f'\n], "count": {count}}}\n'


def _events_about(user: UUID) -> Iterator[Event]:
    """With those of revocations that covered the person among others, which name only the vehicle."""
    covered = Item.objects.filter(user_id=user).values_list("operation_id", flat=True).distinct()
    of_all = Q(operation__in=[str(each) for each in covered], target_user__isnull=True)
    return stored_events(Q(target_user=str(user)) | of_all)


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
