"""Events as people read them: rows of the table become text, with personal values in place of commitments."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Self

from django.utils.translation import gettext, gettext_noop

from connections import times
from connections.audit.canonical import canonical_time
from connections.audit.events import Status
from connections.audit.sentences import sentence
from connections.audit.verifier.verify import PERSONAL
from connections.models import AuditDetail, AuditEvent

ERASED = gettext_noop("redacted")
_TONES: dict[str, str] = {
    Status.SUCCESS: "good",
    Status.SEEN_GONE: "good",
    Status.ALREADY_GONE: "good",
    Status.PENDING: "busy",
    Status.SENT: "busy",
    Status.REFUSED: "warn",
    Status.SUPERSEDED: "warn",
    Status.FAILED: "bad",
    Status.UNKNOWN: "unknown",
}
_GROUPS = ("actor", "target", "why", "control", "outcome", "found")

Details = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event as a row of a page: everything a template needs is text."""

    seq: int
    at: datetime
    at_text: str
    at_iso: str
    type: str
    sentence: str
    actor: str
    outcome: str
    tone: str
    ticket: str
    alarm: str
    operation: str
    request: str
    user: str
    vehicle: str


@dataclass(frozen=True, slots=True)
class EntryRow:
    """What a list shows of an entry: texts alone, which a template can be filled with without being rendered again."""

    seq: str
    at_iso: str
    at_text: str
    sentence: str
    type: str
    outcome: str
    tone: str
    ticket: str
    alarm: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(str(entry.seq), *_TEXTS(entry))


_TEXTS = attrgetter("at_iso", "at_text", "sentence", "type", "outcome", "tone", "ticket", "alarm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A part of a body, under its name; `is_erased` if it was personal and is gone."""

    name: str
    value: str
    is_erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FullEntry:
    """One event with all that was recorded; `facts` are the names and values of its body."""

    entry: Entry
    facts: tuple[Fact, ...]
    body: str
    leaf: str
    prev: str


def entries_of(rows: list[AuditEvent]) -> tuple[Entry, ...]:
    """Costs one query, for the details."""
    details = _details(rows)
    return tuple(_entry(row, json.loads(row.body), details.get(row.seq, {})) for row in rows)


def full_entry_of(row: AuditEvent) -> FullEntry:
    body, details = json.loads(row.body), _details([row]).get(row.seq, {})
    return FullEntry(
        entry=_entry(row, body, details),
        facts=tuple(_facts(body, details)),
        body=row.body,
        leaf=bytes(row.leaf).hex(),
        prev=body["prev"],
    )


def tone_of(outcome: str | None) -> str:
    """How an outcome is coloured; nothing for an event that has none."""
    return _TONES.get(outcome or "", "")


def _details(rows: Iterable[AuditEvent]) -> Mapping[int, Details]:
    """Values by sequence number and field; None stands for one that was erased."""
    found: dict[int, dict[str, str | None]] = {}
    details = AuditDetail.objects.filter(seq__in=[row.seq for row in rows])
    for seq, field, value in details.values_list("seq", "field", "value"):
        found.setdefault(seq, {})[field] = value
    return found


def _entry(row: AuditEvent, body: Mapping[str, Any], details: Details) -> Entry:
    name = details.get("actor.name")
    return Entry(
        seq=row.seq,
        at=row.at,
        at_text=times.exact(row.at),
        at_iso=canonical_time(row.at),
        type=row.type,
        sentence=sentence(body, name),
        actor=name or ("" if row.actor_name is None else gettext(ERASED)),
        outcome=(row.outcome or "").replace("_", " "),
        tone=tone_of(row.outcome),
        ticket=row.ticket or "",
        alarm=body.get("outcome", {}).get("alarm", ""),
        operation=row.operation or "",
        request=row.request_id or "",
        user=row.target_user or "",
        vehicle=row.target_vehicle or "",
    )


def _facts(body: Mapping[str, Any], details: Details) -> Iterator[Fact]:
    """The parts of a body, flat: `target.user`; first what happened, then the frame."""
    personal = {f"{group}.{name}" for group, name in PERSONAL}
    for group in _GROUPS:
        for name, value in _flat(group, body.get(group, {})):
            kept = details.get(name) if name in personal else value
            yield Fact(name=name, value=gettext(ERASED) if kept is None else kept, is_erased=kept is None)
    for name in sorted(body.keys() - {*_GROUPS, "prev"}):
        yield Fact(name=name, value=str(body[name]))


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _flat(f"{prefix}.{name}", part)
    elif isinstance(value, list):
        yield prefix, ", ".join(str(item) for item in value)
    else:
        yield prefix, str(value)
