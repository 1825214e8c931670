"""
Fingerprints of the secrets this process uses: enough to tell one value from another, and no way back.

They are made by scrypt, so that whoever reads one and guesses at a weak secret
pays for each guess; the same value has the same fingerprint everywhere, so
that one moved to `SECRET_KEY_FALLBACKS` is recognised there.
"""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from django.conf import settings

logger = logging.getLogger(__name__)

# Settings are read when a process starts, and so is this.
READ_AT = datetime.now(UTC)
_SALT = b"smartcar-connections-dashboard fingerprint 1"
_SETTINGS = (
    *("SMARTCAR_APP_MANAGEMENT_TOKEN", "SMARTCAR_CLIENT_ID", "SMARTCAR_CLIENT_SECRET"),
    *("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "SECRET_KEY"),
)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of one secret; empty if it is not set."""

    name: str
    digits: str


def fingerprints() -> Iterator[Fingerprint]:
    """Of every secret, in the order of the documentation; each of the former keys for itself."""
    for name in _SETTINGS:
        yield Fingerprint(name, _digits(str(getattr(settings, name))))
    for former in settings.SECRET_KEY_FALLBACKS:
        yield Fingerprint("SECRET_KEY_FALLBACKS", _digits(former))
    yield Fingerprint("password in DATABASE_URL", _digits(str(settings.DATABASES["default"].get("PASSWORD") or "")))


def log_fingerprints() -> None:
    """At the start, so that the log tells since when a value is used."""
    used = [f"{each.name} {each.digits}" for each in fingerprints() if each.digits]
    logger.info("Fingerprints: %s", ", ".join(used))


@lru_cache(maxsize=32)
def _digits(secret: str) -> str:
    """Eight hexadecimal digits; about 50 ms the first time."""
    if not secret:
        return ""
    return hashlib.scrypt(secret.encode(), salt=_SALT, n=2**14, r=8, p=1, dklen=4).hex()
