"""Rows of the audit log written in bulk, with the triggers lifted and the indexes made at the end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from connections.audit import append_only, words
from connections.audit.body import COLUMNS
from connections.models import AuditEvent

_EVENT = ("seq", "at", *COLUMNS, "body", "leaf")
_DETAIL = ("seq", "field", "salt", "value")
_AT_ONCE = 20_000

Row = Sequence[Any]


@dataclass
class Bulk:
    """Rows that wait for the next write."""

    events: list[Row] = field(default_factory=list)
    details: list[Row] = field(default_factory=list)

    def add(self, event: Row) -> None:
        self.events.append(event)
        if len(self.events) == _AT_ONCE:
            self.write()

    def write(self) -> None:
        _write("audit_event", _EVENT, self.events)
        _write("audit_detail", _DETAIL, self.details)
        self.events, self.details = [], []


@contextmanager
def bulk() -> Iterator[Bulk]:
    """Everything that slows down many inserts is away until the block ends."""
    append_only.lift(connection)
    words.remove(connection)
    with connection.schema_editor() as editor:
        for index in AuditEvent._meta.indexes:
            editor.remove_index(AuditEvent, index)
    if connection.vendor == "sqlite":
        _execute("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -400000")
    rows = Bulk()
    yield rows
    rows.write()
    with connection.schema_editor() as editor:
        for index in AuditEvent._meta.indexes:
            editor.add_index(AuditEvent, index)
    words.install(connection)
    append_only.protect(connection)
    _execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    connection.close()  # the next one begins with the journal of production


def _write(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    names = ", ".join(columns)
    if connection.vendor == "sqlite":
        places = ", ".join(["%s"] * len(columns))
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)
            cursor.execute("COMMIT")
        return
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
