"""
Ways in which the database can fail, brought about in the database itself.

Import the fixtures in `conftest.py`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import connection

# Fails for as long as the block lasts.
Failing = Callable[..., AbstractContextManager[None]]

_REFUSE = {
    "sqlite": """
        CREATE TRIGGER full_disk BEFORE INSERT ON audit_event WHEN NEW.type = '{type}'
        BEGIN SELECT RAISE(ABORT, 'disk full'); END""",
    "postgresql": """
        CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = 'disk_full'; END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON audit_event FOR EACH ROW
            WHEN (NEW.type = '{type}') EXECUTE FUNCTION full_disk()""",
}
_RELENT = {"sqlite": "DROP TRIGGER full_disk", "postgresql": "DROP FUNCTION full_disk CASCADE"}
_READ_ONLY = {"sqlite": "PRAGMA query_only = {}", "postgresql": "SET default_transaction_read_only = {}"}


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def refuse_events() -> Failing:
    """The database takes no event of this type."""

    @contextmanager
    def refusing(type_: str) -> Iterator[None]:
        execute(_REFUSE[connection.vendor].format(type=type_))
        try:
            yield
        finally:
            execute(_RELENT[connection.vendor])

    return refusing


@pytest.fixture
def read_only() -> Failing:
    """The database can be read and not written."""

    @contextmanager
    def reading() -> Iterator[None]:
        execute(_READ_ONLY[connection.vendor].format("on"))
        try:
            yield
        finally:
            execute(_READ_ONLY[connection.vendor].format("off"))

    return reading


@pytest.fixture
def without_table() -> Failing:
    """A table is missing."""

    @contextmanager
    def missing(table: str) -> Iterator[None]:
        execute(f"ALTER TABLE {table} RENAME TO away")
        try:
            yield
        finally:
            execute(f"ALTER TABLE away RENAME TO {table}")

    return missing
