from collections.abc import Iterator

import pytest

from connections.simulator.server import Simulator
from tests.simulator.calls import Calls


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(connections=300, rate_capacity=None) as running:
        yield running


@pytest.fixture
def calls(simulator: Simulator) -> Iterator[Calls]:
    calls = Calls(simulator)
    yield calls
    calls.close()
