"""
Checkpoints: signed statements of the tree's root, in the database, in a folder, and in the log stream.

The signer goes by what was signed before, here and outside: it signs no smaller
tree, and none that does not begin with the one it signed last.
"""

import base64
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import Error, transaction

from connections.audit import publish
from connections.audit.events import Actor, ActorKind, Event, EventType
from connections.audit.ledger import NotRecorded, append, tail, take_lock, wait_for_disk
from connections.audit.publish import NotPublished
from connections.audit.signing import Keys, KeyUnusable, make_keys_if_there_are_none
from connections.audit.tree import Tree, grow, stored_tree
from connections.audit.verifier.verify import Checkpoint
from connections.models import AuditCheckpoint

logger = logging.getLogger(__name__)

_SEALING = 0x7365616C  # as the ledger's lock: any number that nothing else uses
_EVENTS_BETWEEN = 64
_TIME_BETWEEN = timedelta(minutes=5)
_LONGEST_SILENCE = timedelta(days=1)
_SYSTEM = Actor(kind=ActorKind.SYSTEM, id="system")


class NotCheckpointed(Exception):  # noqa: N818 - it names what did not happen
    """No checkpoint could be made; the message says why, for the operator."""


def checkpoint() -> Checkpoint:
    """
    Sign the log as it is now, unless it is signed already, and publish that.

    It is published before the database has it: what happens in between, the
    next checkpoint finds. Raises `NotCheckpointed`.
    """
    with _explained():
        return _checkpoint(starts_epoch=False)


def start_epoch() -> Checkpoint:
    """
    Sign a log that was taken back to a backup, openly under the name of a new epoch.

    What was published of the epoch before is left behind. Raises `NotCheckpointed`.
    """
    with _explained():
        return _checkpoint(starts_epoch=True)


def checkpoint_if_due(now: datetime) -> Checkpoint | None:
    """
    One for every 64 events, or after five minutes if there is anything new, or after a silent day.

    The silent day is broken by an event that says so; it is signed at once, and
    so is no news for the next. Raises `NotCheckpointed`.
    """
    with _explained():
        size, newest = tail()[0], _newest()
        age, signed = (now - newest.created_at, newest.size) if newest else (_LONGEST_SILENCE, 0)
        news = size - signed
        if size and not news and age >= _LONGEST_SILENCE:
            append(Event(type=EventType.AUDIT_CHECKPOINTED, actor=_SYSTEM))
        elif not news or (0 < news < _EVENTS_BETWEEN and timedelta() <= age < _TIME_BETWEEN):
            return None
        return _checkpoint(starts_epoch=False)


def checkpoint_if_new() -> Checkpoint | None:
    """At the end of a process. Raises `NotCheckpointed`."""
    with _explained():
        size, newest = tail()[0], _newest()
        return _checkpoint(starts_epoch=False) if size > (newest.size if newest else 0) else None


def log_name() -> str:
    """
    What this log is called, whatever its epoch: the name of its first checkpoint, for good.

    AUDIT_ORIGIN names a log that has none yet. Raises `NotPublished`, or
    `NotCheckpointed` where what the database has for one is none.
    """
    remembered = _remembered(publish.latest())
    return remembered[0].log if remembered else settings.AUDIT_ORIGIN


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (NotPublished, KeyUnusable, NotRecorded) as problem:
        raise NotCheckpointed(str(problem)) from problem
    except Error as problem:
        raise NotCheckpointed("The database failed while a checkpoint was made.") from problem


def _checkpoint(*, starts_epoch: bool) -> Checkpoint:
    keys, is_new = make_keys_if_there_are_none()
    # What was not stored for long, after an upgrade, is stored in pieces that hold nobody off.
    while _stored_a_piece(tail()[0]):
        pass
    on_disk = tail()[0]
    wait_for_disk()  # or a power cut could take away what was signed
    with _sealing():
        # What others have signed meanwhile was on disk as well.
        outside = publish.latest()
        size = min(tail()[0], max([on_disk, *(each.size for each in _remembered(outside))]))
        while grow(size):
            pass
        made, is_made = _signed(keys, size, outside, starts_epoch=starts_epoch)
    if is_new:
        logger.info("Signing key made: %s", keys.public(made.log)[0])
    if is_made:
        logger.info("Checkpoint of size %s: %s", made.size, json.dumps(made.note, ensure_ascii=False))
    return made


def _stored_a_piece(size: int) -> bool:
    with _sealing():
        return grow(size)


@contextmanager
def _sealing() -> Iterator[None]:
    """One process at a time. It does not hold off appends on PostgreSQL; on SQLite every transaction does."""
    with transaction.atomic(durable=True):
        take_lock(_SEALING)
        yield


def _signed(keys: Keys, size: int, outside: Checkpoint | None, *, starts_epoch: bool) -> tuple[Checkpoint, bool]:
    """The checkpoint of this size, and whether it was made just now."""
    if size == 0:
        raise NotCheckpointed("There is nothing in the log yet.")
    tree, newest, remembered = stored_tree(), _newest(), _remembered(outside)
    inside = Checkpoint.parse(newest.note) if newest else None
    if inside:
        _refuse_other(tree, inside, size)
    if inside and not starts_epoch:
        _refuse_unsigned(keys, inside, "the database")
    if outside and not starts_epoch:
        _refuse_unsigned(keys, outside, "AUDIT_CHECKPOINT_DIR")
        _refuse_other(tree, outside, size)
    epoch = max((each.epoch for each in remembered), default=1) + starts_epoch
    if inside and inside.size == size and inside.epoch == epoch:
        return publish.publish(inside), False
    log = remembered[0].log if remembered else settings.AUDIT_ORIGIN
    made = publish.publish(_note(keys, log if epoch == 1 else f"{log}/epoch-{epoch}", size, tree.root(size)))
    AuditCheckpoint(size=size, root=made.root, note=made.note, created_at=datetime.now(UTC)).save()
    return made, True


def _remembered(outside: Checkpoint | None) -> list[Checkpoint]:
    """The last that were signed, as the folder and the database remember them."""
    newest = _newest()
    return [*([outside] if outside else []), *([Checkpoint.parse(newest.note)] if newest else [])]


def _note(keys: Keys, origin: str, size: int, root: bytes) -> Checkpoint:
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    return Checkpoint.parse(keys.sign(text, origin))


def _refuse_unsigned(keys: Keys, remembered: Checkpoint, where: str) -> None:
    if remembered.signer(keys.public(remembered.log)) is None:
        what = f"The checkpoint of size {remembered.size} in {where}"
        raise NotCheckpointed(f"{what} is not signed by a key in AUDIT_SIGNING_KEY_FILE.")


def _refuse_other(tree: Tree, remembered: Checkpoint, size: int) -> None:
    """Never back, and never another root for what was signed."""
    what = f"The checkpoint of size {remembered.size} was signed over"
    if remembered.size > size:
        raise NotCheckpointed(f"{what} more events than the {size} that there are. {_WHAT_TO_DO}")
    if tree.root(remembered.size) != remembered.root:
        raise NotCheckpointed(f"{what} other events than there are. {_WHAT_TO_DO}")


_WHAT_TO_DO = "If a backup was restored, say so with `manage.py audit_key epoch`; if not, the log was altered."


def _newest() -> AuditCheckpoint | None:
    """The row. Raises `NotCheckpointed` for one that does not say what its note says: anybody can add such a row."""
    row = AuditCheckpoint.objects.order_by("-size").first()
    if row and not _is_checkpoint(row):
        raise NotCheckpointed(f"The checkpoint of size {row.size} in the database is none; somebody wrote it there.")
    return row


def _is_checkpoint(row: AuditCheckpoint) -> bool:
    try:
        signed = Checkpoint.parse(row.note)
    except (ValueError, TypeError):  # SQLite stores a BLOB where there should be text
        return False
    return (signed.size, signed.root) == (row.size, row.root)
