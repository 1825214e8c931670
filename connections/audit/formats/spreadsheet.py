"""
CSV for spreadsheets: a header, a line for each event, and at the end the export's own.

UTF-8 with a byte order mark, since without one Excel takes it for the local
code page; lines end as RFC 4180 says. Programs have the other formats.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from connections.audit.delivery import Delivery
from connections.audit.formats.lines import to_the_end
from connections.audit.formats.native import File
from connections.audit.formats.reading import Reading, readings, said
from connections.audit.selection import Block

NAME = "events.csv"
_BYTE_ORDER_MARK = "\ufeff".encode()
_COLUMNS = {
    "outcome": (
        "status",
        "alarm",
        "http",
        "smartcar_request_id",
        "ms",
        "attempt",
        "expected",
        "removed",
        "answered_at",
    ),
    "actor": ("kind", "id", "name", "roles", "session", "ip", "user_agent"),
    "target": (
        *("kind", "id", "user", "vehicle", "connection", "mode", "connected_at"),
        *("make", "model", "year", "permissions"),
    ),
    "why": ("reason", "ticket", "note", "received_at", "due_at"),
    "control": ("preview",),
    "found": ("count", "digest", "search"),
}
_FRAME = ("operation", "request", "cause", "id")
_PARTS = tuple(f"{group}.{name}" for group, names in _COLUMNS.items() for name in names)
HEADER = ("seq", "at", "type", "what", *_PARTS, *_FRAME, "leaf")
_EMPTY: list[Any] = [""] * len(HEADER)
_WHAT = HEADER.index("what")
# Where in a row each value of a body goes: by its name, or by its group and then its name.
_PLACES: dict[str, Any] = {name: HEADER.index(name) for name in ("at", "type", *_FRAME)}
_PLACES |= {group: {name: HEADER.index(f"{group}.{name}") for name in names} for group, names in _COLUMNS.items()}

# What a spreadsheet takes for a formula, also after white space; and the apostrophe, so that one taken away is ours.
_RISKY = "=+-@＝＋－＠'"  # noqa: RUF001 - the wide ones too, which East Asian editions understand
_BLANK = " \v\f\xa0\ufeff\u200b\u3000"
_LINE = "\t\r\n"
_SUSPECT = frozenset(_RISKY + _BLANK + _LINE)
# Where a program that splits on these, whatever is quoted, would begin a cell with one. Each has a pattern of its own:
# one that begins with a plain character is found four times as fast.
_SPLITS = tuple(re.compile(f'{each}(?=[{_BLANK}"]*[{re.escape(_RISKY)}])') for each in (";", *_LINE))


def files(delivery: Delivery) -> Iterator[File]:
    yield NAME, to_the_end(delivery, _lines_of, head=_BYTE_ORDER_MARK + _written([HEADER]).encode())


def guarded(cell: str) -> str:
    """With an apostrophe before what a spreadsheet might run; taking one away from any cell gives back the value."""
    if cell[:1] not in _SUSPECT:
        return cell
    is_risky = cell[0] in _LINE or cell.lstrip(_BLANK + _LINE)[:1] in _RISKY
    return f"'{cell}" if is_risky else cell


def guarded_inside(cell: str) -> str:
    """The same after each semicolon, tab, CR and LF, for programs that split there; taken away there, likewise."""
    for each in _SPLITS:
        cell = each.sub(r"\g<0>'", cell)
    return cell


def _lines_of(block: Block) -> bytes:
    """Hardly any cell needs a guard inside, so whether one does is asked of all lines at once."""
    rows = [_row(reading) for reading in readings(block)]
    lines = _written(rows)
    if any(each.search(lines) for each in _SPLITS):
        lines = _written([[guarded_inside(cell) if type(cell) is str else cell for cell in row] for row in rows])
    return lines.encode()


def _written(rows: Iterable[Sequence[Any]]) -> str:
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _row(reading: Reading) -> list[Any]:
    """Goes by what the event has, which is a third of what there is a column for."""
    row = _EMPTY.copy()
    row[0], row[_WHAT], row[-1] = reading.seq, _cell(said(reading)), reading.leaf
    for group, part in (reading.body or {}).items():
        place = _PLACES.get(group)
        if place is None:
            continue
        if type(place) is int:
            row[place] = _cell(part)
            continue
        for name, value in part.items():
            if name in place:
                row[place[name]] = value if type(value) is str and value[:1] not in _SUSPECT else _cell(value)
    return row


def _cell(value: Any) -> Any:
    """A number as it is, and everything else as text that no spreadsheet runs."""
    if type(value) is int:
        return value
    return guarded(" ".join(map(str, value)) if type(value) is list else str(value))
