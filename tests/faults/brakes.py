"""
Stop a process at the moment before it commits an event of a given type, from outside.

A trigger on `audit_event` stands in the way of the insert: on PostgreSQL it
waits for an advisory lock that the test holds; on SQLite, whose triggers cannot
wait, it counts for longer than the test takes. Either way the process stands
inside its open transaction, what it committed before is committed, and what
it would have done next is not begun. The witness is the database too: on
PostgreSQL somebody waits for the lock, on SQLite somebody holds the one write
transaction for longer than any of ours lasts, after the event that comes
before.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol

import psycopg
from django.db import connection

from tests.faults.orders import database_url, until

_LOCK = 0x6272616B65
# About ten seconds of counting: far longer than a kill takes, and it ends by itself if that never comes.
_COUNTED = 30_000_000
# Our longest transaction takes a few milliseconds and a sync of the disk.
_LONG = 0.12
_COMES_BEFORE = {
    "revocation.intended": "revocation.previewed",
    "revocation.attempted": "revocation.intended",
    "revocation.completed": "revocation.attempted",
    "revocation.seen_gone": "revocation.completed",
    "revocation.reconciled": "revocation.completed",
}


class Brake(Protocol):
    """Holds whoever is about to commit the event."""

    def wait_until_held(self) -> None: ...


@contextmanager
def brake(event_type: str, *, after: str = "", item: int | None = None) -> Iterator[Brake]:
    """Stop before an event of this type (about this item of an operation) is committed, `after` being the last."""
    about = "" if item is None else f""" AND NEW.body LIKE '%"item":{item},%'"""
    condition = f"NEW.type = '{event_type}'{about}"
    holding = _on_postgresql(condition)
    if connection.vendor == "sqlite":
        holding = _on_sqlite(condition, after or _COMES_BEFORE[event_type])
    with holding as held:
        yield held


class _OnSqlite:
    def __init__(self, after: str) -> None:
        self._after = after

    def wait_until_held(self) -> None:
        with sqlite3.connect(connection.settings_dict["NAME"], timeout=0, isolation_level=None) as other:
            free_at = monotonic()

            def is_held() -> bool:
                nonlocal free_at
                if _is_free(other) or not self._is_reached(other):
                    free_at = monotonic()
                return monotonic() - free_at > _LONG

            until(is_held, "a long transaction")
        other.close()

    def _is_reached(self, other: sqlite3.Connection) -> bool:
        """Without it a slow sync of an earlier commit would pass for the brake."""
        newest = other.execute("SELECT type FROM audit_event ORDER BY seq DESC LIMIT 1").fetchone()
        return bool(newest == (self._after,))


def _is_free(other: sqlite3.Connection) -> bool:
    try:
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    other.execute("ROLLBACK")
    return True


@contextmanager
def _on_sqlite(condition: str, after: str) -> Iterator[Brake]:
    # SQLite takes no WITH within a trigger, but a view may have one.
    _execute(
        f"""CREATE VIEW brake_counting AS WITH RECURSIVE counted(n) AS
            (SELECT 1 UNION ALL SELECT n + 1 FROM counted LIMIT {_COUNTED}) SELECT n FROM counted""",
        f"""CREATE TRIGGER brake BEFORE INSERT ON audit_event WHEN {condition}
            BEGIN SELECT count(*) FROM brake_counting; END""",
    )
    try:
        yield _OnSqlite(after)
    finally:
        _execute("DROP TRIGGER brake", "DROP VIEW brake_counting")


class _OnPostgresql:
    def __init__(self, other: psycopg.Connection) -> None:
        self._other = other

    def wait_until_held(self) -> None:
        waiting = f"SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = {_LOCK & 0xFFFFFFFF}"
        until(lambda: self._other.execute(waiting).fetchone(), "waiting at the brake")


@contextmanager
def _on_postgresql(condition: str) -> Iterator[Brake]:
    _execute(
        f"""CREATE FUNCTION brake() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF {condition} THEN PERFORM pg_advisory_xact_lock({_LOCK}); END IF; RETURN NEW; END $$""",
        "CREATE TRIGGER brake BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION brake()",
    )
    try:
        with psycopg.connect(database_url(), autocommit=True) as other:
            other.execute(f"SELECT pg_advisory_lock({_LOCK})")
            yield _OnPostgresql(other)
    finally:
        _execute("DROP FUNCTION brake CASCADE")


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            # A percent sign is a place for a parameter only where there are parameters.
            cursor.execute(statement, None)
