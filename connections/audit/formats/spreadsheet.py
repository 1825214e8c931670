"""
CSV for spreadsheets: a header, a line for each event, and at the end the export's own.

UTF-8 with a byte order mark, since without one Excel takes it for the local
code page; lines end as RFC 4180 says. Programs have the other formats.
"""

import csv
import hashlib
from collections.abc import Iterator
from io import StringIO
from typing import Any

from connections.audit.delivery import Delivery
from connections.audit.formats.native import File
from connections.audit.formats.reading import Reading, readings, said
from connections.audit.selection import Block, block_of

NAME = "events.csv"
_BYTE_ORDER_MARK = "\ufeff".encode()
_PLACES = (
    ("outcome", "status"),
    ("outcome", "alarm"),
    ("actor", "kind"),
    ("actor", "id"),
    ("actor", "name"),
    ("actor", "roles"),
    ("actor", "ip"),
    ("actor", "user_agent"),
    ("target", "kind"),
    ("target", "id"),
    ("target", "user"),
    ("target", "vehicle"),
    ("target", "connection"),
    ("target", "mode"),
    ("target", "make"),
    ("target", "model"),
    ("target", "year"),
    ("why", "reason"),
    ("why", "ticket"),
    ("why", "note"),
    ("outcome", "http"),
    ("outcome", "smartcar_request_id"),
    ("found", "count"),
    ("found", "digest"),
    ("found", "search"),
)
_FRAME = ("operation", "request", "cause", "id")
HEADER = ("seq", "at", "type", "what", *(".".join(place) for place in _PLACES), *_FRAME, "leaf")

# What a spreadsheet takes for a formula, also after white space; and the apostrophe, so that one taken away is ours.
_RISKY = frozenset("=+-@＝＋－＠'")  # noqa: RUF001 - the wide ones too, which East Asian editions understand
_SUSPECT = _RISKY | frozenset("\t\r\n\v\f \xa0\ufeff\u200b\u3000")


def files(delivery: Delivery) -> Iterator[File]:
    yield NAME, _pieces(delivery)


def guarded(cell: str) -> str:
    """With an apostrophe before what a spreadsheet might run; taking one away from any cell gives back the value."""
    if cell[:1] not in _SUSPECT or not cell:
        return cell
    is_risky = cell[0] in "\t\r\n" or cell.lstrip(" \t\r\n\v\f\xa0\ufeff\u200b\u3000")[:1] in _RISKY
    return f"'{cell}" if is_risky else cell


def _pieces(delivery: Delivery) -> Iterator[bytes]:
    digest = hashlib.sha256()
    head = _BYTE_ORDER_MARK + _lines([HEADER])
    digest.update(head)
    yield head
    for block in delivery.blocks():
        piece = _lines(_rows(block))
        digest.update(piece)
        yield piece
    end = delivery.conclude(digest.hexdigest())
    yield _lines(_rows(block_of(end.seq)))


def _lines(rows: Any) -> bytes:
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _rows(block: Block) -> Iterator[list[Any]]:
    for reading in readings(block):
        yield _row(reading)


def _row(reading: Reading) -> list[Any]:
    body = reading.body
    if body is None:
        return [reading.seq, "", "", said(reading), *[""] * (len(_PLACES) + len(_FRAME)), reading.leaf]
    cells = [body["at"], body["type"], said(reading)]
    empty: dict[str, Any] = {}
    cells += [body.get(group, empty).get(name, "") for group, name in _PLACES]
    cells += [body.get(name, "") for name in _FRAME]
    return [reading.seq, *[guarded(_text(cell)) for cell in cells], reading.leaf]


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
