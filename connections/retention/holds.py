"""
Legal holds: what a hold covers is neither erased nor archived, which the triggers of the database see to.

The events say whom a hold is about only in their query, never as their target:
a report that a customer is given must not tell of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from connections.audit.browse import entries_by_number
from connections.audit.canonical import storable
from connections.audit.entries import Entry
from connections.audit.events import Actor, Event, EventType, Found, Target, TargetKind, Why
from connections.audit.ledger import recording
from connections.models import AuditHold, HoldKind

_LONGEST = 200
_IDS = {HoldKind.USER, HoldKind.VEHICLE, HoldKind.OPERATION}


class NotHeld(Exception):  # noqa: N818 - it names what did not happen
    """The hold was not placed, or not lifted; the message says why."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold as a person reads it; `lifted` is None while it stands."""

    seq: int
    what: str
    reference: str
    placed: Entry | None
    reason: str
    lifted: Entry | None
    is_standing: bool


def place(kind: HoldKind, value: str, *, actor: Actor, reference: str, reason: str) -> AuditHold:
    """From its commit on nothing that it covers is erased or archived. Raises `NotHeld`, `NotRecorded`."""
    held = _checked(kind, value)
    _check_reference(reference)
    with recording() as record:
        recorded = record(_event(EventType.AUDIT_HOLD_PLACED, (kind, held), actor, Why(ticket=reference, note=reason)))
        hold = AuditHold(seq=recorded.seq, kind=kind, value=held)
        hold.save()
    return hold


def lift(seq: int, *, actor: Actor, reference: str, reason: str) -> None:
    """End the hold that this event placed. Raises `NotHeld`, `NotRecorded`."""
    _check_reference(reference)
    with recording() as record:
        hold = AuditHold.objects.filter(seq=seq).first()
        if hold is None:
            raise NotHeld(f"There is no hold {seq}.")
        if hold.lifted_seq is not None:
            raise NotHeld(f"Hold {seq} was lifted already, by event {hold.lifted_seq}.")
        why = Why(ticket=reference, note=reason)
        recorded = record(_event(EventType.AUDIT_HOLD_LIFTED, (hold.kind, hold.value), actor, why, cause=seq))
        with connection.cursor() as cursor:
            cursor.execute("UPDATE audit_hold SET lifted_seq = %s WHERE seq = %s", [recorded.seq, seq])


def holds() -> list[Hold]:
    """All there ever were: those that stand first, each group the newest first."""
    rows = sorted(AuditHold.objects.all(), key=lambda row: (row.lifted_seq is not None, -row.seq))
    entries, reasons = entries_by_number([each for row in rows for each in (row.seq, row.lifted_seq) if each])
    return [_hold(row, entries, reasons) for row in rows]


def described(kind: str, value: str) -> str:
    """`user 1e25…`, or `everything`."""
    return f"{kind} {value}".strip()


def standing() -> Sequence[str]:
    """What the holds that stand are on, for a message."""
    rows = AuditHold.objects.filter(lifted_seq=None).order_by("seq")
    return [f"hold {row.seq} on {described(row.kind, row.value)}" for row in rows]


def _hold(row: AuditHold, entries: dict[int, Entry], reasons: dict[int, str]) -> Hold:
    placed = entries.get(row.seq)
    return Hold(
        seq=row.seq,
        what=described(row.kind, row.value),
        reference=placed.ticket if placed else "",
        placed=placed,
        reason=reasons.get(row.seq, ""),
        lifted=entries.get(row.lifted_seq) if row.lifted_seq else None,
        is_standing=row.lifted_seq is None,
    )


def _checked(kind: HoldKind, value: str) -> str:
    if kind in _IDS:
        try:
            return str(UUID(value))
        except ValueError as problem:
            raise NotHeld(f"A hold on {kind.label} needs its id, such as 0191f1a2-….") from problem
    if kind is HoldKind.EVERYTHING and value:
        raise NotHeld("A hold on everything has no value.")
    if kind is HoldKind.TICKET and not 0 < len(value) <= _LONGEST:
        raise NotHeld(f"A hold on a ticket needs the ticket, of at most {_LONGEST} letters.")
    return storable(value)  # as it stands in the log


def _check_reference(reference: str) -> None:
    if not 0 < len(reference) <= _LONGEST:
        raise NotHeld(f"A hold needs the reference of its case, of at most {_LONGEST} letters.")


def _event(what: EventType, on: tuple[str, str], actor: Actor, why: Why, *, cause: int | None = None) -> Event:
    query = {name: part for name, part in zip(("on", "value"), on, strict=True) if part}
    return Event(
        type=what, actor=actor, target=Target(kind=TargetKind.AUDIT), why=why, found=Found(query=query), cause=cause
    )
