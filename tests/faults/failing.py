"""Ways in which the storage of the audit log fails, each brought about in the database or its files themselves."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
from django.db import connection

from tests.faults.orders import database_url

# The bytes of "audit", as the ledger locks on PostgreSQL.
_LEDGER = 0x6175646974


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            # A percent sign is a place for a parameter only where there are parameters.
            cursor.execute(statement, None)


@contextmanager
def locked() -> Iterator[None]:
    """Another process holds what every writer needs, for longer than we wait."""
    with waiting_shortly(), locked_by_another():
        yield


@contextmanager
def waiting_shortly() -> Iterator[None]:
    """We wait less long for others than we do in production."""
    is_sqlite = connection.vendor == "sqlite"
    execute("PRAGMA busy_timeout = 200" if is_sqlite else "SET statement_timeout = 200")
    yield
    execute("PRAGMA busy_timeout = 20000" if is_sqlite else "SET statement_timeout = 0")


@contextmanager
def locked_by_another() -> Iterator[None]:
    """Without shortening how long we wait for it."""
    if connection.vendor == "sqlite":
        other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.close()
        return
    with psycopg.connect(database_url()) as held:
        held.execute(f"SELECT pg_advisory_lock({_LEDGER})")
        yield


@contextmanager
def _full_on_sqlite() -> Iterator[None]:
    """No page more, and those there are filled to the brim."""
    execute("VACUUM", "CREATE TABLE ballast (bytes)")
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    yield
    execute("PRAGMA max_page_count = 1073741823", "DROP TABLE ballast")


@contextmanager
def _full_on_postgresql() -> Iterator[None]:
    """As the server says it, since its disk is not ours to fill."""
    execute(
        """CREATE FUNCTION ballast() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$""",
        "CREATE TRIGGER ballast BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION ballast()",
    )
    yield
    execute("DROP FUNCTION ballast CASCADE")


@contextmanager
def _without_insert() -> Iterator[None]:
    """We serve as a role that may do everything but append to the log."""
    execute(
        "CREATE ROLE reader",
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO reader",
        "REVOKE INSERT ON audit_event FROM reader",
        "SET ROLE reader",
    )
    yield
    execute("RESET ROLE", "DROP OWNED BY reader", "DROP ROLE reader")


@contextmanager
def gone_on_postgresql() -> Iterator[None]:
    """The server hangs up and lets nobody in, as while it is stopped."""
    name = connection.settings_dict["NAME"]
    url = database_url().rpartition("/")[0] + "/postgres"
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        other.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        try:
            yield
        finally:
            other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            connection.close()


@contextmanager
def gone_on_sqlite() -> Iterator[None]:
    """Their folder is elsewhere; for processes that open them anew."""
    folder = Path(connection.settings_dict["NAME"]).parent
    away = folder.with_name("away")
    connection.close()
    folder.rename(away)
    try:
        yield
    finally:
        away.rename(folder)


@contextmanager
def read_only_on_sqlite() -> Iterator[None]:
    """The files may be read; for processes that open them anew, with rights that a mode can limit."""
    path = Path(connection.settings_dict["NAME"])
    connection.close()
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        yield
    finally:
        path.parent.chmod(0o755)
        path.chmod(0o644)


Way = Callable[[], AbstractContextManager[None]]
WAYS: dict[str, Way] = (
    {"locked": locked, "full": _full_on_sqlite}
    if connection.vendor == "sqlite"
    else {"locked": locked, "full": _full_on_postgresql, "read-only": _without_insert, "gone": gone_on_postgresql}
)


@contextmanager
def counting_no_request_once_sent() -> Iterator[None]:
    """From the attempt on no request to Smartcar can be counted, and so none but the DELETE be made."""
    is_sent = (
        "(SELECT type FROM audit_event ORDER BY seq DESC LIMIT 1) IN ('revocation.attempted', 'revocation.completed')"
    )
    if connection.vendor == "sqlite":
        execute(
            f"CREATE TRIGGER uncounted BEFORE UPDATE ON request_budget WHEN {is_sent} "
            "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
        yield
        execute("DROP TRIGGER uncounted")
        return
    execute(
        f"""CREATE FUNCTION uncounted() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF {is_sent} THEN RAISE EXCEPTION 'the disk is full'; END IF; RETURN NEW; END $$""",
        "CREATE TRIGGER uncounted BEFORE UPDATE ON request_budget FOR EACH ROW EXECUTE FUNCTION uncounted()",
    )
    yield
    execute("DROP FUNCTION uncounted CASCADE")


@contextmanager
def refusing(event_type: str, *, about: str = "%") -> Iterator[None]:
    """The database takes every event but those of this type whose body is like `about`."""
    condition = f"NEW.type = '{event_type}' AND NEW.body LIKE '{about}'"
    if connection.vendor == "sqlite":
        execute(
            f"CREATE TRIGGER refusing BEFORE INSERT ON audit_event WHEN {condition} "
            "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
        yield
        execute("DROP TRIGGER refusing")
        return
    execute(
        f"""CREATE FUNCTION refusing() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF {condition} THEN RAISE EXCEPTION 'the disk is full'; END IF; RETURN NEW; END $$""",
        "CREATE TRIGGER refusing BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION refusing()",
    )
    yield
    execute("DROP FUNCTION refusing CASCADE")
