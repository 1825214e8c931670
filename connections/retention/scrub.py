"""
What erased text leaves behind in the files of the database, and how it is made to go from there as well.

SQLite leaves deleted bytes in place until they are needed, its write-ahead log
keeps the pages of before, and the search for words keeps the letters of a
deleted note until its parts are merged. PostgreSQL keeps the row of before
until VACUUM.
"""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

from connections.audit.words import NOTE

logger = logging.getLogger(__name__)

_TABLES = ("audit_detail", "operation", "approval", "saved_search", "preview", "connections_staff")


@contextmanager
def securely() -> Iterator[None]:
    """Within the block SQLite writes zeros over what is deleted."""
    if connection.vendor != "sqlite":
        yield
        return
    _run("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        _run("PRAGMA secure_delete = OFF")


def scrub(fields: Collection[str]) -> None:
    """
    After these fields were erased: out of the index of words, and out of what the files keep of before.

    What hinders it hinders no erasure: the text is gone from every table, and
    the log of the process says what to do.
    """
    try:
        _scrub_sqlite(fields) if connection.vendor == "sqlite" else _scrub_postgresql()
    except DatabaseError:
        logger.exception("The text is erased, but traces may be left in the files of the database: run VACUUM.")


def _scrub_sqlite(fields: Collection[str]) -> None:
    if NOTE in fields:
        with securely():
            _run("INSERT INTO audit_words (audit_words) VALUES ('optimize')")
    _run("PRAGMA wal_checkpoint(TRUNCATE)")


def _scrub_postgresql() -> None:
    _run(f"VACUUM {', '.join(_TABLES)}")


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
