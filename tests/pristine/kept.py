"""The database as the migrations made it, kept when the tests begin and put back after each that changed it."""

from typing import Protocol

from django.db.backends.base.base import BaseDatabaseWrapper

from tests.pristine.postgresql import PristineOnPostgreSQL
from tests.pristine.sqlite import PristineOnSQLite


class Pristine(Protocol):
    def __init__(self, of_tests: BaseDatabaseWrapper) -> None: ...

    def put_back(self, of_tests: BaseDatabaseWrapper) -> None: ...

    def close(self) -> None: ...


_KINDS: dict[str, type[Pristine]] = {"sqlite": PristineOnSQLite, "postgresql": PristineOnPostgreSQL}
_kept: dict[str, Pristine] = {}


def keep(connection: BaseDatabaseWrapper) -> None:
    """Remember what it holds now."""
    _kept[connection.alias] = _KINDS[connection.vendor](connection)


def put_back(connection: BaseDatabaseWrapper) -> None:
    """Undo whatever was done since `keep`. Raises KeyError if that was not called."""
    _kept[connection.alias].put_back(connection)


def forget(connection: BaseDatabaseWrapper) -> None:
    """Let go of what was kept, and of the connection that is held for it."""
    _kept.pop(connection.alias).close()
