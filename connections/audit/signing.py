"""
The keys that sign checkpoints: PEM blocks in the file of AUDIT_SIGNING_KEY_FILE.

Private keys sign, all of them, so that a change of keys has an overlap; public
keys are those that no longer sign, kept so that what they signed can be checked.
"""

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings

from connections.audit.files import sync_folder
from connections.audit.verifier.verify import Key

_BLOCK = re.compile(rb"-----BEGIN (PRIVATE|PUBLIC) KEY-----\n.*?-----END \1 KEY-----\n?", re.DOTALL)


class KeyUnusable(Exception):  # noqa: N818 - it says what the key is
    """The file of keys cannot be read, written or understood; the message names the variable."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Those that sign, the newest first, and the public halves of those that did."""

    signing: tuple[Ed25519PrivateKey, ...]
    retired: tuple[bytes, ...] = ()

    def sign(self, text: str, origin: str) -> str:
        """C2SP's signed note: the text, an empty line, and a signature by each key that signs."""
        lines = (_signature_line(key, text, origin) for key in self.signing)
        return f"{text}\n{''.join(lines)}"

    def public(self, log: str) -> tuple[Key, ...]:
        """Of all keys, under the name of this log."""
        halves = (*(_public_bytes(key.public_key()) for key in self.signing), *self.retired)
        return tuple(Key(log, half) for half in halves)

    def rotated(self) -> "Keys":
        """With a new key that signs beside the newest so far."""
        first, *others = self.signing
        retired = (*(_public_bytes(key.public_key()) for key in others), *self.retired)
        return Keys((Ed25519PrivateKey.generate(), first), retired)

    def without_overlap(self) -> "Keys":
        """Only the newest signs from now on."""
        first, *others = self.signing
        return Keys((first,), (*(_public_bytes(key.public_key()) for key in others), *self.retired))


def load_keys() -> Keys:
    """Raises `KeyUnusable`, also when there is no file yet."""
    path = _path()
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise KeyUnusable(f"AUDIT_SIGNING_KEY_FILE cannot be read: {problem.strerror}.") from problem
    try:
        signing = tuple(_private(found[0]) for found in _BLOCK.finditer(content) if found[1] == b"PRIVATE")
        retired = tuple(_public(found[0]) for found in _BLOCK.finditer(content) if found[1] == b"PUBLIC")
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise KeyUnusable("AUDIT_SIGNING_KEY_FILE holds something other than Ed25519 keys as PEM.") from problem
    if not signing:
        raise KeyUnusable("AUDIT_SIGNING_KEY_FILE holds no private key.")
    return Keys(signing, retired)


def make_keys_if_there_are_none() -> tuple[Keys, bool]:
    """The keys, and whether they were made just now. Raises `KeyUnusable`."""
    if _path().exists():
        return load_keys(), False
    keys = Keys((Ed25519PrivateKey.generate(),))
    try:
        is_ours = _written(keys, replace=False)
    except OSError as problem:
        raise KeyUnusable(f"AUDIT_SIGNING_KEY_FILE cannot be written: {problem.strerror}.") from problem
    return (keys, True) if is_ours else (load_keys(), False)


def keep_keys(keys: Keys) -> None:
    """In place of those that are in the file. Raises `KeyUnusable`."""
    try:
        _written(keys, replace=True)
    except OSError as problem:
        raise KeyUnusable(f"AUDIT_SIGNING_KEY_FILE cannot be written: {problem.strerror}.") from problem


def _written(keys: Keys, *, replace: bool) -> bool:
    """Whole or not at all; without `replace`, only if nobody else was first."""
    path = _path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        unfinished = Path(file.name)
        file.write(_pem(keys))
        file.flush()
        os.fsync(file.fileno())
    try:
        if replace:
            unfinished.replace(path)
        else:
            path.hardlink_to(unfinished)
    except FileExistsError:
        return False
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def _path() -> Path:
    return Path(settings.AUDIT_SIGNING_KEY_FILE)


def _pem(keys: Keys) -> bytes:
    private = (key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for key in keys.signing)
    halves = (Ed25519PublicKey.from_public_bytes(half) for half in keys.retired)
    public = (half.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for half in halves)
    return b"".join((*private, *public))


def _private(pem: bytes) -> Ed25519PrivateKey:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("this is no Ed25519 key")
    return key


def _public(pem: bytes) -> bytes:
    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("this is no Ed25519 key")
    return _public_bytes(key)


def _public_bytes(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _signature_line(key: Ed25519PrivateKey, text: str, origin: str) -> str:
    number = Key(origin, _public_bytes(key.public_key())).number
    signature = base64.b64encode(number + key.sign(text.encode())).decode()
    return f"\N{EM DASH} {origin} {signature}\n"
