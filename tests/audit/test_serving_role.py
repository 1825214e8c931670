"""The rights of the serving role of PostgreSQL, as `scripts/postgres-grants.sql` gives them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection

from connections.audit.events import Actor, Event, EventType
from connections.audit.ledger import append

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite knows no roles"),
]

GRANTS = Path(django_settings.BASE_DIR) / "scripts" / "postgres-grants.sql"


@pytest.fixture
def serving(system: Actor) -> Iterator[psycopg.Connection]:
    """Connected with that role, to a log of one event."""
    append(Event(type=EventType.CONNECTION_VIEWED, actor=system))
    at = connection.settings_dict
    server = {"host": at["HOST"], "port": at["PORT"], "dbname": at["NAME"]}
    with _role(), psycopg.connect(**server, user="serving", autocommit=True) as served:
        address = f"host={at['HOST']} port={at['PORT']} user={at['USER']} dbname={at['NAME']}"
        subprocess.run(["psql", "--quiet", "--file", GRANTS, address], check=True)
        yield served


@contextmanager
def _role() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE serving LOGIN")
        try:
            yield
        finally:
            cursor.execute("DROP OWNED BY serving")
            cursor.execute("DROP ROLE serving")


def test_it_reads_the_log(serving: psycopg.Connection) -> None:
    row = serving.execute("SELECT type FROM audit_event").fetchone()
    assert row == ("connection.viewed",)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET ticket = 'X-1'",
        "DELETE FROM audit_detail",
        "TRUNCATE audit_checkpoint",
        "UPDATE audit_review SET verdict = 'appropriate'",
        "DELETE FROM audit_clock_turn",
        "DELETE FROM emergency_sign_in",
        "INSERT INTO audit_hold (seq, kind, value) VALUES (1, 'everything', '')",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('connections', 'x', now())",
        "CREATE TEMPORARY TABLE audit_event (seq bigint)",
        "CREATE TABLE public.shadow (seq bigint)",
        "CREATE FUNCTION public.max(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
        "CREATE SCHEMA evil",
        "SET session_replication_role = replica",
    ],
)
def test_it_may_not(serving: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        serving.execute(statement)
