"""
Recovery codes: ten made at random, kept as hashes alone, each good once.

They stand in the row that django-allauth has for them, so that they come and
go with the second factors; of codes in its own form it finds none there.
"""

import json
import secrets
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from connections.models import Staff
from connections.sealing import seal_of

_TYPE = Authenticator.Type.RECOVERY_CODES
_COUNT = _DIGITS = 10
_TO_SHOW = "recovery_codes"
_MINUTES_TO_SHOW = 10


class _Hasher(Argon2PasswordHasher):
    """At OWASP's least for Argon2id: each code is tried against up to ten, which must not take seconds."""

    time_cost, memory_cost, parallelism = 2, 19 * 1024, 1


_HASHER = _Hasher()


@dataclass(frozen=True, slots=True)
class Made:
    """New ones, for the eyes of their owner, and what is kept of them."""

    codes: tuple[str, ...]
    hashes: tuple[str, ...]


def make() -> Made:
    """Ten hashes that are slow on purpose: not inside a transaction that others wait for."""
    return _hashed(tuple(f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}" for _ in range(_COUNT)))


def keep(staff: Staff, made: Made) -> None:
    """In place of any there were."""
    data = {"hashes": list(made.hashes), "migrated_codes": []}
    Authenticator.objects.update_or_create(user=staff, type=_TYPE, defaults={"data": data})


def exist_for(staff: Staff) -> bool:
    """Whether any were made, used or not."""
    return bool(Authenticator.objects.filter(user=staff, type=_TYPE).exists())


def left(row: Authenticator) -> int:
    """How many of these are good still."""
    return len(row.data.get("hashes", ()))


def looks_like_one(typed: str) -> bool:
    """By its digits; people write spaces and dashes between."""
    return len(bare := _bare(typed)) == _DIGITS and bare.isascii() and bare.isdecimal()


def use(staff: Staff, typed: str) -> Authenticator | None:
    """The row it stood in; None if it is none of theirs, or somebody was quicker with it."""
    row = Authenticator.objects.filter(user=staff, type=_TYPE).first()
    hashes = row.data.get("hashes", ()) if row else ()
    spent = next((each for each in hashes if _HASHER.verify(_bare(typed), each)), None)
    return row if row and spent and _took(row, spent) else None


def show_next(request: HttpRequest, made: Made) -> None:
    """On the page that comes now, once."""
    request.session[_TO_SHOW] = seal_of(_TO_SHOW).encrypt(json.dumps(made.codes).encode()).decode()


def to_show(request: HttpRequest) -> list[str]:
    """Those that were just made; nothing when they were shown already."""
    sealed = request.session.pop(_TO_SHOW, "")
    try:
        codes: list[str] = json.loads(seal_of(_TO_SHOW).decrypt(sealed.encode(), ttl=_MINUTES_TO_SHOW * 60))
    except InvalidToken:
        return []
    return codes


def hash_seeds() -> int:
    """Take over codes that are kept as a seed from which they can be made again; of how many people."""
    taken = 0
    for pk in Authenticator.objects.filter(type=_TYPE, data__has_key="seed").values_list("pk", flat=True):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk, data__has_key="seed").first()
            codes = _of_seed(row) if row else None
            if codes is not None:
                keep(row.user, _hashed(codes))
                taken += 1
    return taken


def _of_seed(row: Authenticator) -> tuple[str, ...] | None:
    """None if no key opens it."""
    try:
        return tuple(row.wrap().get_unused_codes())
    except ValidationError:
        return None


def _hashed(codes: tuple[str, ...]) -> Made:
    return Made(codes, tuple(_HASHER.encode(code, _HASHER.salt()) for code in codes))


def _bare(typed: str) -> str:
    return "".join(filter(str.isalnum, typed))


@transaction.atomic
def _took(row: Authenticator, spent: str) -> bool:
    """Out of the row as it is now: of two who show the same at once, one finds it gone."""
    now = Authenticator.objects.select_for_update().filter(pk=row.pk).first()
    if now is None or spent not in now.data.get("hashes", ()):
        return False
    now.data["hashes"].remove(spent)
    now.save(update_fields=["data"])
    return True
