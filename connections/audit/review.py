"""What waits to be looked at by a second pair of eyes, and what they made of it."""

from collections.abc import Collection, Iterator
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext

from connections.audit import words
from connections.audit.anomalies import Anomaly, conditions_of
from connections.audit.events import Actor, Event, EventType, Target, TargetKind, Why
from connections.audit.ledger import Recorded, recording
from connections.audit.reach import Reach
from connections.models import AuditEvent, Review, Verdict

_SAMPLED = [
    EventType.CONNECTION_VIEWED,
    EventType.REVOCATION_INTENDED,
    EventType.APPROVAL_GRANTED,
    EventType.APPROVAL_DENIED,
    EventType.BULK_STARTED,
    EventType.AUDIT_EXPORTED,
    EventType.AUDIT_REDACTED,
    EventType.STAFF_CREATED,
    EventType.STAFF_CHANGED,
    EventType.STAFF_DISABLED,
]
_LEAVES = 2**256


class NotReviewable(Exception):  # noqa: N818 - it states what the event is
    """One's own deed, or reviewed already; the message says which."""


def waiting(*, reviewer: str, visible_to: Collection[str] | None, before: int | None = None) -> AuditEvent | None:
    """The newest event, before that number, which waits for this person; None when nothing does."""
    reach = Reach(before=before, limit=1)
    waits = _waits(reviewer, visible_to)
    parts = [words.reached(waits.filter(condition), reach) for condition in _drawn()]
    return AuditEvent.objects.filter(seq__in=words.either(parts)).order_by("-seq").first()


def why_waiting(event: AuditEvent) -> str:
    """`anomaly`, `sample`, or nothing."""
    same = AuditEvent.objects.filter(seq=event.seq)
    if any(same.filter(condition).exists() for condition in conditions_of(Anomaly.ANY)):
        return "anomaly"
    return "sample" if same.filter(_sample()).exists() else ""


def review(event: AuditEvent, verdict: Verdict, note: str, *, actor: Actor, request: UUID | None) -> Recorded:
    """Record what a person thinks of an event. Raises `NotReviewable`, or `NotRecorded`."""
    if event.actor_id == actor.id:
        raise NotReviewable(gettext("Nobody reviews their own deeds."))
    with recording() as record:
        if Review.objects.filter(reviewed=event.seq).exists():
            raise NotReviewable(gettext("Somebody has reviewed this event already."))
        recorded = record(
            Event(
                type=EventType.AUDIT_REVIEWED,
                actor=actor,
                target=Target(kind=TargetKind.AUDIT, id=str(event.seq)),
                why=Why(reason=verdict, note=note or None),
                request=request,
                cause=event.seq,
            )
        )
        Review.objects.create(reviewed=event.seq, verdict=verdict, seq=recorded.seq)
    return recorded


def _waits(reviewer: str, visible_to: Collection[str] | None) -> QuerySet[AuditEvent]:
    waits = AuditEvent.objects.filter(~Exists(Review.objects.filter(reviewed=OuterRef("seq"))))
    waits = waits.filter(~Q(actor_id=reviewer))
    return waits if visible_to is None else waits.filter(actor_id__in=sorted(visible_to))


def _drawn() -> Iterator[Q]:
    yield _sample()
    yield from conditions_of(Anomaly.ANY)


def _sample() -> Q:
    """
    Those whose leaf lies in the lowest part of all leaves there can be.

    A leaf is a digest over the event before, a time and random bits: who does a
    deed cannot choose whether it is drawn, and everybody can see later that it was.
    """
    lowest = min(settings.AUDIT_REVIEW_PERCENT, 100) * _LEAVES // 100
    drawn = Q() if lowest == _LEAVES else Q(leaf__lt=lowest.to_bytes(32))
    return Q(type__in=_SAMPLED) & drawn
