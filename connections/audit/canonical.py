"""
How the one text of a value is written: RFC 8785 within a profile that leaves no room for error.

Objects with keys of `[a-z0-9_]`, arrays, strings in NFC, booleans, null and
integers up to 2^53 - 1. No floats, no lone surrogates. Reading is the verifier's.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from connections.audit.verifier.verify import LARGEST_INTEGER

JSON: TypeAlias = "Mapping[str, JSON] | list[JSON] | str | bool | int | None"

_KEY = re.compile(r"[a-z0-9_]+")


class CanonicalError(ValueError):
    """The value has no canonical text within the profile."""


def canonical_text(value: JSON) -> str:
    """The canonical text; strings are normalised to NFC. Raises `CanonicalError`."""
    return json.dumps(
        _within_profile(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def canonical_time(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.ffffffZ`. Raises `CanonicalError` for a time without a zone."""
    if moment.tzinfo is None:
        raise CanonicalError("a time needs a zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def storable(text: str) -> str:
    """
    The text in NFC, with what no database or UTF-8 can hold replaced: NUL and lone surrogates.

    What a browser sent must never be the reason that a refusal goes unrecorded.
    """
    held = text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFC", held)


def _within_profile(value: object) -> JSON:
    match value:
        case None | bool():
            return value
        case str():
            return _text(value)
        case int():
            return _integer(value)
        case list():
            return [_within_profile(item) for item in value]
        case Mapping():
            return {_key(key): _within_profile(item) for key, item in value.items()}
        case _:
            raise CanonicalError(f"{type(value).__name__} is outside the profile")


def _text(text: str) -> str:
    if text.isascii():
        return str(text)
    try:
        text.encode()
    except UnicodeEncodeError as problem:
        raise CanonicalError("a string holds a lone surrogate") from problem
    return unicodedata.normalize("NFC", text)


def _integer(number: int) -> int:
    if abs(number) > LARGEST_INTEGER:
        raise CanonicalError("an integer is beyond 2^53 - 1")
    return number


def _key(key: object) -> str:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise CanonicalError("a key is outside [a-z0-9_]")
    return key
