"""What verification of the database finds where events are archived: tombstones, kept leaves, and rows not yet gone."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from connections.audit.canonical import storable
from connections.audit.events import EventType
from connections.audit.stored import as_canonical, body_of, stored_events
from connections.audit.tree import read_hashes
from connections.audit.verifier.verify import (
    Archive,
    Beside,
    Event,
    Extent,
    NotIntact,
    Tombstone,
    Trust,
    Verdict,
    check_events,
    check_tombstones,
    part,
)
from connections.audit.verify_beside import refuse_ahead
from connections.models import AuditCheckpoint, AuditEvent, AuditTombstone

_LEAVES_AT_ONCE = 2000
_KINDS = EventType.AUDIT_ARCHIVED, EventType.AUDIT_RESTORED
# As it stands in a body: within a value quotation marks are escaped.
_TELLING = tuple(f'"type":"{each}"' for each in _KINDS)
_NOT_THERE = "it archived events or brought them back, and the tombstone of that is not there"

CopiesProblem = Callable[[Sequence[Any] | None, Mapping[str, Any], bytes], str | None]


def checked_tombstones(trust: Trust, newest: int) -> list[Tombstone]:
    """Those up to an event that stand, each signed and as its event and its checkpoint say. Raises `NotIntact`."""
    rows = list(_tombstones().order_by("first", "seq"))
    refuse_ahead(max((row.seq for row in rows), default=0), "tombstone")
    rows = [row for row in rows if row.seq <= newest]
    parsed = {row.seq: _parsed(row) for row in rows}
    found = [parsed[row.seq] for row in rows if row.restored_seq is None]
    check_tombstones(found, trust)
    through = found[-1].last if found else 0
    for row in rows:
        _check_order(row)
        if found_there := _check_event(row.seq, EventType.AUDIT_ARCHIVED, parsed[row.seq], through):
            _check_unsigned(row, found_there)
        if row.restored_seq is not None:
            _check_event(row.restored_seq, EventType.AUDIT_RESTORED, parsed[row.seq], through)
    for each in found:
        root = AuditCheckpoint.objects.filter(size=each.last).values_list("root", flat=True).first()
        if root is None or bytes(root) != each.root:
            raise NotIntact(Verdict.ALTERED, each.first, "its tombstone is not of a checkpoint that is here")
    return found


def _parsed(row: AuditTombstone) -> Tombstone:
    try:
        tombstone = Tombstone.parse(row.note)
    except ValueError as problem:
        raise NotIntact(Verdict.ALTERED, row.first, "its tombstone cannot be read") from problem
    if (tombstone.first, tombstone.last) != (row.first, row.last):
        raise NotIntact(Verdict.ALTERED, row.first, "the columns of its tombstone do not say what it says")
    return tombstone


def _check_order(row: AuditTombstone) -> None:
    """What says that events were archived comes after them, and that they came back after that. Raises `NotIntact`."""
    if row.seq <= row.last or (row.restored_seq is not None and row.restored_seq <= row.seq):
        raise NotIntact(Verdict.ALTERED, row.first, "its tombstone is said to be older than what it is about")


def _check_event(seq: int, kind: EventType, tombstone: Tombstone, through: int) -> Mapping[str, Any]:
    """What the event that says so found; nothing where that may be archived itself by now. Raises `NotIntact`."""
    if seq <= through:
        return {}
    row = AuditEvent.objects.filter(seq=seq).first()
    return _found(body_of(row.body) if row else {}, kind, tombstone)


def _found(body: Mapping[str, Any], kind: EventType, tombstone: Tombstone) -> Mapping[str, Any]:
    """What the event found that archived these events, or brought them back. Raises `NotIntact` for any other."""
    said = part(body, "found")
    if body.get("type") != kind or said.get("digest") != tombstone.sha256:
        raise NotIntact(Verdict.ALTERED, tombstone.first, f"its tombstone has no {kind} of the same events")
    return said


def _tombstones() -> QuerySet[Any]:
    """All of them, with `ended`, the time of the last event as text: what its column holds may be none."""
    rows: QuerySet[Any] = AuditTombstone.objects.defer("last_at").annotate(ended=as_canonical("last_at"))
    return rows


def _check_unsigned(row: Any, said: Mapping[str, Any]) -> None:
    """What stands beside the signed tombstone is what its event says, as far as that says it. Raises `NotIntact`."""
    query = part(said, "query")
    for name, value in (("location", storable(str(row.location))), ("last_at", row.ended)):
        if query.get(name, value) != value:
            why = f"the {name} of its tombstone is not what its {EventType.AUDIT_ARCHIVED} says"
            raise NotIntact(Verdict.ALTERED, row.first, why)


def check_told(newest: int, through: int) -> None:
    """
    After the last event: each that archived others, or brought them back, has its tombstone, up to an event.

    What is archived up to `through` is asked where the archive is read. Raises `NotIntact`.
    """
    events = AuditEvent.objects.filter(type__in=_KINDS, seq__gt=through, seq__lte=newest)
    told = {each for row in AuditTombstone.objects.values_list("seq", "restored_seq") for each in row}
    if missing := set(events.values_list("seq", flat=True)) - told:
        raise NotIntact(Verdict.ALTERED, min(missing), _NOT_THERE)


def archived_events(archive: Archive) -> Iterator[Event]:
    """All of an archive, in order; those that tell of tombstones are held against them. Raises `NotIntact`."""
    rows = {row.seq: row for row in _tombstones()}
    restored = {row.restored_seq: row for row in rows.values()}
    for event in archive.events():
        yield event  # and is called altered by whoever takes it, before it is believed
        if event.seq in rows or event.seq in restored or any(each in event.body for each in _TELLING):
            _check_telling(json.loads(event.body), rows.get(event.seq), restored.get(event.seq))


def _check_telling(body: Mapping[str, Any], row: Any, restored: Any) -> None:
    """Of an archived event that a tombstone names, or that names one. Raises `NotIntact`."""
    if row is None and restored is None:
        raise NotIntact(Verdict.ALTERED, body["seq"], _NOT_THERE)
    if row:
        _check_unsigned(row, _found(body, EventType.AUDIT_ARCHIVED, _parsed(row)))
    if restored:
        _found(body, EventType.AUDIT_RESTORED, _parsed(restored))


def check_archived(tombstones: Sequence[Tombstone], take: Callable[[bytes], NotIntact | None]) -> Extent:
    """Hand over the leaf that was kept of each archived event; gives where the log goes on. Raises `NotIntact`."""
    leaf_by_last = {each.last: each.leaf for each in tombstones}
    through = max(leaf_by_last, default=0)
    seq, leaf = 0, Extent().leaf
    for first in range(0, through, _LEAVES_AT_ONCE):
        for leaf in read_hashes(0, first, min(_LEAVES_AT_ONCE, through - first)):
            seq += 1
            if problem := take(leaf):
                raise problem
            if leaf_by_last.get(seq, leaf) != leaf:
                raise NotIntact(Verdict.ALTERED, seq, "its leaf is not the one that its tombstone was signed over")
    if seq < through:
        raise NotIntact(Verdict.INCOMPLETE, seq + 1, "it is archived, and its leaf was not kept")
    return Extent(last=through or None, leaf=leaf)


def check_leftovers(through: int, copies_problem: CopiesProblem) -> None:
    """
    Rows of archived events that are still there: archiving or restoring was interrupted.

    Each must be what was archived, since pages show it. Raises `NotIntact`.
    """
    events = stored_events(Q(seq__lte=through)) if through else iter(())
    check_events(events, shelf=None, beside=_Leftovers(copies_problem))


class _Leftovers(Beside):
    def __init__(self, copies_problem: CopiesProblem) -> None:
        self._copies_problem = copies_problem

    def problem(self, event: Event, body: Mapping[str, Any], leaf: bytes) -> str | None:
        if read_hashes(0, event.seq - 1, 1) != [leaf]:
            return "it is archived, and this is not what was archived"
        return self._copies_problem(event.copies, body, leaf)
