"""What all tests share: a running simulator the settings point at, and people signed in through the front door."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from hypothesis import HealthCheck, settings as hypothesis_settings

from connections.actors import command_actor
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from connections.staffing import employ
from tests.database import (
    django_db_modify_db_settings,
    django_db_setup,
    empty_checkpoint_dir,
    empty_shared_cache,
    owner_rights,
)
from tests.failing_database import gone_after, read_only, refuse_events, without_table
from tests.people import PASSWORD, SignIn

__all__ = [
    "django_db_modify_db_settings",
    "django_db_setup",
    "empty_checkpoint_dir",
    "empty_shared_cache",
    "gone_after",
    "owner_rights",
    "read_only",
    "refuse_events",
    "without_table",
]


# How long an example takes says how busy the machine is, not whether it is right.
hypothesis_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="with the long variants, which take minutes to hours")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long variants out, and mark what touches the database: it runs on SQLite and again on PostgreSQL."""
    if not config.getoption("--long"):
        # Not by `-m` in the configuration, which another `-m` on the command line would replace.
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    for item in items:
        if item.get_closest_marker("any_database"):
            continue
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & {"db", "transactional_db"} or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Simulator]:
    """One for all tests, since starting it costs more than setting it back."""
    with Simulator(
        connections=400,
        rate_capacity=None,
        management_token="token-of-the-tests",
        client_id="client_of-the-tests",
        client_secret="secret-of-the-tests",
    ) as running:
        yield running


@pytest.fixture
def generation(request: pytest.FixtureRequest) -> str:
    """Which API generation the dashboard speaks; `tests.marks.both_generations` asks for each in turn."""
    return str(getattr(request, "param", "v3"))


@pytest.fixture
def simulator(running_simulator: Simulator, settings: LazySettings, generation: str) -> Simulator:
    """The simulator as it is after its start, with the settings pointing at it."""
    running_simulator.reset()
    for name in ("MANAGEMENT_API", "VEHICLE_API", "IAM"):
        setattr(settings, f"SMARTCAR_{name}_ORIGIN", running_simulator.url)
    settings.SMARTCAR_API = generation
    return running_simulator


@pytest.fixture
def row(simulator: Simulator) -> Connection:
    """The newest live connection there is."""
    return next(each for each in simulator.world.connections if each.mode == "live")


@pytest.fixture
def sign_in(
    transactional_db: None,  # noqa: ARG001 - asked for by being named
    simulator: Simulator,  # noqa: ARG001 - likewise
    tmp_path: Path,
    settings: LazySettings,
) -> SignIn:
    """Make a member of staff with this role and sign them in as a browser does."""
    settings.SPOOL_DIR = tmp_path / "spool"

    def signed_in(role: Role, name: str = "") -> Client:
        name = name or role.value
        employ(actor=command_actor("tests"), name=name, role=role, password=PASSWORD)
        client = Client()
        answer = client.post("/accounts/login/", {"login": name, "password": PASSWORD})
        assert answer.status_code == 302, answer.content
        return client

    return signed_in


@pytest.fixture
def support(sign_in: SignIn) -> Client:
    return sign_in(Role.SUPPORT)


@pytest.fixture
def lead(sign_in: SignIn) -> Client:
    return sign_in(Role.LEAD)


@pytest.fixture
def auditor(sign_in: SignIn) -> Client:
    return sign_in(Role.AUDITOR)


@pytest.fixture
def access_admin(sign_in: SignIn) -> Client:
    return sign_in(Role.ACCESS_ADMIN)
