"""Rows of the audit log written in bulk, with the triggers lifted and the indexes made at the end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models

from connections.audit import append_only, words
from connections.audit.body import COLUMNS
from connections.models import AuditEvent

_TABLES: dict[str, Sequence[str]] = {
    "audit_event": ("seq", "at", *COLUMNS, "body", "leaf"),
    "audit_detail": ("seq", "field", "salt", "value"),
    "audit_checkpoint": ("size", "root", "note", "created_at"),
}
_AT_ONCE = 20_000

Row = Sequence[Any]


@dataclass
class Bulk:
    """Rows that wait for the next write; times are text without a zone, in UTC."""

    events: list[Row] = field(default_factory=list)
    details: list[Row] = field(default_factory=list)
    checkpoints: list[Row] = field(default_factory=list)

    def add(self, event: Row) -> None:
        self.events.append(event)
        if len(self.events) == _AT_ONCE:
            self.write()

    def write(self) -> None:
        for table, rows in zip(_TABLES, (self.events, self.details, self.checkpoints), strict=True):
            _write(table, _TABLES[table], rows)
            rows.clear()


@contextmanager
def bulk() -> Iterator[Bulk]:
    """Everything that slows down many inserts is away until the block ends."""
    append_only.lift(connection)
    words.remove(connection)
    leaf, plain = AuditEvent._meta.get_field("leaf"), models.BinaryField()
    plain.set_attributes_from_name("leaf")
    with connection.schema_editor() as editor:
        for index in AuditEvent._meta.indexes:
            editor.remove_index(AuditEvent, index)
        if connection.vendor == "postgresql":  # SQLite would rebuild the table for it, now and at the end
            editor.alter_field(AuditEvent, leaf, plain)
    _execute(*_SETTINGS[connection.vendor])
    rows = Bulk()
    yield rows
    rows.write()
    with connection.schema_editor() as editor:
        if connection.vendor == "postgresql":
            editor.alter_field(AuditEvent, plain, leaf)
        for index in AuditEvent._meta.indexes:
            editor.add_index(AuditEvent, index)
    words.install(connection)
    append_only.protect(connection)
    _execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    connection.close()  # the next one begins with the settings of production


_SETTINGS = {
    "sqlite": ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -1000000"),
    "postgresql": ("SET maintenance_work_mem = '1GB'", "SET synchronous_commit = off", "SET timezone = 'UTC'"),
}


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
