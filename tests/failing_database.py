"""
Ways in which the database can fail, brought about in the database itself, or on the way to it.

Import the fixtures in `conftest.py`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection

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


@pytest.fixture
def gone_after() -> Failing:
    """The database is out of reach from when it was given an event of this type."""

    @contextmanager
    def going(type_: str) -> Iterator[None]:
        is_gone = False

        def execute_until(run: Callable[..., Any], statement: str, values: Any, *rest: Any) -> Any:
            nonlocal is_gone
            if is_gone:
                raise OperationalError("server closed the connection unexpectedly")
            answer = run(statement, values, *rest)
            is_gone = "audit_event" in statement and type_ in str(values)
            return answer

        with connection.execute_wrapper(execute_until):
            yield

    return going
