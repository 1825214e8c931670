"""
Archive the oldest events out of the database, with a signed tombstone in their place.

In this order, so that nothing is ever lost: the leaves are kept; the bundle is
written, synced, and verified from the disk; tombstone and event are committed
together; only then, block by block, the rows go. Killed before the commit,
nothing has happened but a folder that is taken up again; killed after it, the
next call deletes what is left.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import Error, connection, transaction

from connections.audit.archived import archived_through
from connections.audit.canonical import canonical_time
from connections.audit.checkpoints import NotCheckpointed, checkpoint
from connections.audit.events import Actor, Event, EventType, Found, Target, TargetKind, Why
from connections.audit.ledger import recording, tail, take_lock
from connections.audit.signing import KeyUnusable, load_keys
from connections.audit.tree import keep_leaves
from connections.audit.verifier.verify import Tombstone, Verdict, verify_bundle
from connections.models import AuditEvent, AuditTombstone
from connections.retention.boundary import Boundary, boundary
from connections.retention.segment import digest_of, write_segment

_KEEPING = 0x6B656570  # as the ledger's lock: any number that nothing else uses
_DELETED_AT_ONCE = 2000

Progress = Callable[[int], None]


class NotArchived(Exception):  # noqa: N818 - it names what did not happen
    """Nothing was deleted; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Up to this event, exactly, or as far as it goes among those recorded before a time."""

    through: int | None = None
    before: datetime | None = None

    def boundary(self) -> Boundary:
        """Raises `NotArchived` where nothing can go, or not exactly what was asked for."""
        found = boundary(through=self.through, before=self.before)
        if found.last is None or (self.through is not None and found.last != self.through):
            what = f"Events {found.first} to {self.through}" if self.through else "The events before that day"
            raise NotArchived(f"{what} cannot be archived: {'; '.join(found.why)}.")
        return found


def archive(
    output: Path, limits: Limits, *, actor: Actor, note: str = "", progress: Progress = lambda _seq: None
) -> Tombstone:
    """
    Write a bundle of the oldest events into a folder of its own in `output`, and delete them.

    Raises `NotArchived`, `NotRecorded`.
    """
    finish(progress)
    try:
        checkpoint()
        found, newest = limits.boundary(), tail()[0]
        last = found.last or 0
        _keep_leaves(last)
        tombstone = _on_disk(output, found.first, last)
    except (NotCheckpointed, KeyUnusable) as problem:
        raise NotArchived(str(problem)) from problem
    except OSError as problem:
        raise NotArchived(f"{output} cannot be written: {problem.strerror}.") from problem
    _commit(output.absolute() / tombstone.folder, tombstone, newest, actor=actor, note=note)
    finish(progress)
    return tombstone


def finish(progress: Progress = lambda _seq: None) -> int:
    """
    Delete the rows that a tombstone covers and that are still there; says how many events they were.

    Raises `NotArchived` where the database fails: the next call goes on.
    """
    through, count = archived_through(), 0
    try:
        while deleted := _deleted(through):
            count += deleted
            progress(count)
    except Error as problem:
        why = "and not all of their rows could be deleted: run audit_archive again"
        raise NotArchived(f"Events 1 to {through} are archived, {why}.") from problem
    return count


def _keep_leaves(last: int) -> None:
    """In pieces that hold nobody off for long."""
    is_more = True
    while is_more:
        with transaction.atomic(durable=True):
            take_lock(_KEEPING)
            is_more = keep_leaves(last)


def _on_disk(output: Path, first: int, last: int) -> Tombstone:
    """The bundle as it can be read from the disk. Raises `NotArchived`, OSError."""
    keys = load_keys()
    folder = output / f"{first:012}-{last:012}"
    tombstone = _left_behind(folder) or write_segment(folder, first, last, keys)
    found = verify_bundle(folder, keys=keys.public(tombstone.log))
    if found.verdict is not Verdict.INTACT:
        raise NotArchived(f"{folder} does not verify, and nothing was deleted. {found.sentence}")
    return tombstone


def _left_behind(folder: Path) -> Tombstone | None:
    """Of an archiving that was killed; it will do if it is what would be written now. Raises `NotArchived`."""
    if not folder.exists():
        return None
    try:
        tombstone = Tombstone.parse((folder / "tombstone").read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise NotArchived(f"{folder} holds something else: move it away.") from problem
    if tombstone.sha256 != digest_of(tombstone.first, tombstone.last):
        raise NotArchived(f"{folder} holds an older archive of these events, as they were then: move it away.")
    return tombstone


def _commit(folder: Path, tombstone: Tombstone, newest: int, *, actor: Actor, note: str) -> None:
    """All is asked once more where nobody else can append; the triggers of the database ask as well."""
    with recording() as record:
        if AuditEvent.objects.filter(seq__gt=newest, type=EventType.AUDIT_REDACTED).exists():
            raise NotArchived("Something was erased meanwhile: start again.")
        Limits(through=tombstone.last).boundary()
        last_at = AuditEvent.objects.get(seq=tombstone.last).at
        kind = EventType.AUDIT_ARCHIVED
        recorded = record(event_of(kind, tombstone, folder, actor=actor, note=note, last_at=last_at))
        AuditTombstone(
            seq=recorded.seq,
            first=tombstone.first,
            last=tombstone.last,
            last_at=last_at,
            location=str(folder),
            note=tombstone.note,
        ).save()


def event_of(
    kind: EventType,
    tombstone: Tombstone,
    folder: Path,
    *,
    actor: Actor,
    note: str,
    cause: int | None = None,
    last_at: datetime | None = None,
) -> Event:
    """That events were archived, up to when, or brought back; its digest is of their bundle's `events.jsonl`."""
    query = {"first": str(tombstone.first), "last": str(tombstone.last), "location": str(folder)}
    if last_at:
        query["last_at"] = canonical_time(last_at)
    count = tombstone.last - tombstone.first + 1
    return Event(
        type=kind,
        actor=actor,
        target=Target(kind=TargetKind.AUDIT),
        why=Why(note=note or None),
        found=Found(count=count, digest=tombstone.sha256, query=query),
        cause=cause,
    )


def _deleted(through: int) -> int:
    """The next block of them, oldest first, each event together with its details."""
    numbers = AuditEvent.objects.filter(seq__lte=through).order_by("seq").values_list("seq", flat=True)
    block = list(numbers[:_DELETED_AT_ONCE])
    if block:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            for table in ("audit_detail", "audit_event"):
                cursor.execute(f"DELETE FROM {table} WHERE seq <= %s", [block[-1]])  # noqa: S608 - two constants
    return len(block)
