"""
A database of the tests' own, as the migrations made it for each of them, and a way around its triggers.

Import the fixtures in `conftest.py`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from connections.audit import append_only
from tests.pristine import kept as pristine

Execute = Callable[..., object]
Owner = Callable[[], AbstractContextManager[Execute]]

_WANT_A_DATABASE = {"db", "transactional_db", "live_server"}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """
    On SQLite a file, as in production, in place of memory.

    Writers of a database in memory do not wait for each other: they fail. That
    a commit survives a power cut is no test's subject, and waiting for the disk
    each time would double what all of them take.
    """
    if connection.vendor == "sqlite":
        settings = connection.settings_dict
        settings["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        settings["OPTIONS"]["init_command"] = settings["OPTIONS"]["init_command"].replace("FULL", "OFF")


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None,  # noqa: ARG001 - asked for by being named
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Remember the database as the migrations made it, triggers and all: `tests.pristine` puts that back."""
    with django_db_blocker.unblock():
        pristine.keep(connection)
    yield
    pristine.forget(connection)


@pytest.fixture(autouse=True)
def empty_checkpoint_dir(
    request: pytest.FixtureRequest, settings: LazySettings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each test begins with an empty log, and what was signed of another is none of its concern."""
    if _wants_a_database(request):
        settings.AUDIT_CHECKPOINT_DIR = tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(autouse=True)
def empty_shared_cache(request: pytest.FixtureRequest) -> None:
    """Counts of tries and what Smartcar said last are in a table of no model: Django does not empty it after a test."""
    if _wants_a_database(request):
        request.getfixturevalue("_django_db_helper")
        cache.clear()


def _wants_a_database(request: pytest.FixtureRequest) -> bool:
    is_marked = request.node.get_closest_marker("django_db") is not None
    return is_marked or not _WANT_A_DATABASE.isdisjoint(request.fixturenames)


@pytest.fixture
def owner_rights() -> Owner:
    """Run statements as somebody who owns the tables and takes the triggers away for a moment."""
    return _owner_rights


@contextmanager
def _owner_rights() -> Iterator[Execute]:
    with transaction.atomic():
        append_only.lift(connection)
        with connection.cursor() as cursor:
            yield lambda statement, *parameters: cursor.execute(statement, parameters or None)
        append_only.protect(connection)
