"""Verify the log in the database, or an export of it, from first to last in constant memory."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Max, Q

from connections.audit.bundle import EVENTS, Lines, Manifest, Unreadable
from connections.audit.chain import Extent, NotIntact, Verdict, check_events
from connections.audit.stored import reading, stored_events
from connections.models import AuditDetail, AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found: one sentence, and the first bad sequence number where an event is to blame."""

    verdict: Verdict
    sentence: str
    seq: int | None = None


def verify_database() -> Verification:
    """Everything that is in the log now; events appended meanwhile are left for the next time."""
    return _verification(_check_database)


def verify_bundle(folder: Path) -> Verification:
    """
    An export, as far as it can vouch for itself.

    The whole log is checked as in the database. In a selection each event is
    checked by itself and against its neighbours, and the selection against
    its manifest; that the manifest itself leaves nothing out cannot be seen.
    """
    return _verification(lambda: _check_bundle(folder))


def _verification(check: Callable[[], str]) -> Verification:
    try:
        return Verification(verdict=Verdict.INTACT, sentence=check())
    except NotIntact as problem:
        word = problem.verdict.name.capitalize()
        where = "" if problem.seq is None else f"event {problem.seq}: "
        return Verification(verdict=problem.verdict, sentence=f"{word}: {where}{problem.why}.", seq=problem.seq)


def _check_database() -> str:
    # In this order: what is appended in between adds events, never a detail without its event.
    newest_detail = AuditDetail.objects.aggregate(newest=Max("seq"))["newest"] or 0
    newest_event = AuditEvent.objects.aggregate(newest=Max("seq"))["newest"] or 0
    with reading():
        extent = check_events(stored_events(Q(seq__lte=newest_event)), is_whole=True)
    if newest_detail > newest_event:
        raise NotIntact(Verdict.INCOMPLETE, newest_event + 1, "it is missing, though details after it are there")
    return f"Intact: {_counted(extent)}."


def _check_bundle(folder: Path) -> str:
    try:
        manifest = Manifest.read(folder)
        with (folder / EVENTS).open("rb") as file:
            lines = Lines(file)
            extent = check_events(lines.events(), is_whole=not manifest.query)
    except Unreadable as problem:
        raise NotIntact(Verdict.INCOMPLETE, None, str(problem)) from problem
    except OSError as problem:
        raise NotIntact(Verdict.INCOMPLETE, None, f"{EVENTS} cannot be read") from problem
    _check_manifest(manifest, extent, lines.sha256)
    return _bundle_sentence(manifest, extent)


def _check_manifest(manifest: Manifest, extent: Extent, sha256: str) -> None:
    if extent.count < manifest.count:
        seq = None if manifest.query else (extent.last or 0) + 1
        why = f"the manifest counts {manifest.count}, and {extent.count} are there"
        raise NotIntact(Verdict.INCOMPLETE, seq, why)
    if sha256 != manifest.sha256 or (extent.count, extent.first, extent.last) != (
        manifest.count,
        manifest.first,
        manifest.last,
    ):
        raise NotIntact(Verdict.ALTERED, None, f"{EVENTS} is not what the manifest describes")
    reaches_tail = extent.last == manifest.tail
    if (reaches_tail and extent.leaf.hex() != manifest.tail_leaf) or not (reaches_tail or manifest.query):
        raise NotIntact(Verdict.ALTERED, extent.last, "it is not the last event that the manifest names")


def _bundle_sentence(manifest: Manifest, extent: Extent) -> str:
    if not manifest.query:
        return f"Intact: {_counted(extent)}."
    return f"Intact as far as a selection shows: {_counted(extent)}, for {manifest.query}."


def _counted(extent: Extent) -> str:
    if not extent.count:
        return "no events"
    events = "1 event" if extent.count == 1 else f"{extent.count} events"
    return f"{events}, {extent.first} to {extent.last}, leaf {extent.leaf.hex()}"
