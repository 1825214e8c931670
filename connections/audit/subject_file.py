"""
The report about one user as a file, from its record to its end.

As with any export: its record is committed and the log signed before the first
byte leaves, and its end is committed before the last one does.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC
from typing import Any
from uuid import UUID

from django.utils.translation import override

from connections.audit.archived import archived_through
from connections.audit.canonical import canonical_time
from connections.audit.checkpoints import NotCheckpointed, checkpoint
from connections.audit.delivery import NotExported
from connections.audit.events import Actor, Event, EventType, Found, Outcome, Status, Target, TargetKind
from connections.audit.ledger import NotRecorded, append
from connections.audit.subject import facts_about
from connections.audit.verifier.verify import Checkpoint

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class SubjectFile:
    """`seq` is the event that says who asked; what is archived up to `archived` is not in it."""

    user: UUID
    actor: Actor
    request: UUID
    seq: int
    made_at: str
    checkpoint: Checkpoint
    archived: int
    count: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    @classmethod
    def prepare(cls, user: UUID, *, actor: Actor, request: UUID) -> "SubjectFile":
        """Record who asks, and sign the log. Raises `NotRecorded`, or `NotExported` if nothing could be signed."""
        found = Found(query={"user": str(user), "format": "json"})
        asked = append(_event(user, Status.PENDING, found, actor=actor, request=request))
        try:
            signed = checkpoint()
        except NotCheckpointed as problem:
            raise NotExported(f"A report needs a checkpoint. {problem}") from problem
        return cls(
            user=user,
            actor=actor,
            request=request,
            seq=asked.seq,
            made_at=canonical_time(asked.at.astimezone(UTC)),
            checkpoint=signed,
            archived=archived_through(),
        )

    def pieces(self) -> Iterator[str]:
        """
        One JSON document; `count` stands at its end, so that a cut one is seen to be.

        Raises `NotExported` before that where events are archived meanwhile: it would lack them without saying so.
        """
        is_whole = False
        try:
            yield self._head()
            yield from self._lines()
            if archived_through() != self.archived:
                raise NotExported("The report broke off: events were archived meanwhile. Ask for it again.")
            self._record(Status.SUCCESS, self._digest.hexdigest())
            is_whole = True
            yield f'\n], "count": {self.count}}}\n'
        finally:
            if not is_whole:
                self._break_off()

    def _head(self) -> str:
        head: dict[str, str | int] = {"user": str(self.user), "made_at": self.made_at, "newest_event_in_log": self.seq}
        if self.archived:
            head["archived_through"] = self.archived
        return json.dumps(head | {"checkpoint": self.checkpoint.note}, ensure_ascii=False)[:-1] + ', "events": ['

    def _lines(self) -> Iterator[str]:
        facts = facts_about(self.user, self.archived, self.seq)
        while True:
            with override(None):  # a file is the same whoever asks for it
                fact = next(facts, None)
            if fact is None:
                return
            line = json.dumps(asdict(fact), ensure_ascii=False)
            self._digest.update(f"{line}\n".encode())
            yield ("," if self.count else "") + "\n" + line
            self.count += 1

    def _break_off(self) -> None:
        try:
            self._record(Status.FAILED, None)
        except NotRecorded:
            logger.exception("A report broke off after %s events, which could not be recorded", self.count)

    def _record(self, status: Status, digest: str | None) -> None:
        query = {"user": str(self.user), "format": "json", "checkpoint": str(self.checkpoint.size)}
        found = Found(count=self.count, digest=digest, query=query)
        append(_event(self.user, status, found, actor=self.actor, request=self.request, cause=self.seq))


def _event(user: UUID, status: Status, found: Found, *, actor: Actor, request: UUID, cause: int | None = None) -> Event:
    return Event(
        type=EventType.AUDIT_EXPORTED,
        actor=actor,
        target=Target(kind=TargetKind.EXPORT, user=user),
        outcome=Outcome(status=status),
        found=found,
        request=request,
        cause=cause,
    )
