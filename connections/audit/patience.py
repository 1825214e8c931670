"""How long a query may take that a page can do without."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

_INSTRUCTIONS = 20_000


class TookTooLong(Exception):  # noqa: N818 - it says what happened
    """The database was told to stop."""


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Stop the queries of the block when the time is over. Raises `TookTooLong`."""
    limited = _limited_on_postgresql(seconds) if connection.vendor == "postgresql" else _limited_on_sqlite(seconds)
    try:
        with limited:
            yield
    except OperationalError as problem:
        raise TookTooLong from problem


@contextmanager
def _limited_on_postgresql(seconds: float) -> Iterator[None]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
        yield


@contextmanager
def _limited_on_sqlite(seconds: float) -> Iterator[None]:
    connection.ensure_connection()
    ends = time.monotonic() + seconds
    connection.connection.set_progress_handler(lambda: time.monotonic() > ends, _INSTRUCTIONS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, _INSTRUCTIONS)
