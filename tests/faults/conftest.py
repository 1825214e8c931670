"""Real processes and the settings they share."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from tests.faults.orders import Orders, taking_orders


@pytest.fixture(scope="session")
def _taking_orders(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orders]:  # noqa: ARG001 - asked for by being named
    """One for all tests: every order is a process of its own."""
    with taking_orders(tmp_path_factory.mktemp("orders")) as orders:
        yield orders


@pytest.fixture
def orders(_taking_orders: Orders, settings: LazySettings, transactional_db: None) -> Orders:  # noqa: ARG001 - likewise
    # A lost answer is given up soon, and a slow machine still answers in time.
    settings.SMARTCAR_TIMEOUT_SECONDS = 10
    return _taking_orders
