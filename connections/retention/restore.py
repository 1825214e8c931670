"""
Bring archived events back into the database, the newest archive first.

They come back from its end downwards, block by block, while the tombstone still
stands: until all of them are there, and are what was archived, the log goes by
the tombstone. Killed on the way, the next call goes on where this one was.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from django.db import Error, connection, transaction
from django.db.models import Min

from connections.audit.archived import newest
from connections.audit.events import Actor, EventType
from connections.audit.ledger import EVENT_COLUMNS, event_row, insert, recording, stored_moment
from connections.audit.signing import KeyUnusable, load_keys
from connections.audit.verifier import verify as verifier
from connections.audit.verifier.verify import Event, Tombstone, Verdict, event_of, parsed, verify_bundle
from connections.models import AuditEvent, AuditTombstone
from connections.retention.archive import event_of as happening
from connections.retention.segment import digest_of

_AT_ONCE = 500
_DETAIL_COLUMNS = ("seq", "field", "salt", "value", "redacted_at")

Progress = Callable[[int], None]


class NotRestored(Exception):  # noqa: N818 - it names what did not happen
    """The events are archived as before; the message says why."""


def restore(folder: Path, *, actor: Actor, note: str = "", progress: Progress = lambda _seq: None) -> Tombstone:
    """
    Bring back what is archived in this folder, once it verifies and is what the newest tombstone was signed over.

    Raises `NotRestored`, `NotRecorded`.
    """
    row = newest()
    if row is None:
        raise NotRestored("Nothing is archived.")
    tombstone = _verified(folder, row)
    oldest = AuditEvent.objects.aggregate(first=Min("seq"))["first"]
    try:
        for block in _blocks(folder / verifier.EVENTS, before=oldest):
            _insert(block)
            progress(block[0].seq)
    except (Error, OSError, ValueError, KeyError, TypeError) as problem:
        raise NotRestored(f"Not all of {folder} could be brought back: run audit_restore again.") from problem
    if digest_of(row.first, row.last) != tombstone.sha256:
        raise NotRestored(f"What came back of {folder} is not what was archived: run audit_archive to remove it again.")
    _end(row, tombstone, folder, actor, note)
    return tombstone


def _verified(folder: Path, row: AuditTombstone) -> Tombstone:
    """Raises `NotRestored`."""
    tombstone = Tombstone.parse(row.note)
    try:
        note, keys = (folder / verifier.TOMBSTONE).read_text(encoding="utf-8"), load_keys().public(tombstone.log)
    except (OSError, ValueError) as problem:
        raise NotRestored(f"{folder} is no archive that can be read.") from problem
    except KeyUnusable as problem:
        raise NotRestored(str(problem)) from problem
    if note != row.note:
        raise NotRestored(f"{folder} {_what_it_is(note)}. {_whose_turn(row)}")
    found = verify_bundle(folder, keys=keys)
    if found.verdict is not Verdict.INTACT:
        raise NotRestored(f"{folder} does not verify. {found.sentence}")
    return tombstone


def _what_it_is(note: str) -> str:
    other = AuditTombstone.objects.filter(note=note, restored_seq=None).first()
    return f"is that of events {other.first} to {other.last}" if other else "is of nothing that is archived here"


def _whose_turn(row: AuditTombstone) -> str:
    """What is in the database is one piece, which grows downwards: the next can only be the newest."""
    events = f"events {row.first} to {row.last}"
    return f"The newest archive comes back first: that of {events}, put into {row.location}."


def _blocks(path: Path, *, before: int) -> Iterator[list[Event]]:
    """The events before this one, the newest block first, each block in the order of the log."""
    with path.open("rb") as file:
        starts = [0]
        starts.extend(file.tell() for _ in iter(file.readline, b""))
        for end in range(len(starts) - 1, 0, -_AT_ONCE):
            first = max(end - _AT_ONCE, 0)
            file.seek(starts[first])
            lines = file.read(starts[end] - starts[first]).splitlines()
            if events := [event for event in map(_read, lines) if event.seq < before]:
                yield events


def _read(line: bytes) -> Event:
    return event_of(json.loads(line))


def _insert(block: Sequence[Event]) -> None:
    """From its end downwards, which is the only way the triggers let them in."""
    events = [event_row(each.seq, _moment(each), parsed(each.body), each.body) for each in reversed(block)]
    details = [
        [each.seq, field, detail.salt, detail.value, detail.redacted_at and _at(detail.redacted_at)]
        for each in block
        for field, detail in each.details.items()
    ]
    with transaction.atomic(durable=True):
        insert("audit_event", EVENT_COLUMNS, events)
        if details:
            insert("audit_detail", _DETAIL_COLUMNS, details)


def _moment(event: Event) -> datetime:
    return datetime.fromisoformat(parsed(event.body)["at"])


def _at(text: str) -> object:
    return stored_moment(datetime.fromisoformat(text))


def _end(row: AuditTombstone, tombstone: Tombstone, folder: Path, actor: Actor, note: str) -> None:
    """The log goes by the rows again."""
    with recording() as record:
        recorded = record(
            happening(EventType.AUDIT_RESTORED, tombstone, folder.absolute(), actor=actor, note=note, cause=row.seq)
        )
        with connection.cursor() as cursor:
            cursor.execute("UPDATE audit_tombstone SET restored_seq = %s WHERE seq = %s", [recorded.seq, row.seq])
