"""Write an export: a bundle of files that anyone can verify without this server."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.db.models import Q

from connections.audit.bundle import checkpoint_line, line_of, proof_line
from connections.audit.canonical import canonical_time
from connections.audit.checkpoints import NotCheckpointed, checkpoint
from connections.audit.events import Actor, Event as Happening, EventType, Found, Target, TargetKind
from connections.audit.files import sync_folder, write
from connections.audit.filters import Filters
from connections.audit.ledger import append
from connections.audit.signing import KeyUnusable, load_keys
from connections.audit.stored import checkpoints_of_days, stored_checkpoints, stored_events, stored_sequences
from connections.audit.tree import stored_tree
from connections.audit.verifier import verify as verifier
from connections.audit.verifier.verify import Checkpoint, Event, Extent, Manifest, leaf_hash


class NotExported(Exception):  # noqa: N818 - it names what did not happen
    """Nothing was written to the folder; the message says why, for the person who asked."""


def export(folder: Path, filters: Filters, *, actor: Actor, request: UUID | None = None) -> Manifest:
    """
    Record the export, sign the log, then write all events up to there which match the filters.

    So an export of everything holds its own event, and no export grows while it
    is written. The folder must be new or empty; it gets its files together at
    the end, or not at all.

    Raises `NotExported`, or `NotRecorded` if the log could not be written.
    """
    with _new_folder(folder) as unfinished:
        append(_exported(filters, actor, request))
        made = _checkpoint()
        manifest = _write_all(unfinished, filters, made)
        write(unfinished / verifier.MANIFEST, [manifest.to_text().encode()])
    return manifest


def _exported(filters: Filters, actor: Actor, request: UUID | None) -> Happening:
    return Happening(
        type=EventType.AUDIT_EXPORTED,
        actor=actor,
        target=Target(kind=TargetKind.EXPORT),
        found=Found(search=str(filters) or None),
        request=request,
    )


def _checkpoint() -> Checkpoint:
    try:
        return checkpoint()
    except NotCheckpointed as problem:
        raise NotExported(f"An export needs a checkpoint. {problem}") from problem


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
            sync_folder(unfinished)
            unfinished.replace(folder.absolute())
        sync_folder(parent)
    except OSError as problem:
        raise NotExported(f"{folder} cannot be written: {problem.strerror}.") from problem


def _write_all(folder: Path, filters: Filters, made: Checkpoint) -> Manifest:
    _write_what_verifies(folder, made)
    condition = filters.condition() & Q(seq__lte=made.size)
    events = _Events(stored_events(condition))
    write(folder / verifier.EVENTS, events.lines())
    if filters:
        _write_proofs(folder, condition, made.size)
    else:
        earlier = (checkpoint_line(note) for _, _, note in stored_checkpoints(made.size))
        write(folder / verifier.CHECKPOINTS, earlier)
    return _manifest(filters, made, events.extent, events.sha256)


def _write_what_verifies(folder: Path, made: Checkpoint) -> None:
    """The checkpoint, the public keys, and the program that checks them; the keys one should know from elsewhere."""
    write(folder / verifier.CHECKPOINT, [made.note.encode()])
    try:
        keys = load_keys().public(made.log)
    except KeyUnusable as problem:
        raise NotExported(str(problem)) from problem
    write(folder / verifier.KEYS, (f"{key}\n".encode() for key in keys))
    write(folder / verifier.VERIFIER, [verifier_source()])


def verifier_source() -> bytes:
    """The verifier as auditors get it: the very file that runs here."""
    return Path(verifier.__file__).read_bytes()


class _Events:
    """Lines of events, and what they amounted to once they are written."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = events
        self._digest = hashlib.sha256()
        self.extent = Extent()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def lines(self) -> Iterator[bytes]:
        for event in self._events:
            line = line_of(event)
            self._digest.update(line)
            self.extent = self.extent.with_event(event.seq, leaf_hash(event.body))
            yield line


def _write_proofs(folder: Path, condition: Q, size: int) -> None:
    """Of each event that it is in the tree, and of earlier checkpoints that the tree begins with theirs."""
    tree = stored_tree()
    events = (proof_line(seq, tree.inclusion(seq - 1, size)) for seq in stored_sequences(condition))
    write(folder / verifier.PROOFS, events)
    earlier = (checkpoint_line(note, tree.consistency(each, size)) for each, note in checkpoints_of_days(size))
    write(folder / verifier.CHECKPOINTS, earlier)


def _manifest(filters: Filters, made: Checkpoint, extent: Extent, sha256: str) -> Manifest:
    return Manifest(
        instance=made.log,
        query=str(filters),
        made_at=canonical_time(datetime.now(UTC)),
        count=extent.count,
        first=extent.first,
        last=extent.last,
        size=made.size,
        root=base64.b64encode(made.root).decode(),
        sha256=sha256,
    )
