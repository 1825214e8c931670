"""What verification of the database finds of legal holds: each is what its events say, and each event has its hold."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from connections.audit.events import EventType
from connections.audit.verifier.verify import Event, NotIntact, Verdict, part
from connections.audit.verify_beside import refuse_ahead
from connections.models import AuditEvent, AuditHold

_KINDS = (EventType.AUDIT_HOLD_PLACED, EventType.AUDIT_HOLD_LIFTED)


@dataclass(frozen=True, slots=True)
class Told:
    """By their events: on what each hold was placed, and which event lifted it, by the number of the placing one."""

    placed: dict[int, tuple[str, str]] = field(default_factory=dict)
    lifted: dict[int, int] = field(default_factory=dict)

    def listening(self, events: Iterable[Event]) -> Iterator[Event]:
        """The same events, once they were handed on and found to be what was archived."""
        for event in events:
            yield event
            if '"type":"audit.hold_' in event.body:
                self.take(event.seq, event.body)

    def take(self, seq: int, text: str) -> None:
        body = json.loads(text)
        query = part(part(body, "found"), "query")
        if body["type"] == EventType.AUDIT_HOLD_PLACED:
            self.placed[seq] = str(query.get("on", "")), str(query.get("value", ""))
        elif body["type"] == EventType.AUDIT_HOLD_LIFTED:
            self.lifted[body.get("cause")] = seq


def check_holds(newest: int, through: int, *, archived: Told | None = None) -> None:
    """
    That each legal hold is what its events say, and each event has its hold, up to an event.

    What is archived up to `through` may hold their events; where the archive was
    read, `archived` has them. Raises `NotIntact`.
    """
    rows = {row.seq: row for row in AuditHold.objects.order_by("seq")}
    # Read after them, since a hold is committed together with its event.
    told = archived or Told()
    kept = AuditEvent.objects.filter(type__in=_KINDS, seq__gt=through, seq__lte=newest).order_by("seq")
    for seq, text in kept.values_list("seq", "body"):
        told.take(seq, text)
    named = (each for row in rows.values() for each in (row.seq, row.lifted_seq or 0))
    refuse_ahead(max(named, default=0), "legal hold")
    not_read = 0 if archived else through
    for seq, row in rows.items():
        if seq <= newest:
            _check_hold(row, told.placed.get(seq), told.lifted.get(seq), newest, not_read)
    if missing := told.placed.keys() - rows.keys():
        raise NotIntact(Verdict.ALTERED, min(missing), "it placed a legal hold that is not there")


def _check_hold(row: AuditHold, placed: tuple[str, str] | None, lifted: int | None, newest: int, through: int) -> None:
    """While it stands its event cannot be archived, and it cannot have been lifted before."""
    seq, ended = row.seq, row.lifted_seq
    is_archived = 0 < seq <= through and ended is not None
    if not is_archived and placed != (row.kind, row.value):
        raise NotIntact(Verdict.ALTERED, seq, "it did not place the legal hold that is there by its number")
    if ended is not None and ended > newest:  # meanwhile
        ended = None
    is_ended_in_archive = is_archived and ended is not None and seq < ended <= through
    if not is_ended_in_archive and ended != lifted:
        blamed = ended if ended and ended > through else lifted or seq
        why = f"it lifted the legal hold {seq}, or did not, and the hold says otherwise"
        raise NotIntact(Verdict.ALTERED, blamed, why)
