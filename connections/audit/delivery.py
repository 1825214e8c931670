"""
An export from its record to its end: what is to be delivered, how far it came, and what the log says of it.

Its record is committed and the log signed before the first byte leaves, and its
end is committed before the last piece does: a file that is complete was
recorded as complete, and one that is not lacks its end.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from django.db import Error
from django.utils.translation import gettext

from connections.audit.archived import archived_through
from connections.audit.checkpoints import NotCheckpointed, checkpoint
from connections.audit.events import Actor, Event, EventType, Found, Outcome, Status, Target, TargetKind
from connections.audit.filters import Filters
from connections.audit.ledger import NotRecorded, Recorded, append
from connections.audit.selection import Block, Selection
from connections.audit.verifier.verify import NO_LEAF, Checkpoint, leaf_hash
from connections.ids import uuid7
from connections.models import AuditEvent

logger = logging.getLogger(__name__)


class NotExported(Exception):  # noqa: N818 - it names what did not happen
    """There is no export, or none that is complete; the message says why, for the person who asked."""


class Format(StrEnum):
    """How events are written down."""

    NATIVE = "native"
    CSV = "csv"
    OCSF = "ocsf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """
    What is to be delivered: the same each time it is asked for.

    `seq` is the event that says who asked for it; `count` is None where counting
    would have taken too long.
    """

    id: UUID
    format: Format
    selection: Selection
    checkpoint: Checkpoint
    seq: int
    at: datetime
    count: int | None


def prepare(
    filters: Filters, *, form: Format, visible_to: frozenset[str] | None, actor: Actor, request: UUID | None = None
) -> Export:
    """
    Record who asks for which events, sign the log, and count what matches up to there.

    So an export of everything holds its own event, and none grows while it is
    delivered. Raises `NotRecorded`, or `NotExported` if nothing could be signed.
    """
    identifier, pending = uuid7(), Outcome(status=Status.PENDING)
    found = Found(query=_terms(form, visible_to), search=str(filters) or None)
    recorded = append(_event(identifier, actor=actor, outcome=pending, found=found, request=request))
    try:
        made = checkpoint()
    except NotCheckpointed as problem:
        raise NotExported(f"An export needs a checkpoint. {problem}") from problem
    selection = Selection(filters=filters, visible_to=visible_to, size=made.size)
    return Export(
        id=identifier,
        format=form,
        selection=selection,
        checkpoint=made,
        seq=recorded.seq,
        at=recorded.at.astimezone(UTC),
        count=selection.count(),
    )


def check_unchanged(export: Export) -> None:
    """
    That nothing was erased since it was prepared, which none of the events in it could say.

    Whoever verified a bundle of the whole log would take that for tampering. Raises `NotExported`.
    """
    if export.format is Format.NATIVE and export.selection.is_whole:
        erased = AuditEvent.objects.filter(seq__gt=export.selection.size, type=EventType.AUDIT_REDACTED)
        if erased.exists():
            raise NotExported(gettext("Personal details were erased since this export was prepared. Prepare it again."))


class Delivery:
    """One time that an export is handed over, to one recipient; `count` is how many events have left."""

    def __init__(self, export: Export, *, actor: Actor, request: UUID | None = None) -> None:
        self.export = export
        self.count = 0
        self.first: int | None = None
        self.last: int | None = None
        self.end: Recorded | None = None
        self._leaf = NO_LEAF.hex()
        self._alarm: str | None = None
        self._archived = archived_through()
        self._actor, self._request = actor, request

    def blocks(self) -> Iterator[Block]:
        """The events, with their chain verified as they go by; one that is broken is delivered, and said at the end."""
        for block in self.export.selection.blocks():
            self._verify(block)
            yield block
            self.count += len(block.events)

    def conclude(self, digest: str) -> Recorded:
        """
        Record that all events have left, with the SHA-256 of what they were written as.

        Raises `NotRecorded`, or `NotExported` if they are not as many as were counted, or not what they were.
        """
        check_unchanged(self.export)
        if archived_through() != self._archived:
            raise NotExported("The export broke off: events were archived meanwhile. Prepare it again.")
        if self.export.count not in (None, self.count):
            why = f"{self.count} events matched, and {self.export.count} did before: names or notes changed meanwhile."
            raise NotExported(f"The export broke off. {why} Prepare it again.")
        self.end = self._record(Outcome(status=Status.SUCCESS, alarm=self._alarm), digest)
        return self.end

    @contextmanager
    def to_its_end(self) -> Iterator[None]:
        """Record as failed what ends before it was concluded, whatever the reason. Raises `NotExported`."""
        try:
            yield
        except Error as problem:
            why = f"the database cannot be read ({str(problem).strip()})"
            raise NotExported(f"The export broke off: {why}. Verify the log.") from problem
        finally:
            if self.end is None:
                self._break_off()

    def _break_off(self) -> None:
        try:
            self._record(Outcome(status=Status.FAILED), None)
        except NotRecorded:
            logger.exception("An export broke off after %s events, which could not be recorded", self.count)

    def _record(self, outcome: Outcome, digest: str | None) -> Recorded:
        export = self.export
        terms = _terms(export.format, export.selection.visible_to) | {"checkpoint": str(export.selection.size)}
        search = str(export.selection.filters) or None
        found = Found(count=self.count, digest=digest, query=terms, search=search)
        return append(
            _event(export.id, actor=self._actor, outcome=outcome, found=found, request=self._request, cause=export.seq)
        )

    def _verify(self, block: Block) -> None:
        """Each leaf is that of its body, and each body links to the leaf before where that is delivered too."""
        last, leaf = self.last or 0, self._leaf
        if self.first is None:
            self.first = block.events[0][0]
        for seq, body, stored in block.events:
            computed = leaf_hash(body)
            if computed != stored:
                self._alarm = self._alarm or f"event {seq}: its body does not give its leaf"
            if seq == last + 1 and f'"prev":"{leaf}"' not in body:
                self._alarm = self._alarm or f"event {seq}: it does not link to the event before"
            last, leaf = seq, computed.hex()
        self.last, self._leaf = last, leaf


def _terms(form: Format, visible_to: frozenset[str] | None) -> dict[str, str]:
    """What `found.query` of an export's events says beside the search itself, which can be erased."""
    limits = {} if visible_to is None else {"visible_to": " ".join(sorted(visible_to))}
    if archived := archived_through():
        limits["archived_through"] = str(archived)
    return {"format": form.value, **limits}


def _event(
    identifier: UUID,
    *,
    actor: Actor,
    outcome: Outcome,
    found: Found,
    request: UUID | None,
    cause: int | None = None,
) -> Event:
    return Event(
        type=EventType.AUDIT_EXPORTED,
        actor=actor,
        target=Target(kind=TargetKind.EXPORT, id=str(identifier)),
        outcome=outcome,
        found=found,
        request=request,
        cause=cause,
    )
