"""What tests of archives share: where the first one lies, and failures in the middle of its making."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

FOLDER = "000000000001-000000000100"


@contextmanager
def refusing(occasion: str, seq: int) -> Iterator[None]:
    """The database fails when it comes to this event."""
    row = "OLD" if occasion == "DELETE" else "NEW"
    if connection.vendor == "sqlite":
        execute(
            f"CREATE TRIGGER broken BEFORE {occasion} ON audit_event WHEN {row}.seq = {seq} "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    else:
        execute("CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$")
        execute(
            f"CREATE TRIGGER broken BEFORE {occasion} ON audit_event FOR EACH ROW WHEN ({row}.seq = {seq}) "
            "EXECUTE FUNCTION broken()"
        )
    try:
        yield
    finally:
        execute("DROP TRIGGER broken" if connection.vendor == "sqlite" else "DROP FUNCTION broken CASCADE")


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def replace(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
