"""Deeds upon the signing keys: each is recorded first, and the checkpoint after it shows it to everybody."""

from connections.audit import checkpoints
from connections.audit.checkpoints import checkpoint, log_name
from connections.audit.events import Actor, Event, EventType, Found, Target, TargetKind, Why
from connections.audit.ledger import append
from connections.audit.signing import Keys, KeyUnusable, keep_keys, load_keys, make_keys_if_there_are_none
from connections.audit.verifier.verify import Key


def shown() -> list[tuple[Key, str]]:
    """Every public key and whether it signs; the key is made if there is none yet."""
    keys, _ = make_keys_if_there_are_none()
    signing = len(keys.signing)
    states = ["signs" if place < signing else "retired" for place in range(signing + len(keys.retired))]
    return list(zip(keys.public(log_name()), states, strict=True))


def rotate(*, actor: Actor, note: str = "") -> None:
    """
    Add a new key; from now on it and the one before both sign. Raises `KeyUnusable`, `NotRecorded`.

    Not while two sign already: that would end the overlap of the elder, whose owners were to learn of the younger.
    """
    keys = load_keys()
    if len(keys.signing) > 1:
        raise KeyUnusable("Two keys sign already. End that first with `manage.py audit_key retire`.")
    _change(keys.rotated(), EventType.AUDIT_KEY_ROTATED, actor, note)


def retire(*, actor: Actor, note: str = "") -> None:
    """End the overlap: only the newest key signs. Raises `KeyUnusable`, `NotRecorded`."""
    _change(load_keys().without_overlap(), EventType.AUDIT_KEY_RETIRED, actor, note)


def start_epoch(*, actor: Actor, note: str = "") -> None:
    """Say that the log was taken back to a backup, and sign it as it is. Raises `NotCheckpointed`, `NotRecorded`."""
    append(_event(EventType.AUDIT_EPOCH_STARTED, actor, note))
    checkpoints.start_epoch()


def _change(keys: Keys, what: EventType, actor: Actor, note: str) -> None:
    append(_event(what, actor, note, key=str(keys.public(log_name())[0])))
    keep_keys(keys)
    checkpoint()


def _event(what: EventType, actor: Actor, note: str, **query: str) -> Event:
    target = Target(kind=TargetKind.AUDIT)
    return Event(type=what, actor=actor, target=target, why=Why(note=note or None), found=Found(query=query))
