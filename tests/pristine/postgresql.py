"""Rows put back table by table, where there are any, and the triggers looked at."""

from collections.abc import Iterable, Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from connections.audit import append_only

_TRIGGERS = """
    SELECT c.relname, t.tgname, t.tgenabled::text, pg_get_triggerdef(t.oid), pg_get_functiondef(p.oid)
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal ORDER BY c.relname, t.tgname"""


class PristineOnPostgreSQL:
    """
    What the migrations wrote is copied to a schema of its own; every other table is empty.

    A database made anew from a template would take ten times longer, and so
    does TRUNCATE, which makes new files for a table and all its indexes. The
    connection is kept, since what a new one must learn of every table takes
    longer than what is done with them.
    """

    def __init__(self, of_tests: BaseDatabaseWrapper) -> None:
        self._connection = of_tests.copy()
        tables = [f'"{name}"' for name in self._connection.introspection.table_names()]
        self._triggers = self._rows(_TRIGGERS)
        self._filled = {table for table in tables if self._rows(f"SELECT FROM {table} LIMIT 1")}
        self._execute(
            ["CREATE SCHEMA pristine", *(f"CREATE TABLE pristine.{each} AS TABLE {each}" for each in self._filled)]
        )
        self._lock = f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE"
        self._differing = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS ({self._difference(table)})" for table in tables
        )

    def put_back(self, of_tests: BaseDatabaseWrapper) -> None:
        """
        Undo what was written, and put triggers back that are gone.

        Waits for whoever still writes. Raises `AssertionError` if a test leaves
        triggers of its own.
        """
        of_tests.close()
        if not self._connection.is_usable():  # a test may end every connection there is
            self._connection.close()
        self._connection.set_autocommit(False)
        try:
            # Not to be asked by the foreign keys: none is broken in the end.
            self._execute([self._lock, "SET LOCAL session_replication_role = replica"])
            self._protect()
            self._execute(self._undoing([table for (table,) in self._rows(self._differing)]))
            self._connection.commit()
        finally:
            self._connection.set_autocommit(True)

    def close(self) -> None:
        """Who deletes the database must be alone with it."""
        self._connection.close()

    def _protect(self) -> None:
        if self._rows(_TRIGGERS) != self._triggers:
            append_only.protect(self._connection)
            assert self._rows(_TRIGGERS) == self._triggers, "a test left triggers of its own behind"

    def _difference(self, table: str) -> str:
        if table not in self._filled:
            return f"SELECT FROM {table}"
        now, then = f"SELECT t::text FROM {table} t", f"SELECT t::text FROM pristine.{table} t"
        return f"({now} EXCEPT {then}) UNION ALL ({then} EXCEPT {now})"

    def _undoing(self, differing: Iterable[str]) -> Iterator[str]:
        for table in differing:
            yield f"ALTER TABLE {table} DISABLE TRIGGER USER"
            yield f"DELETE FROM {table}"
            if table in self._filled:
                yield f"INSERT INTO {table} TABLE pristine.{table}"
            for on, name, *_ in self._triggers:
                if f'"{on}"' == table:
                    yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"

    def _execute(self, statements: Iterable[str]) -> None:
        append_only.execute(self._connection, statements)

    def _rows(self, query: str) -> list[tuple[str, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())
