"""
Verify an export of the audit log, or a receipt, without the server that made it.

    python verify.py BUNDLE [--checkpoints DIR] [--key KEY …] [--archive DIR]    (a folder, or the ZIP file as it came)
    python verify.py RECEIPT.html [--checkpoints DIR] [--key KEY …]

Exit status: 0 intact, 1 altered (the first bad event is named), 2 incomplete
or not checkable. It needs Python 3.9 or newer and nothing else; if the package
`cryptography` is there, signatures are checked faster.

This file stands alone on purpose: whoever doubts the dashboard reads these
lines and no others. The dashboard verifies its own database with this very
file. The bytes are described in docs/audit-format.md.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import heapq
import html
import json
import re
import sqlite3
import sys
import unicodedata
import zipfile
import zlib
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import IntEnum
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True


# --- What is found ---


class Verdict(IntEnum):
    """Also the exit status."""

    INTACT = 0
    ALTERED = 1
    INCOMPLETE = 2


class NotIntact(Exception):  # noqa: N818 - it states what the log is
    """The first thing found wrong; `seq` is None where no single event is to blame."""

    def __init__(self, verdict: Verdict, seq: int | None, why: str) -> None:
        super().__init__(why)
        self.verdict = verdict
        self.seq = seq
        self.why = why


class Verification(NamedTuple):
    """What was found: one sentence, and the first bad sequence number where an event is to blame."""

    verdict: Verdict
    sentence: str
    seq: int | None = None


# What a value of a kind that nobody writes makes of lines that read it.
_MISSHAPEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_UNKNOWN_TO_SQLITE = (sqlite3.InterfaceError, sqlite3.ProgrammingError)


def verification(check: Callable[[], str]) -> Verification:
    """What a check finds: it gives the sentence when all is well, and raises `NotIntact` otherwise."""
    try:
        return Verification(Verdict.INTACT, _printable(check()))
    except NotIntact as problem:
        where = "" if problem.seq is None else f"event {problem.seq}: "
        sentence = f"{problem.verdict.name.capitalize()}: {where}{problem.why}."
        return Verification(problem.verdict, _printable(sentence), problem.seq)
    except (*_MISSHAPEN, MemoryError, sqlite3.Error) as problem:
        why = f"Incomplete: it holds something that cannot be checked ({type(problem).__name__})."
        return Verification(Verdict.INCOMPLETE, why)


def _printable(sentence: str) -> str:
    """Names in it are not ours: none may move the cursor of a terminal and write another verdict over this one."""
    return sentence if sentence.isprintable() else "".join(each if each.isprintable() else "?" for each in sentence)


# --- Canonical text: RFC 8785 within a profile ---

LARGEST_INTEGER = 2**53 - 1
_KEY = re.compile(r"[a-z0-9_]+")
_known_keys: set[str] = set()


def parsed(text: str) -> Any:
    """The value that a canonical text spells. Raises ValueError for any other text."""
    try:
        value, _ = _DECODER.raw_decode(text)  # where it ends need not be asked: encoded again it is all of the text
        is_canonical = _ENCODER.encode(value) == text
    except RecursionError as problem:
        raise ValueError("this is nested too deeply") from problem
    if not is_canonical or not (text.isascii() or _is_nfc(text)):
        raise ValueError("this is not the canonical text of its value")
    return value


def _is_nfc(text: str) -> bool:
    """Between strings stand quotation marks, which compose with nothing: the whole is in NFC if its parts are."""
    text.encode()  # raises for a lone surrogate, which is no text
    return unicodedata.is_normalized("NFC", text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is outside the profile")


def _integer(text: str) -> int:
    number = int(text)
    if not -LARGEST_INTEGER <= number <= LARGEST_INTEGER:
        _refuse("an integer beyond 2^53 - 1")
    return number


def _object(value: dict[str, Any]) -> dict[str, Any]:
    if not _known_keys.issuperset(value):
        for key in value:
            if not _KEY.fullmatch(key):
                _refuse("a key other than of [a-z0-9_]")
        if len(_known_keys) < 1000:  # so that a hostile log cannot fill the memory
            _known_keys.update(value)
    return value


_DECODER = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse, parse_int=_integer, object_hook=_object)
# What was decoded just now holds no circles, so that none need be looked for.
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)


# --- The tree of RFC 6962 ---

NO_LEAF = bytes(32)
"""Stands as `prev` of the first event."""


def leaf_hash(body: str) -> bytes:
    """`SHA-256(0x00 || body)`. Raises ValueError for text that is no UTF-8."""
    return hashlib.sha256(b"\x00" + body.encode()).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """`SHA-256(0x01 || left || right)`."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that grows leaf by leaf: of all that is complete only the roots are kept."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Goes on after `size` leaves, whose complete parts have these roots. Raises ValueError for another number."""
        if len(peaks) != f"{size:b}".count("1"):
            raise ValueError("a tree of this size has another number of peaks")
        self.size = size
        self._peaks = list(peaks)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        node, size = leaf, self.size
        while size & 1:
            node = node_hash(self._peaks.pop(), node)
            size >>= 1
        self._peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        if not self._peaks:
            return hashlib.sha256().digest()
        node = self._peaks[-1]
        for left in reversed(self._peaks[:-1]):
            node = node_hash(left, node)
        return node


def root_of_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that this path leads to (RFC 9162, 2.1.3.2). Raises ValueError for a path of another length."""
    if not 0 <= index < size:
        raise ValueError("the index is outside the tree")
    node, place, last = leaf, index, size - 1
    for other in path:
        if last == 0:
            raise ValueError("the path is too long")
        if place & 1 or place == last:
            node = node_hash(other, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, other)
        place, last = place >> 1, last >> 1
    if last:
        raise ValueError("the path is too short")
    return node


def is_consistent(size: int, root: bytes, later: int, later_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the later tree begins with the earlier (RFC 9162, 2.1.4.2)."""
    if not 0 < size <= later:
        return False
    if size == later:
        return not path and root == later_root
    hashes = [root, *path] if size & (size - 1) == 0 else list(path)
    if not hashes:
        return False
    place, last = size - 1, later - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(other, before), node_hash(other, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, other)
        place, last = place >> 1, last >> 1
    return last == 0 and before == root and after == later_root


# --- Ed25519, RFC 8032: verification alone, for where `cryptography` is missing ---

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_SQRT_MINUS_1 = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]
_NEUTRAL: _Point = (0, 1, 1, 0)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of the key signed the message."""
    if len(public) != 32 or len(signature) != 64:
        return False
    if not HAS_CRYPTOGRAPHY:
        return is_signed_by_rfc_8032(public, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_signed_by_rfc_8032(public: bytes, message: bytes, signature: bytes) -> bool:
    key, commitment = _decompressed(public), _decompressed(signature[:32])
    answer = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or answer >= _ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    left, right = _times(answer, _BASE), _plus(commitment, _times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


def _plus(one: _Point, two: _Point) -> _Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % _P, (one[1] + one[0]) * (two[1] + two[0]) % _P
    c, d = 2 * one[3] * two[3] * _D % _P, 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(factor: int, point: _Point) -> _Point:
    product = _NEUTRAL
    while factor:
        if factor & 1:
            product = _plus(product, point)
        point, factor = _plus(point, point), factor >> 1
    return product


def _decompressed(encoded: bytes) -> _Point | None:
    """The point that 32 bytes spell, if there is one."""
    number = int.from_bytes(encoded, "little")
    y, sign = number & (2**255 - 1), number >> 255
    x = _x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % _P)


def _x_of(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _SQRT_MINUS_1 % _P
    if y >= _P or (x * x - square) % _P or (x == 0 and sign):
        return None
    return _P - x if x & 1 != sign else x


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE_X = _x_of(_BASE_Y, 0) or 0
_BASE: _Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


# --- Keys and checkpoints: C2SP signed-note and tlog-checkpoint ---

_ED25519 = b"\x01"
_EPOCH = re.compile(r"(.+)/epoch-([1-9][0-9]*)")
_PROOF_HEAD = "c2sp.org/tlog-proof@v1"


class Key(NamedTuple):
    """A public key under the name of a log."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Key:
        """From C2SP's verifier key, `name+hash+base64`. Raises ValueError."""
        name, _, rest = text.strip().partition("+")
        number, _, encoded = rest.partition("+")
        material = _decoded(encoded)
        key = cls(name, material[1:])
        if not name or material[:1] != _ED25519 or len(key.public) != 32 or key.number.hex() != number:
            raise ValueError("this is no Ed25519 verifier key")
        return key

    @property
    def number(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.number.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"


class Signature(NamedTuple):
    name: str
    number: bytes
    signature: bytes


class Note(NamedTuple):
    """What was signed, in whose name, and by whom: C2SP's signed note."""

    origin: str
    lines: tuple[str, ...]
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, note: str) -> Note:
        """Raises ValueError."""
        text, mark, below = note.rpartition("\n\n")
        origin, *lines = text.split("\n")
        if not mark or not origin or not below.endswith("\n"):
            raise ValueError("this is no signed note")
        return cls(origin, tuple(lines), tuple(_signature(line) for line in below[:-1].split("\n")))

    @property
    def text(self) -> str:
        """What is signed."""
        return "\n".join((self.origin, *self.lines)) + "\n"

    def signer(self, keys: Iterable[Key]) -> Key | None:
        """The first of these keys that signed it, in whatever epoch of its log."""
        for key in keys:
            here = Key(self.origin, key.public)
            if _log_of(key.name) == _log_of(self.origin) and any(self._bears(each, here) for each in self.signatures):
                return key
        return None

    def _bears(self, signature: Signature, key: Key) -> bool:
        is_named = (signature.name, signature.number) == (key.name, key.number)
        return is_named and is_signed(key.public, self.text.encode(), signature.signature)


class Checkpoint(NamedTuple):
    """A statement of the root when the tree held `size` events, and who signed it."""

    origin: str
    size: int
    root: bytes
    note: str

    @classmethod
    def parse(cls, note: str) -> Checkpoint:
        """Raises ValueError for what is no signed checkpoint."""
        signed = Note.parse(note)
        if len(signed.lines) < 2 or not re.fullmatch(r"0|[1-9][0-9]{0,17}", signed.lines[0]):
            raise ValueError("this is no checkpoint")
        return cls(signed.origin, int(signed.lines[0]), _hash(signed.lines[1]), note)

    @property
    def text(self) -> str:
        """What is signed."""
        return Note.parse(self.note).text

    @property
    def signatures(self) -> tuple[Signature, ...]:
        return Note.parse(self.note).signatures

    @property
    def epoch(self) -> int:
        """Counts the times that the log was taken back to a backup; 1 if it never was."""
        found = _EPOCH.fullmatch(self.origin)
        return int(found[2]) if found else 1

    @property
    def log(self) -> str:
        """The name of the log whatever its epoch."""
        return _log_of(self.origin)

    def signer(self, keys: Iterable[Key]) -> Key | None:
        """The first of these keys that signed it, in whatever epoch of its log."""
        return Note.parse(self.note).signer(keys)


_TOMBSTONE = re.compile(r"tombstone ([1-9][0-9]{0,17}) ([1-9][0-9]{0,17})\nroot (.+)\nleaf (.+)\nevents ([0-9a-f]{64})")


class Tombstone(NamedTuple):
    """
    A signed statement of what was archived: the events `first` to `last`.

    `root` is that of the tree when `last` was its newest event, `leaf` is that
    event's, and `sha256` is of the archived `events.jsonl`.
    """

    origin: str
    first: int
    last: int
    root: bytes
    leaf: bytes
    sha256: str
    note: str = ""

    @classmethod
    def parse(cls, note: str) -> Tombstone:
        """Raises ValueError for what is no signed tombstone."""
        signed = Note.parse(note)
        found = _TOMBSTONE.fullmatch("\n".join(signed.lines))
        if not found or int(found[1]) > int(found[2]):
            raise ValueError("this is no tombstone")
        return cls(signed.origin, int(found[1]), int(found[2]), _hash(found[3]), _hash(found[4]), found[5], note)

    @property
    def text(self) -> str:
        """What is signed."""
        root, leaf = (base64.b64encode(each).decode() for each in (self.root, self.leaf))
        return f"{self.origin}\ntombstone {self.first} {self.last}\nroot {root}\nleaf {leaf}\nevents {self.sha256}\n"

    @property
    def log(self) -> str:
        """The name of the log whatever its epoch."""
        return _log_of(self.origin)

    @property
    def folder(self) -> str:
        """The name of the folder that holds what was archived."""
        return f"{self.first:012}-{self.last:012}"

    def signer(self, keys: Iterable[Key]) -> Key | None:
        """The first of these keys that signed it, in whatever epoch of its log."""
        return Note.parse(self.note).signer(keys)


def _log_of(origin: str) -> str:
    found = _EPOCH.fullmatch(origin)
    return found[1] if found else origin


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    material = _decoded(encoded)
    if dash != "\N{EM DASH}" or not name or len(material) < 5:
        raise ValueError("this is no signature line")
    return Signature(name, material[:4], material[4:])


def _hash(text: str) -> bytes:
    found = _decoded(text)
    if len(found) != 32:
        raise ValueError("this is no hash")
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as problem:
        raise ValueError("this is no base64") from problem


# --- Events, one by one and in a row ---

SCHEMA = "audit/1"
PERSONAL = (
    ("actor", "name"),
    ("actor", "ip"),
    ("actor", "user_agent"),
    ("why", "note"),
    ("found", "search"),
)
"""Fields whose value lies beside the body; the body holds only a commitment to it."""

_PERSONAL_PARTS = {
    group: [(name, f"{group}.{name}") for each, name in PERSONAL if each == group] for group, _ in PERSONAL
}


_ERASABLE = {f"{group}_{name}": f"{group}.{name}" for group, name in PERSONAL}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_RANGE = re.compile(r"([1-9][0-9]{0,17})(?:-([1-9][0-9]{0,17}))?")


def erased_ranges(body: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    """
    What an `audit.redacted` says was erased: a field, and its first and last event.

    Raises ValueError for anything but `1-4,9`.
    """
    for name, numbers in part(part(body, "found"), "query").items():
        for each in str(numbers).split(",") if name in _ERASABLE else ():
            found = _RANGE.fullmatch(each)
            if not found:
                raise ValueError("this is no range")
            yield _ERASABLE[name], int(found[1]), int(found[2] or found[1])


class Detail(NamedTuple):
    """A personal value and its salt; both None once erased."""

    salt: bytes | None
    value: str | None
    redacted_at: str | None


class Event(NamedTuple):
    """One event as it is stored; `copies` is whatever else stands beside it, for whoever checks that too."""

    seq: int
    body: str
    details: Mapping[str, Detail]
    copies: Any = None


@dataclass
class Extent:
    """How far the events reached, and the leaf of the last."""

    count: int = 0
    first: int | None = None
    last: int | None = None
    leaf: bytes = NO_LEAF

    def take(self, seq: int, leaf: bytes) -> None:
        """The next event."""
        if self.first is None:
            self.first = seq
        self.count, self.last, self.leaf = self.count + 1, seq, leaf

    def without(self, size: int) -> Extent:
        """As if the first so many events had not been there."""
        return Extent(self.count - size, size + 1, self.last, self.leaf) if size else self

    def __str__(self) -> str:
        if not self.count:
            return "no events"
        events = "1 event" if self.count == 1 else f"{self.count} events"
        return f"{events}, {self.first} to {self.last}, leaf {self.leaf.hex()}"


class Beside:
    """What is checked of each event beside its own content; a source of events that has more overrides it."""

    def problem(self, event: Event, body: Mapping[str, Any], leaf: bytes) -> str | None:  # noqa: ARG002 - for others
        """A sentence, or None when all is well."""
        return None

    def grown(self, leaf: bytes) -> NotIntact | None:  # noqa: ARG002 - as above
        """What is wrong of the tree that this leaf completes."""
        return None


def check_events(
    events: Iterator[Event],
    *,
    shelf: Shelf | None,
    beside: Beside,
    before: Extent | None = None,
    is_all: bool = True,
) -> Extent:
    """
    Check every event and the links between neighbours. Raises `NotIntact` at the first that is wrong.

    With a shelf the log is whole: it must begin at 1, or after what stands
    `before`, and have no gap, its roots must be those of the checkpoints on the
    shelf, and the rules of the deed are checked as well, which need every event
    before; of a part that is not all, later events may say what was erased.
    """
    extent = replace(before or Extent())  # its own
    # That the tree is wrong names many events, a broken link to the last of them only one: so look there first.
    of_the_tree: NotIntact | None = None
    for event in events:
        _check_order(event.seq, extent, is_whole=shelf is not None)
        try:
            body, leaf = _check_event(event, beside)
            problem = None
            is_linked = event.seq != (extent.last or 0) + 1 or body["prev"] == extent.leaf.hex()
            if is_linked and shelf and not of_the_tree:
                problem = shelf.problem(event, body)
        except (*_MISSHAPEN, *_UNKNOWN_TO_SQLITE) as misshapen:
            raise NotIntact(Verdict.ALTERED, event.seq, "it holds a value of a kind that no event has") from misshapen
        if not is_linked:
            raise _broken_link(event.seq, leaf, events)
        if of_the_tree:
            raise of_the_tree
        if problem:
            raise NotIntact(Verdict.ALTERED, event.seq, problem)
        extent.take(event.seq, leaf)
        of_the_tree = (shelf and shelf.grow(leaf)) or beside.grown(leaf)
    if of_the_tree:
        raise of_the_tree
    if shelf:
        shelf.check_end(is_all=is_all)
    return extent


def _check_order(seq: int, extent: Extent, *, is_whole: bool) -> None:
    expected = (extent.last or 0) + 1
    if seq < expected:
        raise NotIntact(Verdict.ALTERED, seq, "it stands in the wrong place")
    if is_whole and seq > expected:
        raise NotIntact(Verdict.INCOMPLETE, expected, "it is missing")


def _check_event(event: Event, beside: Beside) -> tuple[dict[str, Any], bytes]:
    """What can be checked of one event by itself; gives its body and its leaf."""
    try:
        body, leaf = parsed(event.body), leaf_hash(event.body)
    except ValueError as error:
        raise NotIntact(Verdict.ALTERED, event.seq, "its body is not canonical text") from error
    if not isinstance(body, dict):
        raise NotIntact(Verdict.ALTERED, event.seq, "its body is not an object")
    problem = beside.problem(event, body, leaf) or _frame_problem(event.seq, body)
    problem = problem or _details_problem(event.details, body)
    if problem:
        raise NotIntact(Verdict.ALTERED, event.seq, problem)
    return body, leaf


def _broken_link(seq: int, leaf: bytes, rest: Iterator[Event]) -> NotIntact:
    """
    The link between two neighbours is broken: one of them was rewritten, with a leaf to match.

    If the event after vouches for the later one, or there is none after, it
    is the earlier that was rewritten.
    """
    after = next(rest, None)
    is_vouched_for = after is None or f'"prev":"{leaf.hex()}"' in str(after.body)
    if is_vouched_for and seq > 1:
        return NotIntact(Verdict.ALTERED, seq - 1, f"event {seq} does not link to it")
    return NotIntact(Verdict.ALTERED, seq, "it does not link to the event before")


def _frame_problem(seq: int, body: Mapping[str, Any]) -> str | None:
    if body.get("v") != SCHEMA:
        return f"its schema is not {SCHEMA}"
    if body.get("seq") != seq:
        return "its body has another sequence number"
    for name in ("prev", "id", "type", "at"):
        if not isinstance(body.get(name), str):
            return f"its body has no {name}"
    return None


def _details_problem(details: Mapping[str, Detail], body: Mapping[str, Any]) -> str | None:
    promised = 0
    for group, names in _PERSONAL_PARTS.items():
        found = part(body, group)
        for name, field in names if found else ():
            if committed := found.get(name):
                promised += 1
                if problem := _commitment_problem(field, committed, details.get(field)):
                    return problem
    return None if promised == len(details) else _unpromised(details, body)


def _unpromised(details: Mapping[str, Detail], body: Mapping[str, Any]) -> str:
    known = {field for group, names in _PERSONAL_PARTS.items() for name, field in names if part(body, group).get(name)}
    return f"it has a detail {min(details.keys() - known)} that its body does not know"


def _commitment_problem(name: str, committed: str, detail: Detail | None) -> str | None:
    if detail is None:
        return f"its detail {name} is missing"
    if detail.redacted_at is not None and detail.salt is None and detail.value is None:
        return None if _is_time(detail.redacted_at) else f"its detail {name} was erased at what is no time"
    if detail.salt is None or detail.value is None or commitment(detail.salt, detail.value) != committed:
        return f"its detail {name} does not match its commitment"
    return None


def _is_time(text: str) -> bool:
    """Whether it is one in canonical text."""
    try:
        return bool(_TIME.fullmatch(text) and datetime.fromisoformat(text[:-1]))
    except ValueError:
        return False


def commitment(salt: bytes, value: str) -> str:
    return hashlib.sha256(salt + value.encode(errors="surrogatepass")).hexdigest()


def part(body: Mapping[str, Any], group: str) -> Mapping[str, Any]:
    """A part of a body; empty where there is none, or something else in its place."""
    found = body.get(group)
    return found if isinstance(found, dict) else {}


# --- What must be remembered on the way: the stages of deeds, and the checkpoints that are still to come ---

_NEEDS = {
    "revocation.attempted": "revocation.intended",
    "revocation.completed": "revocation.attempted",
}
_NEEDED = set(_NEEDS.values())
_STAGES = {*_NEEDS, *_NEEDED}
_APPROVALS_OF_TIER = {2: 1, 3: 2}
_ARCHIVINGS = {
    "audit.archived": "INSERT OR IGNORE INTO archived VALUES (?, ?, ?)",
    "audit.restored": "DELETE FROM archived WHERE first = ? AND last = ? AND sha256 = ?",
}


def _archiving(body: Mapping[str, Any]) -> tuple[str, str, str]:
    """Which events were archived or brought back, and the digest of them."""
    found = part(body, "found")
    query = part(found, "query")
    return str(query.get("first")), str(query.get("last")), str(found.get("digest"))


@dataclass(frozen=True)
class Base:
    """Where a log goes on whose older events are not there: how many they are, the last leaf, and the tree over all."""

    size: int = 0
    leaf: bytes = NO_LEAF
    peaks: tuple[bytes, ...] = ()

    @property
    def extent(self) -> Extent:
        return Extent(last=self.size or None, leaf=self.leaf)


class Shelf:
    """
    What a whole log is held against: its checkpoints, and what its own events promised.

    It lies in a temporary file of SQLite's. Ten million events hold millions of
    operations: in memory they would grow with the log, which verification must not.
    """

    def __init__(self, base: Base | None = None) -> None:
        """Of a log that goes on after `base`. Raises ValueError if that is none."""
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.executescript(
            """
            PRAGMA journal_mode = OFF;
            CREATE TABLE stage (operation, type, PRIMARY KEY (operation, type)) WITHOUT ROWID;
            CREATE TABLE requested (operation PRIMARY KEY, actor) WITHOUT ROWID;
            CREATE TABLE granted (seq INTEGER PRIMARY KEY, operation, actor, preview);
            CREATE TABLE mark (size, epoch, root, PRIMARY KEY (size, epoch, root)) WITHOUT ROWID;
            CREATE TABLE erased (seq, field, PRIMARY KEY (seq, field)) WITHOUT ROWID;
            CREATE TABLE named (field, first, last, by, PRIMARY KEY (field, first, last, by)) WITHOUT ROWID;
            CREATE TABLE archived (first, last, sha256, PRIMARY KEY (first, last, sha256)) WITHOUT ROWID;
            BEGIN;
            """
        )
        base = base or Base()
        self._base = base.size
        self._tree = Frontier(base.size, base.peaks)
        self._marks: Iterator[tuple[int, int, bytes]] | None = None
        self._mark: tuple[int, int, bytes] | None = None
        self._epoch = 1
        self._agreed = base.size
        self._lost: int | None = None

    def __enter__(self) -> Shelf:  # noqa: PYI034 - `Self` is newer than the Pythons of auditors
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, checkpoint: Checkpoint) -> None:
        """
        Before the first event: a checkpoint whose signature has been checked.

        One of fewer events than the base has cannot be compared.
        """
        if checkpoint.size < self._base:
            return
        mark = checkpoint.size, checkpoint.epoch, checkpoint.root
        self._file.execute("INSERT OR IGNORE INTO mark VALUES (?, ?, ?)", mark)
        self._epoch = max(self._epoch, checkpoint.epoch)

    def count(self) -> int:
        return int(self._file.execute("SELECT count(*) FROM mark").fetchone()[0])

    def grow(self, leaf: bytes) -> NotIntact | None:
        """Take the leaf of the next event; says so if a checkpoint of this size signed another root."""
        found = None
        if self._marks is None:
            least = max(self._tree.size, 1)
            sql = "SELECT size, epoch, root FROM mark WHERE size >= ? ORDER BY size, epoch"
            self._marks = self._file.execute(sql, (least,))
            self._mark = next(self._marks, None)
            found = self._met()
        self._tree.append(leaf)
        return found or self._met()

    def grow_archived(self, leaf: bytes) -> NotIntact | None:
        """Before the first event: the same of one that is archived, and of which only its leaf is here."""
        self._base += 1
        return self.grow(leaf)

    def check_end(self, *, is_all: bool = True) -> None:
        """
        After the last event. Raises `NotIntact` if a checkpoint says that there were more.

        And for what was erased without an event, unless there are later ones,
        which may say so.
        """
        ahead = self._file.execute(
            "SELECT size, epoch FROM mark WHERE size > ? ORDER BY epoch DESC, size", (self._tree.size,)
        ).fetchone()
        if ahead and ahead[1] == self._epoch:
            why = f"it is missing, and a checkpoint was signed when there were {ahead[0]} events"
            raise NotIntact(Verdict.INCOMPLETE, self._tree.size + 1, why)
        if is_all:
            self._check_erased()
        if ahead or self._lost is not None:
            self._refuse_lost(ahead[0] if self._lost is None else self._lost)

    def _met(self) -> NotIntact | None:
        """What is wrong between the tree as it is now and the checkpoints of its size."""
        found = None
        while self._marks and self._mark and self._mark[0] == self._tree.size:
            found = found or self._meet(*self._mark)
            self._mark = next(self._marks, None)
        return found

    def _meet(self, size: int, epoch: int, root: bytes) -> NotIntact | None:
        if root == self._tree.root():
            self._agreed = size
        elif epoch == self._epoch:
            which = f"{self._agreed + 1} to {size}"
            why = f"it or a later one (of events {which}) is not what the checkpoint of size {size} was signed over"
            return NotIntact(Verdict.ALTERED, self._agreed + 1, why)
        elif self._lost is None:
            self._lost = size
        return None

    def _refuse_lost(self, size: int) -> NoReturn:
        why = (
            f"the checkpoint of size {size} is of an epoch before the log was taken back to a backup, "
            f"and events it was signed over are lost"
        )
        raise NotIntact(Verdict.INCOMPLETE, None, why)

    def problem(self, event: Event, body: Mapping[str, Any]) -> str | None:
        """Take the next event; says which rule of the deed it breaks, or None."""
        for field, detail in event.details.items():
            if detail.redacted_at is not None:
                self._file.execute("INSERT OR IGNORE INTO erased VALUES (?, ?)", (event.seq, field))
        if body["type"] == "audit.redacted":
            return self._redaction_problem(event.seq, body)
        if body["type"] in _ARCHIVINGS:
            self._file.execute(_ARCHIVINGS[body["type"]], _archiving(body))
        return self._deed_problem(event.seq, body)

    def check_tombstone(self, tombstone: Tombstone) -> None:
        """
        After the last event: that they say of these that they were archived, and not that they came back.

        Whoever encloses keys can sign a tombstone, and an old one stays signed
        well; what the log says of it is under its checkpoints. Raises `NotIntact`.
        """
        sql = "SELECT 1 FROM archived WHERE first = ? AND last = ? AND sha256 = ?"
        said = str(tombstone.first), str(tombstone.last), tombstone.sha256
        if self._file.execute(sql, said).fetchone() is None:
            why = f"it is missing, and no audit.archived bears out the tombstone of events {said[0]} to {said[1]}"
            raise NotIntact(Verdict.ALTERED, tombstone.first, why)

    def _redaction_problem(self, seq: int, body: Mapping[str, Any]) -> str | None:
        try:
            ranges = list(erased_ranges(body))
        except ValueError:
            return "it does not say which details were erased"
        for field, first, last in ranges:
            if not first <= last < seq:
                return "it says that details were erased of events that were not there yet"
            self._file.execute("INSERT OR IGNORE INTO named VALUES (?, ?, ?, ?)", (field, first, last, seq))
        return None

    def _check_erased(self) -> None:
        """What is erased is what `audit.redacted` events name, and the other way round. Raises `NotIntact`."""
        named = heapq.merge(*(self._named(field) for field in _ERASABLE.values()))
        by = next(named, None)
        for seq, field in self._file.execute("SELECT seq, field FROM erased ORDER BY seq, field"):
            if by and by[:2] < (seq, field):
                self._refuse_unerased(*by)
            if not by or by[:2] > (seq, field):
                why = f"its detail {field} was erased, and no audit.redacted says so"
                raise NotIntact(Verdict.ALTERED, seq, why)
            by = next((each for each in named if each[:2] != (seq, field)), None)
        if by:
            self._refuse_unerased(*by)

    def _named(self, field: str) -> Iterator[tuple[int, str, int]]:
        """Of the events that are here."""
        sql = "SELECT first, last, by FROM named WHERE field = ? AND last > ? ORDER BY first, last"
        for first, last, by in self._file.execute(sql, (field, self._base)):
            yield from ((seq, field, by) for seq in range(max(first, self._base + 1), last + 1))

    def _refuse_unerased(self, seq: int, field: str, by: int) -> NoReturn:
        why = f"it says that the detail {field} of event {seq} was erased, which it was not"
        raise NotIntact(Verdict.ALTERED, by, why)

    def _deed_problem(self, seq: int, body: Mapping[str, Any]) -> str | None:
        stage, operation = body["type"], body.get("operation")
        if stage not in _STAGES:
            self._remember_approval(seq, body)
            return None
        needed = _NEEDS.get(stage)
        if needed and not self._has(operation, needed):
            return f"{stage} without a {needed} of the same operation before it"
        if stage in _NEEDED:
            self._file.execute("INSERT OR IGNORE INTO stage VALUES (?, ?)", (operation, stage))
        return self._approvals_problem(body) if stage == "revocation.intended" else None

    def _remember_approval(self, seq: int, body: Mapping[str, Any]) -> None:
        if body["type"] not in ("approval.requested", "approval.granted"):
            return
        operation, actor = body.get("operation"), part(body, "actor").get("id")
        if body["type"] == "approval.requested":
            self._file.execute("INSERT OR IGNORE INTO requested VALUES (?, ?)", (str(operation), actor))
        else:
            preview = part(body, "control").get("preview")
            self._file.execute("INSERT INTO granted VALUES (?, ?, ?, ?)", (seq, operation, actor, preview))

    def _has(self, operation: str | None, stage: str) -> bool:
        row = self._file.execute("SELECT 1 FROM stage WHERE operation = ? AND type = ?", (operation, stage))
        return row.fetchone() is not None

    def _approvals_problem(self, body: Mapping[str, Any]) -> str | None:
        """The tier's number of people, none of them who asked, each with an event of their own before."""
        control, requester = part(body, "control"), part(body, "actor").get("id")
        sql = "SELECT 1 FROM requested WHERE operation = ? AND actor IS NOT ?"
        if self._file.execute(sql, (str(body.get("operation")), requester)).fetchone():
            return "it is in the name of somebody else than who asked for its approval"
        needed = _APPROVALS_OF_TIER.get(part(control, "policy").get("tier", 0), 0)
        approvals = control.get("approvals") or []
        people = {part({"it": each}, "it").get("actor") for each in approvals}
        if requester in people:
            return "who asked for it is among those who approved it"
        if len(people) < needed:
            return f"it has {len(people)} of the {needed} approvals that its tier needs"
        for each in approvals:
            asked = (each.get("seq"), body.get("operation"), each.get("actor"), control.get("preview"))
            sql = "SELECT 1 FROM granted WHERE seq = ? AND operation IS ? AND actor IS ? AND preview IS ?"
            if self._file.execute(sql, asked).fetchone() is None:
                return f"its approval by {each.get('actor')} has no approval.granted of the same preview before it"
        return None


# --- Published checkpoints, and which keys to believe ---


class Trust:
    """The keys one came with, or else those that came with what is verified."""

    def __init__(self, known: Sequence[Key], enclosed: Sequence[Key] = ()) -> None:
        self._known = tuple(known)
        self._all = (*known, *enclosed)

    def check(self, checkpoint: Checkpoint | Tombstone, what: str, *, is_newest: bool = False) -> Key:
        """
        Who signed it. Raises `NotIntact` if nobody we believe did.

        The newest must be signed by a key that one came with, if one came with
        any: keys are changed, and older checkpoints may bear older ones.
        """
        believed = self._known if is_newest and self._known else self._all
        if not believed:
            raise NotIntact(Verdict.INCOMPLETE, None, f"there is no key to check {what} with")
        signer = checkpoint.signer(believed)
        if signer is None:
            raise NotIntact(Verdict.ALTERED, None, f"{what} is not signed by any key that is known")
        return signer


def published(folder: Path, *, log: str, trust: Trust) -> Iterator[Checkpoint]:
    """The checkpoints of this log in a folder of them. Raises `NotIntact` for one that is not signed, or for none."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as problem:
        raise NotIntact(Verdict.INCOMPLETE, None, f"the checkpoints in {folder} cannot be read") from problem
    is_any = False
    for path in paths:
        try:
            checkpoint = Checkpoint.parse(_text_of(path))
        except (OSError, ValueError) as problem:
            raise NotIntact(Verdict.INCOMPLETE, None, f"{path.name} cannot be read as a checkpoint") from problem
        if checkpoint.log == log:
            trust.check(checkpoint, f"the published checkpoint {path.name}")
            yield checkpoint
            is_any = True
    if not is_any:
        raise NotIntact(Verdict.INCOMPLETE, None, f"{folder} holds no checkpoint of {log}")


# --- A bundle ---

EVENTS = "events.jsonl"
PROOFS = "proofs.jsonl"
CHECKPOINTS = "checkpoints.jsonl"
CHECKPOINT = "checkpoint"
KEYS = "keys.txt"
MANIFEST = "manifest.json"
VERIFIER = "verify.py"
FORMAT = "audit-export/1"
SEGMENT = "audit-segment/1"
BASE = "base.json"
TOMBSTONE = "tombstone"
TOMBSTONES = "tombstones.jsonl"


# Longer than any event, and than any of the small files; what is longer is not read into memory.
_LONGEST_LINE = 2**26
_LONGEST_FILE = 2**20
_BLOCK = 2**18


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of a name that stands in it twice, others would read the other value. Raises ValueError."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return value


_FILE_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse)


def _text_of(path: Path) -> str:
    """Of a small file. Raises OSError or ValueError."""
    with path.open("rb") as file:
        content = file.read(_LONGEST_FILE + 1)
    if len(content) > _LONGEST_FILE:
        raise ValueError("this is larger than any such file")
    return content.decode()


class Unreadable(Exception):  # noqa: N818 - it states what the bundle is
    """The bundle is not one, or a part of it cannot be read."""


_TEXTS = ("instance", "query", "made_at", "root", "sha256", "verifier", "format")
_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(_TEXTS, (str,)),
    **dict.fromkeys(("count", "size"), (int,)),
    **dict.fromkeys(("first", "last"), (int, type(None))),
    "visible_to": (list, type(None)),
}


@dataclass(frozen=True)
class Manifest:
    """
    What an export says of itself.

    `query` is empty for the whole log. `size` and `root` are those of the
    checkpoint that was made for it: an export never reaches beyond it.
    `visible_to` names the only actors whose events it may hold; None means all.
    """

    instance: str
    query: str
    made_at: str
    count: int
    first: int | None
    last: int | None
    size: int
    root: str
    sha256: str
    verifier: str = VERIFIER
    format: str = FORMAT
    visible_to: list[str] | None = None

    def __post_init__(self) -> None:
        """Raises TypeError for a value of another kind than these."""
        for name, kinds in _KINDS.items():
            if type(getattr(self, name)) not in kinds:
                raise TypeError(f"{name} is of another kind")
        if not all(isinstance(each, str) for each in self.visible_to or ()):
            raise TypeError("visible_to holds something other than ids")

    @property
    def is_whole(self) -> bool:
        return not self.query and self.visible_to is None

    @property
    def selection(self) -> str:
        """In words, what it was narrowed to."""
        of_whom = f" of the events of actors {' '.join(self.visible_to)}" if self.visible_to is not None else ""
        return f"the selection {self.query!r}{of_whom}"

    def to_text(self) -> str:
        said = {name: value for name, value in asdict(self).items() if (name, value) != ("visible_to", None)}
        return json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Raises `Unreadable`."""
        try:
            manifest = cls(**_FILE_DECODER.decode(_text_of(folder / MANIFEST)))
        except (OSError, ValueError, TypeError, RecursionError) as problem:
            raise Unreadable(f"{MANIFEST} cannot be read") from problem
        if manifest.format not in (FORMAT, SEGMENT):
            raise Unreadable(f"{MANIFEST} is of a format other than {FORMAT} and {SEGMENT}")
        return manifest


class Lines:
    """The lines of a file, parsed, and the digest of what has been read so far."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def read(self) -> Iterator[dict[str, Any]]:
        """Raises `Unreadable` at a line that is no object."""
        try:
            with self._path.open("rb") as file:
                for number, line in enumerate(self._lines(file), start=1):
                    self._digest.update(line)
                    yield self._value(number, line)
        except OSError as problem:
            raise Unreadable(f"{self._path.name} cannot be read") from problem

    def _lines(self, file: IO[bytes]) -> Iterator[bytes]:
        """Each with its end. Raises `Unreadable` for one that no memory might hold."""
        rest = b""
        while block := file.read(_BLOCK):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line + b"\n"
            if len(rest) > _LONGEST_LINE:
                raise Unreadable(f"a line of {self._path.name} is longer than any event")
        if rest:
            yield rest

    def events(self) -> Iterator[Event]:
        """Raises `Unreadable` at a line that is no event."""
        for number, value in enumerate(self.read(), start=1):
            try:
                yield event_of(value)
            except (ValueError, KeyError, TypeError, AttributeError) as problem:
                raise Unreadable(f"line {number} of {self._path.name} is not an event") from problem

    def _value(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            value = _FILE_DECODER.decode(line.decode())
        except (ValueError, RecursionError) as problem:
            raise Unreadable(f"line {number} of {self._path.name} cannot be read") from problem
        if not isinstance(value, dict):
            raise Unreadable(f"line {number} of {self._path.name} cannot be read")
        return value


def event_of(value: Mapping[str, Any]) -> Event:
    """What a line of `events.jsonl` spells. Raises ValueError, KeyError, TypeError or AttributeError."""
    seq, body = value["seq"], value["body"]
    if type(seq) is not int or not isinstance(body, str) or value.keys() != _OF_EVENT:
        raise TypeError("this is no event")
    return Event(seq, body, {name: _detail(detail) for name, detail in value["details"].items()})


# What nothing vouches for must not stand beside what is proved.
_OF_EVENT = {"seq", "body", "details"}
_OF_DETAIL, _OF_ERASED = {"salt", "value"}, {"redacted_at"}


def _detail(detail: Mapping[str, Any]) -> Detail:
    if detail.keys() == _OF_ERASED:
        return Detail(None, None, str(detail["redacted_at"]))
    if detail.keys() != _OF_DETAIL:
        raise TypeError("this is no detail")
    return Detail(bytes.fromhex(detail["salt"]), str(detail["value"]), None)


class _Proven(Beside):
    """Each event of a selection has a proof that it is in the tree; the lines of both files run in step."""

    def __init__(self, proofs: Iterator[dict[str, Any]], checkpoint: Checkpoint) -> None:
        self._proofs = proofs
        self._checkpoint = checkpoint

    def problem(self, event: Event, body: Mapping[str, Any], leaf: bytes) -> str | None:  # noqa: ARG002 - not the body
        proof = next(self._proofs, None)
        try:
            if proof is None or proof["seq"] != event.seq:
                return "it has no proof"
            path = [_decoded(each) for each in proof["path"]]
            root = root_of_inclusion(leaf, event.seq - 1, self._checkpoint.size, path)
        except (ValueError, KeyError, TypeError, AttributeError):
            return "its proof cannot be read"
        return None if root == self._checkpoint.root else "it is not what the checkpoint was signed over"


def verify_bundle(
    folder: Path, *, keys: Sequence[Key] = (), checkpoints: Path | None = None, archive: Path | None = None
) -> Verification:
    """
    An export, or an archived part of the log, by itself and against the checkpoints that were published.

    The whole log is checked as in the database, with `archive` also what was
    archived of it. Of a selection each event is proven to be in the log; that
    the query matches no others cannot be seen.
    """
    return verification(lambda: _check_bundle(folder, keys, checkpoints, archive))


def is_archive(path: Path) -> bool:
    """Whether it begins as a ZIP file, cut off or not."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def _check_bundle(path: Path, known: Sequence[Key], checkpoints: Path | None, archive: Path | None) -> str:
    if path.is_dir():
        return _check_files(path, known, checkpoints, archive)
    try:
        with zipfile.ZipFile(path) as file:
            _check_directory(file)
            return _check_files(zipfile.Path(file), known, checkpoints, archive)  # type: ignore[arg-type]  # like a folder
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as problem:
        why = f"{path.name} is cut off or damaged: it cannot be read as a ZIP file"
        raise NotIntact(Verdict.INCOMPLETE, None, why) from problem


def _check_directory(file: zipfile.ZipFile) -> None:
    """Raises `NotIntact` where somebody else would unpack another file than the one that is checked here."""
    names = set()
    for each in file.infolist():
        name = _unpacked(each.filename)
        if name in names:
            raise NotIntact(Verdict.ALTERED, None, f"{name!r} stands in it twice")
        names.add(name)
        if each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            why = f"{each.filename!r} is compressed in a way that is not read here: unpack it first"
            raise NotIntact(Verdict.INCOMPLETE, None, why)


def _unpacked(name: str) -> str:
    """Which file this becomes where it is unpacked, on whatever system: `./Events.jsonl.` falls on `events.jsonl`."""
    path: list[str] = []
    for each in name.replace("\\", "/").casefold().split("/"):
        if each == "..":
            del path[-1:]
        elif bare := each.rstrip(". "):
            path.append(bare)
    return "/".join(path)


@dataclass(frozen=True)
class _Bundle:
    """The parts of a bundle that say what its events are held against."""

    folder: Path
    manifest: Manifest
    checkpoint: Checkpoint
    trust: Trust

    @classmethod
    def read(cls, folder: Path, known: Sequence[Key]) -> _Bundle:
        """Raises `Unreadable`, or `NotIntact` if manifest and checkpoint do not agree."""
        bundle = cls(folder, Manifest.read(folder), _enclosed_checkpoint(folder), Trust(known, _enclosed_keys(folder)))
        _check_same_root(bundle.manifest, bundle.checkpoint)
        return bundle

    @property
    def is_segment(self) -> bool:
        return self.manifest.format == SEGMENT

    def lines(self) -> Lines:
        return Lines(self.folder / EVENTS)


def _check_files(folder: Path, known: Sequence[Key], checkpoints: Path | None, archive: Path | None) -> str:
    try:
        bundle = _Bundle.read(folder, known)
        checkpoint, manifest = bundle.checkpoint, bundle.manifest
        signers = _signers(bundle, known)
        elsewhere = published(checkpoints, log=checkpoint.log, trust=bundle.trust) if checkpoints else iter(())
        if not manifest.is_whole:
            extent, held = _check_selection(bundle, elsewhere)
        else:
            extent, held = _check_whole(bundle, elsewhere, archive)
    except Unreadable as problem:
        raise NotIntact(Verdict.INCOMPLETE, None, str(problem)) from problem
    said = "Intact" if manifest.is_whole else f"Intact as far as {manifest.selection} shows"
    compare = "compare this key with the one you know" if len(signers) == 1 else "you must know each of these keys"
    whom = "" if known else f"; {compare}"
    return f"{said}: {extent}; {held}, the newest of size {checkpoint.size} signed by {' and '.join(signers)}{whom}."


def _signers(bundle: _Bundle, known: Sequence[Key]) -> list[str]:
    """
    Of the checkpoint, and of the tombstone of an archived part, which alone says that events before it are not missing.

    Raises `NotIntact`, and `Unreadable`.
    """
    # What was archived long ago was signed by the key of those days.
    found = [bundle.trust.check(bundle.checkpoint, "its checkpoint", is_newest=not bundle.is_segment)]
    if bundle.is_segment:
        found.append(bundle.trust.check(_own_tombstone(bundle), "its tombstone"))
    for signer in found:
        _refuse_unknown(signer, known)
    return list(dict.fromkeys(map(str, found)))


def _refuse_unknown(signer: Key, known: Sequence[Key]) -> None:
    """What only an enclosed key signed shows nothing to whoever came with others. Raises `NotIntact`."""
    if known and signer.public not in {key.public for key in known}:
        why = f"it is signed by {signer} alone, which is none of the keys you gave; give that as well if you knew it"
        raise NotIntact(Verdict.INCOMPLETE, None, why)


def _enclosed_checkpoint(folder: Path) -> Checkpoint:
    try:
        return Checkpoint.parse(_text_of(folder / CHECKPOINT))
    except (OSError, ValueError) as problem:
        raise Unreadable(f"{CHECKPOINT} cannot be read") from problem


def _enclosed_keys(folder: Path) -> list[Key]:
    try:
        return [Key.parse(line) for line in _text_of(folder / KEYS).splitlines()]
    except (OSError, ValueError) as problem:
        raise Unreadable(f"{KEYS} cannot be read") from problem


def _check_same_root(manifest: Manifest, checkpoint: Checkpoint) -> None:
    says = manifest.size, manifest.root, manifest.instance
    if says != (checkpoint.size, base64.b64encode(checkpoint.root).decode(), checkpoint.log):
        raise NotIntact(Verdict.ALTERED, None, f"{CHECKPOINT} is not the one that {MANIFEST} names")


def _check_whole(bundle: _Bundle, elsewhere: Iterable[Checkpoint], folder: Path | None) -> tuple[Extent, str]:
    """All events up to the checkpoint; of a log that was archived in part those that are left, or with it all."""
    tombstones = _tombstones(bundle)
    base = _base(bundle, tombstones)
    archive = Archive(folder, tombstones) if folder and not bundle.is_segment else None
    lines = bundle.lines()
    events = chain(archive.events(), lines.events()) if archive else lines.events()
    with Shelf(None if archive else base) as shelf:
        is_later = _put_checkpoints(shelf, bundle, elsewhere)
        before = None if archive else base.extent
        extent = check_events(events, shelf=shelf, beside=Beside(), before=before, is_all=not bundle.is_segment)
        # Only the last, which covers all before it; of a part that was archived, later events may say so.
        if tombstones and not bundle.is_segment:
            shelf.check_tombstone(tombstones[-1])
        count = shelf.count()
    if (extent.last or 0) > bundle.checkpoint.size:
        raise NotIntact(Verdict.ALTERED, bundle.checkpoint.size + 1, "it was added after the checkpoint")
    _check_manifest(bundle.manifest, extent.without(base.size) if archive else extent, lines.sha256)
    if bundle.is_segment:
        _check_segment(bundle, extent, lines.sha256)
    later = " (later ones not compared)" if is_later else ""
    return extent, f"{words_of(tombstones, is_read=archive is not None)}{count} checkpoints{later}"


def _put_checkpoints(shelf: Shelf, bundle: _Bundle, elsewhere: Iterable[Checkpoint]) -> bool:
    """All that are of no more events than this bundle has; says whether there are others, which cannot be compared."""
    own, is_later = bundle.checkpoint, False
    shelf.put(own)
    for each in chain(_earlier(bundle.folder, bundle.trust), elsewhere):
        if (each.epoch, each.size) <= (own.epoch, own.size):
            shelf.put(each)
        else:
            is_later = True
    return is_later


def _earlier(folder: Path, trust: Trust) -> Iterator[Checkpoint]:
    return (each for each, _ in _earlier_with_paths(folder, trust))


def _earlier_with_paths(folder: Path, trust: Trust) -> Iterator[tuple[Checkpoint, list[bytes]]]:
    for number, value in enumerate(Lines(folder / CHECKPOINTS).read(), start=1):
        try:
            each, path = Checkpoint.parse(value["note"]), [_decoded(other) for other in value.get("path", ())]
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise Unreadable(f"line {number} of {CHECKPOINTS} is no checkpoint") from problem
        trust.check(each, f"the checkpoint of size {each.size}")
        yield each, path


def _consistent(folder: Path, checkpoint: Checkpoint, trust: Trust) -> Iterator[Checkpoint]:
    """Earlier checkpoints that are proven to be of the same log. Raises `NotIntact` for one that is not."""
    for each, path in _earlier_with_paths(folder, trust):
        if not is_consistent(each.size, each.root, checkpoint.size, checkpoint.root, path):
            why = f"the checkpoint of size {each.size} is not proven to be of the same log"
            raise NotIntact(Verdict.ALTERED, None, why)
        yield each


def _check_selection(bundle: _Bundle, elsewhere: Iterable[Checkpoint]) -> tuple[Extent, str]:
    lines, proofs = bundle.lines(), Lines(bundle.folder / PROOFS).read()
    extent = check_events(lines.events(), shelf=None, beside=_Proven(proofs, bundle.checkpoint))
    _check_manifest(bundle.manifest, extent, lines.sha256)
    proven = _consistent(bundle.folder, bundle.checkpoint, bundle.trust)
    archived = words_of(_tombstones(bundle), is_read=False)
    return extent, f"{archived}{_held_against(elsewhere, bundle.checkpoint, proven)}"


def _held_against(
    elsewhere: Iterable[Checkpoint], checkpoint: Checkpoint, consistent: Iterable[Checkpoint] = ()
) -> str:
    """Without all events, those published can be compared that are proven to be of the same log, by their size."""
    roots = {each.size: each.root for each in (*consistent, checkpoint)}
    compared = {each.size: each.root for each in elsewhere if each.size in roots and each.epoch == checkpoint.epoch}
    for size, root in compared.items():
        if roots[size] != root:
            raise NotIntact(Verdict.ALTERED, None, f"another checkpoint of size {size} was published")
    count = len(compared)
    return "1 published checkpoint compared" if count == 1 else f"{count} published checkpoints compared"


def _check_manifest(manifest: Manifest, extent: Extent, sha256: str) -> None:
    if extent.count < manifest.count:
        seq = (extent.last or 0) + 1 if manifest.is_whole else None
        why = f"the manifest counts {manifest.count}, and {extent.count} are there"
        raise NotIntact(Verdict.INCOMPLETE, seq, why)
    found = extent.count, extent.first, extent.last, sha256
    if found != (manifest.count, manifest.first, manifest.last, manifest.sha256):
        raise NotIntact(Verdict.ALTERED, None, f"{EVENTS} is not what the manifest describes")


# --- What was archived ---


class Archive:
    """A folder of archived parts of the log, each in a folder of its own, as its tombstone names it."""

    def __init__(self, folder: Path, tombstones: Sequence[Tombstone]) -> None:
        self._folder = folder
        self._tombstones = tombstones

    def events(self) -> Iterator[Event]:
        """All of them, in order. Raises `NotIntact` for a part that is missing or is not what was archived."""
        for tombstone in self._tombstones:
            lines = Lines(self._folder / tombstone.folder / EVENTS)
            try:
                yield from lines.events()
            except Unreadable as problem:
                why = f"it is archived, and in {tombstone.folder} {problem}"
                raise NotIntact(Verdict.INCOMPLETE, tombstone.first, why) from problem
            if lines.sha256 != tombstone.sha256:
                why = f"{EVENTS} in {tombstone.folder} is not what was archived"
                raise NotIntact(Verdict.ALTERED, tombstone.first, why)


def check_tombstones(tombstones: Sequence[Tombstone], trust: Trust) -> None:
    """Each is signed, and goes on where the one before ended, from the first event on. Raises `NotIntact`."""
    last = 0
    for each in tombstones:
        trust.check(each, f"the tombstone of events {each.first} to {each.last}")
        if each.first != last + 1:
            raise NotIntact(Verdict.INCOMPLETE, last + 1, "it is missing, and no tombstone says that it is archived")
        last = each.last


def words_of(tombstones: Sequence[Tombstone], *, is_read: bool) -> str:
    """For the sentence of a verification; nothing where nothing is archived."""
    if not tombstones:
        return ""
    read = "read in the archive" if is_read else "not read"
    return f"events 1 to {tombstones[-1].last} are archived, and were {read}; "


def _tombstones(bundle: _Bundle) -> list[Tombstone]:
    """Of all that is archived before the events of a bundle."""
    if not (bundle.folder / TOMBSTONES).exists():
        return []
    try:
        found = [Tombstone.parse(value["note"]) for value in Lines(bundle.folder / TOMBSTONES).read()]
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise Unreadable(f"{TOMBSTONES} cannot be read") from problem
    check_tombstones(found, bundle.trust)
    return found


def _base(bundle: _Bundle, tombstones: Sequence[Tombstone]) -> Base:
    """Where the events of a bundle go on, which is what the last of the tombstones says."""
    if not tombstones:
        return Base()
    try:
        value = _FILE_DECODER.decode(_text_of(bundle.folder / BASE))
        base = Base(value["size"], _hash(value["leaf"]), tuple(_hash(each) for each in value["peaks"]))
        root = Frontier(base.size, base.peaks).root()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise Unreadable(f"{BASE} cannot be read") from problem
    last = tombstones[-1]
    if (base.size, base.leaf, root) != (last.last, last.leaf, last.root):
        raise NotIntact(Verdict.ALTERED, None, f"{BASE} is not what the last tombstone was signed over")
    return base


def _own_tombstone(bundle: _Bundle) -> Tombstone:
    """Of an archived part. Raises `Unreadable`."""
    try:
        return Tombstone.parse(_text_of(bundle.folder / TOMBSTONE))
    except (OSError, ValueError) as problem:
        raise Unreadable(f"{TOMBSTONE} cannot be read") from problem


def _check_segment(bundle: _Bundle, extent: Extent, sha256: str) -> None:
    """It is what its tombstone was signed over. Raises `NotIntact`."""
    tombstone, at_end = _own_tombstone(bundle), bundle.checkpoint
    found = Tombstone(tombstone.origin, extent.first or 0, extent.last or 0, at_end.root, extent.leaf, sha256)
    if found.text != tombstone.text or (tombstone.log, tombstone.last) != (at_end.log, at_end.size):
        raise NotIntact(Verdict.ALTERED, None, f"{TOMBSTONE} was signed over other events")


# --- A receipt ---

_PRINTED = re.compile(
    rf"event (\d+)\nleaf ([0-9a-f]{{64}})\n"
    rf"({re.escape(_PROOF_HEAD)}\n(?:[^\n]+\n)+\n(?:[^\n]+\n)+\n(?:\N{{EM DASH}} [^\n]+\n)+)"
)


@dataclass(frozen=True)
class Proof:
    """C2SP's tlog-proof: where an event stands, the path to the root, and the checkpoint."""

    index: int
    path: tuple[bytes, ...]
    note: str

    def __str__(self) -> str:
        hashes = "".join(f"{base64.b64encode(each).decode()}\n" for each in self.path)
        return f"{_PROOF_HEAD}\nindex {self.index}\n{hashes}\n{self.note}"

    @classmethod
    def parse(cls, text: str) -> Proof:
        """Raises ValueError."""
        above, _, note = text.partition("\n\n")
        head, index, *hashes = [line for line in above.split("\n") if not line.startswith("extra ")]
        if head != _PROOF_HEAD or not re.fullmatch(r"index (0|[1-9][0-9]{0,17})", index):
            raise ValueError("this is no proof")
        return cls(int(index[6:]), tuple(_decoded(each) for each in hashes), note)


def verify_receipt(path: Path, *, keys: Sequence[Key], checkpoints: Path | None = None) -> Verification:
    """The proofs printed in a receipt: that each leaf is in the log as it was signed."""
    return verification(lambda: _check_receipt(path, keys, checkpoints))


def _check_receipt(path: Path, keys: Sequence[Key], folder: Path | None) -> str:
    try:
        text = html.unescape(path.read_text(encoding="utf-8")).replace("\r\n", "\n")
    except (OSError, ValueError) as problem:
        raise NotIntact(Verdict.INCOMPLETE, None, f"{path.name} cannot be read") from problem
    printed = _PRINTED.findall(text)
    if not printed:
        raise NotIntact(Verdict.INCOMPLETE, None, f"{path.name} holds no proof")
    trust = Trust(keys)
    proven = [_check_printed(int(seq), bytes.fromhex(leaf), proof, trust) for seq, leaf, proof in printed]
    checkpoint, signer = proven[-1]
    held = _held_against(published(folder, log=checkpoint.log, trust=trust) if folder else (), checkpoint)
    events = ", ".join(seq for seq, *_ in printed)
    return f"Intact: event {events} of {checkpoint.origin}; {held}, of size {checkpoint.size} signed by {signer}."


def _check_printed(seq: int, leaf: bytes, text: str, trust: Trust) -> tuple[Checkpoint, Key]:
    try:
        proof = Proof.parse(text)
        checkpoint = Checkpoint.parse(proof.note)
        root = root_of_inclusion(leaf, proof.index, checkpoint.size, proof.path)
    except ValueError as problem:
        raise NotIntact(Verdict.ALTERED, seq, f"its proof does not hold: {problem}") from problem
    signer = trust.check(checkpoint, f"the checkpoint of event {seq}", is_newest=True)
    if proof.index != seq - 1 or root != checkpoint.root:
        raise NotIntact(Verdict.ALTERED, seq, "it is not what the checkpoint was signed over")
    return checkpoint, signer


# --- The command ---


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify an export of the audit log, or a receipt.")
    parser.add_argument("path", type=Path, metavar="BUNDLE", help="an export: its folder or ZIP file; or a receipt")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="checkpoints that were published")
    parser.add_argument(
        "--key", action="append", default=[], metavar="KEY", help="a verifier key you know, or a file of such keys"
    )
    parser.add_argument("--archive", type=Path, metavar="DIR", help="the folder of what was archived of the log")
    given = parser.parse_args(arguments)
    try:
        keys = [key for text in given.key for key in keys_of(text)]
    except ValueError:
        found = Verification(Verdict.INCOMPLETE, "Incomplete: --key is neither a verifier key nor a file of them.")
    else:
        if given.path.is_dir() or is_archive(given.path):
            found = verify_bundle(given.path, keys=keys, checkpoints=given.checkpoints, archive=given.archive)
        else:
            found = verify_receipt(given.path, keys=keys, checkpoints=given.checkpoints)
    spelled = found.sentence.encode(sys.stdout.encoding or "ascii", "backslashreplace")
    sys.stdout.write(f"{spelled.decode(sys.stdout.encoding or 'ascii')}\n")
    return int(found.verdict)


def keys_of(text: str) -> list[Key]:
    """A verifier key, or the lines of the file that the text names. Raises ValueError."""
    try:
        return [Key.parse(text)]
    except ValueError:
        try:
            lines = Path(text).read_text(encoding="utf-8").split("\n")
        except OSError as problem:
            raise ValueError("this is neither a key nor a file") from problem
        return [Key.parse(line) for line in lines if line.strip()]


if __name__ == "__main__":
    sys.exit(main())
