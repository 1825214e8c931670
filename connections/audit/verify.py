"""Verify the log in the database, by the same rules and the same lines of code as the verifier that auditors get."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Max, Min, Q

from connections.audit.archived import extent_of_archive
from connections.audit.body import COLUMNS, copies_of
from connections.audit.publish import LATEST
from connections.audit.signing import KeyUnusable, load_keys
from connections.audit.stored import as_bytes, has_unnumbered, numbered, stored_checkpoints, stored_events
from connections.audit.tree import FAN, STEP, complete_hash, read_hashes
from connections.audit.verifier.verify import (
    Archive,
    Beside,
    Checkpoint,
    Event,
    Extent,
    Key,
    NotIntact,
    Shelf,
    Trust,
    Verdict,
    Verification,
    check_events,
    published,
    verification,
    words_of,
)
from connections.audit.verify_archived import (
    archived_events,
    check_archived,
    check_leftovers,
    check_told,
    checked_tombstones,
)
from connections.audit.verify_beside import (
    Emergencies,
    Turns,
    check_exports,
    check_reviews,
    leaves_under_nodes,
)
from connections.audit.verify_holds import Holds
from connections.models import AuditCheckpoint, AuditDetail, AuditEvent, AuditNode

Progress = Callable[[int], None]
_EVENTS_BETWEEN_PROGRESS = 1000
_NO_NUMBER = "what is stored as its number is none"
_NODES_AT_ONCE = 1000
_TRIES = 3


def verify_database(
    *,
    checkpoints: Path | None = None,
    keys: Sequence[Key] = (),
    archive: Path | None = None,
    progress: Progress | None = None,
) -> Verification:
    """
    Everything that is in the log now; events appended meanwhile are left for the next time.

    `checkpoints` is a folder of published ones, `keys` are those one knows,
    `archive` is the folder of what was archived, which else is not read;
    `progress` is called now and then with a sequence number. What is archived or
    brought back meanwhile is no tampering: then all of it is checked anew.
    """
    for _ in range(_TRIES):
        before = extent_of_archive()
        found = _verify(lambda: _check(checkpoints, keys, archive, progress))
        if found.verdict is Verdict.INTACT or extent_of_archive() == before:
            return found
    return Verification(Verdict.INCOMPLETE, "Incomplete: events were archived or brought back all the while.")


def _verify(check: Callable[[], str]) -> Verification:
    try:
        return verification(check)
    except DatabaseError as problem:
        return _verify_once_more(problem, check)


def _verify_once_more(problem: DatabaseError, check: Callable[[], str]) -> Verification:
    """
    SQLite keeps any bytes as a text, and reading one that is no UTF-8 fails without saying where.

    Read as what it is it stands in an event that can be named. Not at once, since that takes twice as long.
    """
    if connection.vendor == "sqlite" and "decode to UTF-8" in str(problem):
        connection.connection.text_factory = lambda text: text.decode(errors="surrogateescape")
        try:
            return verification(check)
        except DatabaseError as another:
            problem = another
        finally:
            connection.connection.text_factory = str
    return Verification(Verdict.INCOMPLETE, f"Incomplete: the database cannot be read ({str(problem).strip()}).")


def _check(folder: Path | None, keys: Sequence[Key], archive: Path | None, progress: Progress | None) -> str:
    with Shelf() as shelf:
        newest, trust = _put_checkpoints(shelf, folder, keys)
        # In this order: what is appended in between adds events, never anything that is without its event.
        details = numbered(AuditDetail.objects.all()).aggregate(newest=Max("seq"), oldest=Min("seq"))
        nodes = leaves_under_nodes()
        event = numbered(AuditEvent.objects.all()).aggregate(newest=Max("seq"))["newest"] or 0
        with _unnumbered_named(event):
            extent, archived = _check_events(shelf, trust, archive, _Beside(progress), event)
        oldest = numbered(AuditEvent.objects.all()).aggregate(oldest=Min("seq"))["oldest"] or 1
        if details["oldest"] is not None and details["oldest"] < oldest:
            raise NotIntact(Verdict.ALTERED, None, "there are details of an event before the first that is there")
        _refuse_cut_off(event, details["newest"] or 0, "details after it are there")
        _refuse_cut_off(event, nodes, "the stored tree was built over it")
        count = shelf.count()
    return f"Intact: {extent}; {archived}{_signed(count, newest)}."


def _signed(count: int, newest: Checkpoint | None) -> str:
    """Of how many checkpoints, those that were published among them; a database may have lost its own."""
    if newest:
        return f"{count} checkpoints, the newest here of size {newest.size}"
    return f"checkpoints that were published: {count}, and none here" if count else "no checkpoint yet"


@contextmanager
def _unnumbered_named(newest: int) -> Iterator[None]:
    """An event or a detail may be missing only because SQLite has something that is no number as its number."""
    try:
        yield
    except NotIntact as problem:
        if problem.verdict is Verdict.INCOMPLETE and has_unnumbered(AuditEvent.objects.all()):
            raise NotIntact(Verdict.ALTERED, problem.seq, _NO_NUMBER) from problem
        raise
    if has_unnumbered(AuditEvent.objects.all()):
        raise NotIntact(Verdict.ALTERED, newest + 1, _NO_NUMBER)
    if has_unnumbered(AuditDetail.objects.all()):
        raise NotIntact(Verdict.ALTERED, None, "there are details of an event whose number is none")


def _check_events(
    shelf: Shelf, trust: Trust, archive: Path | None, beside: "_Beside", newest: int
) -> tuple[Extent, str]:
    """Those up to this one, and what stands for those that are archived; says which they are."""
    tombstones = checked_tombstones(trust, newest)
    through = tombstones[-1].last if tombstones else 0
    check_leftovers(through, _copies_problem)
    events = stored_events(Q(seq__lte=newest) & (Q(seq__gt=through) if through else Q()))
    if archive:
        events, before = chain(archived_events(Archive(archive, tombstones)), events), Extent()
    else:
        before = check_archived(tombstones, lambda leaf: shelf.grow_archived(leaf) or beside.grown(leaf))
    extent = check_events(events, shelf=shelf, beside=beside, before=before)
    if tombstones:
        shelf.check_tombstone(tombstones[-1])
    check_told(newest, through)
    unread = 0 if archive else through
    beside.holds.check(newest, unread)
    beside.emergencies.check(newest, unread)
    check_reviews(newest, through)
    check_exports(newest, through)
    return extent, words_of(tombstones, is_read=archive is not None)


def _refuse_cut_off(event: int, other: int, why: str) -> None:
    if other > event:
        raise NotIntact(Verdict.INCOMPLETE, event + 1, f"it is missing, though {why}")


def _put_checkpoints(shelf: Shelf, folder: Path | None, known: Sequence[Key]) -> tuple[Checkpoint | None, Trust]:
    """Those of the database and those that were published; gives the newest of the database, and whom we believe."""
    if has_unnumbered(AuditCheckpoint.objects.all(), "size"):
        raise NotIntact(Verdict.ALTERED, None, "there is a checkpoint whose size is no number")
    row = AuditCheckpoint.objects.order_by("-size").values_list("size", "root", "note").first()
    newest = _parsed(*row) if row else None
    log = newest.log if newest else _log_of(folder)
    trust = Trust(known, _own_keys(log))
    for each in stored_checkpoints():
        checkpoint = _parsed(*each)
        trust.check(checkpoint, f"the checkpoint of size {checkpoint.size}", is_newest=checkpoint == newest)
        shelf.put(checkpoint)
    for checkpoint in published(folder, log=log, trust=trust) if folder else ():
        shelf.put(checkpoint)
    return newest, trust


def _log_of(folder: Path | None) -> str:
    """By the folder's newest, for a log that has no checkpoint, or none any more."""
    try:
        return Checkpoint.parse((folder / LATEST).read_text(encoding="utf-8")).log if folder else ""
    except (OSError, ValueError):
        return settings.AUDIT_ORIGIN


def _parsed(size: int, root: bytes, note: str) -> Checkpoint:
    try:
        note.encode()  # raises for what was no UTF-8
        checkpoint = Checkpoint.parse(note)
    except (ValueError, TypeError, AttributeError) as problem:
        raise NotIntact(Verdict.ALTERED, None, f"the checkpoint of size {size} cannot be read") from problem
    if (checkpoint.size, checkpoint.root) != (size, as_bytes(root)):
        raise NotIntact(Verdict.ALTERED, None, f"the columns of checkpoint {size} do not say what it says")
    return checkpoint


def _own_keys(log: str) -> tuple[Key, ...]:
    try:
        return load_keys().public(log)
    except KeyUnusable:
        return ()


class _Beside(Beside):
    """The copied columns, the stored tree, and what is kept beside the log."""

    def __init__(self, progress: Progress | None) -> None:
        self._kept = _Kept()
        self._nodes = _Nodes(STEP)
        self._turns = Turns()
        self.holds = Holds()
        self.emergencies = Emergencies()
        self._progress = progress

    def problem(self, event: Event, body: Mapping[str, Any], leaf: bytes) -> str | None:
        if self._progress and event.seq % _EVENTS_BETWEEN_PROGRESS == 0:
            self._progress(event.seq)
        self.holds.take(event.seq, body)
        problem = _copies_problem(event.copies, body, leaf) or self._turns.problem(event.seq, body.get("at"))
        return problem or self.emergencies.problem(event.seq, body)

    def grown(self, leaf: bytes) -> NotIntact | None:
        return self._kept.take(leaf) or self._nodes.take(leaf)


def _copies_problem(copies: Sequence[Any] | None, body: Mapping[str, Any], leaf: bytes) -> str | None:
    """`copies` as `stored_events` gives them; of an event out of the archive there are none."""
    expected = (leaf, body.get("at"), *copies_of(body))
    if copies is None or copies == expected:
        return None
    if copies[0] != leaf:
        return "its body does not give its leaf"
    names = ("leaf", "at", *COLUMNS)
    wrong = [name for name, one, other in zip(names, copies, expected, strict=True) if one != other]
    return f"the column {wrong[0]} does not say what its body says"


class _Kept:
    """The leaves that are stored of what is archived, or was: roots and proofs go by them, not by the events."""

    def __init__(self) -> None:
        self._count = AuditNode.objects.filter(level=0).count()
        self._seq = 0
        self._stored: list[bytes] = []

    def take(self, leaf: bytes) -> NotIntact | None:
        """The next leaf; says so if what is stored of it is another."""
        self._seq += 1
        if self._seq > self._count:
            return None
        place = (self._seq - 1) % _NODES_AT_ONCE
        if place == 0:
            self._stored = read_hashes(0, self._seq - 1, _NODES_AT_ONCE)
        if place < len(self._stored) and self._stored[place] == leaf:
            return None
        return NotIntact(Verdict.ALTERED, self._seq, "its leaf is not the one that is stored in the tree")


class _Nodes:
    """The stored hashes of one level, and through the level above all others; they are read beside the events."""

    def __init__(self, level: int) -> None:
        self._level = level
        self._count = 0
        self._below: list[bytes] = []
        self._stored: list[bytes] = []
        self._above: _Nodes | None = None

    def take(self, hash_below: bytes) -> NotIntact | None:
        """The next hash of the level below; says so if what is stored over the last 64 is another."""
        self._below.append(hash_below)
        if len(self._below) < FAN:
            return None
        computed = complete_hash(self._below)
        self._below.clear()
        number, self._count = self._count, self._count + 1
        if self._stored_hash(number) not in (None, computed):
            first, last = (number << self._level) + 1, (number + 1) << self._level
            why = f"it or a later one (of events {first} to {last}) is not what the stored tree was built over"
            return NotIntact(Verdict.ALTERED, first, why)
        self._above = self._above or _Nodes(self._level + STEP)
        return self._above.take(computed)

    def _stored_hash(self, number: int) -> bytes | None:
        """None where the tree was not built that far yet."""
        place = number % _NODES_AT_ONCE
        if place == 0:
            self._stored = read_hashes(self._level, number, _NODES_AT_ONCE)
        return self._stored[place] if place < len(self._stored) else None
