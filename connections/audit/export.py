"""Write an export: a bundle of files that anyone can verify without this server."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from connections.audit.body import leaf_of
from connections.audit.bundle import EVENTS, MANIFEST, Manifest, line_of
from connections.audit.canonical import canonical_time
from connections.audit.chain import Extent
from connections.audit.events import Actor, Event, EventType, Found, Target, TargetKind
from connections.audit.filters import Filters
from connections.audit.ledger import Recorded, append
from connections.audit.stored import StoredEvent, reading, stored_events


class NotExported(Exception):  # noqa: N818 - it names what did not happen
    """Nothing was written to the folder; the message says why, for the person who asked."""


def export(folder: Path, filters: Filters, *, actor: Actor, request: UUID | None = None) -> Manifest:
    """
    Record the export, then write all events up to that record which match the filters.

    So an export of everything holds its own event as its last, and no export
    grows while it is written. The folder must be new or empty; it gets its
    files together at the end, or not at all.

    Raises `NotExported`, or `NotRecorded` if the log could not be written.
    """
    with _new_folder(folder) as unfinished:
        recorded = append(_exported(filters, actor, request))
        with reading():
            events = stored_events(filters.condition() & Q(seq__lte=recorded.seq))
            extent, sha256 = _write_events(unfinished / EVENTS, events)
        manifest = _manifest(filters, recorded, extent, sha256)
        _write(unfinished / MANIFEST, [manifest.to_text().encode()])
    return manifest


def _exported(filters: Filters, actor: Actor, request: UUID | None) -> Event:
    return Event(
        type=EventType.AUDIT_EXPORTED,
        actor=actor,
        target=Target(kind=TargetKind.EXPORT),
        found=Found(search=str(filters) or None),
        request=request,
    )


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """A folder beside the wanted one, which takes its name when all is written and synced."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise NotExported(f"{folder} is not an empty folder.")
        parent = folder.absolute().parent
        parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=parent, prefix=f".{folder.name}-") as scratch:
            unfinished = Path(scratch) / "bundle"
            unfinished.mkdir(mode=0o700)  # names and addresses are in it
            yield unfinished
            _sync_folder(unfinished)
            unfinished.replace(folder.absolute())
        _sync_folder(parent)
    except OSError as problem:
        raise NotExported(f"{folder} cannot be written: {problem.strerror}.") from problem


def _write_events(path: Path, events: Iterable[StoredEvent]) -> tuple[Extent, str]:
    extent, digest = Extent(), hashlib.sha256()

    def lines() -> Iterator[bytes]:
        nonlocal extent
        for event in events:
            line = line_of(event)
            digest.update(line)
            extent = extent.with_event(event.seq, leaf_of(event.body))
            yield line

    _write(path, lines())
    return extent, digest.hexdigest()


def _write(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _manifest(filters: Filters, recorded: Recorded, extent: Extent, sha256: str) -> Manifest:
    return Manifest(
        instance=settings.AUDIT_ORIGIN,
        query=str(filters),
        made_at=canonical_time(datetime.now(UTC)),
        count=extent.count,
        first=extent.first,
        last=extent.last,
        tail=recorded.seq,
        tail_leaf=recorded.leaf.hex(),
        sha256=sha256,
    )
