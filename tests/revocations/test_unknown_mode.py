"""A row that does not say its mode, or says one nobody knows, is looked for in every mode before it is called gone."""

import pytest

from connections.revocations.scope import modes_of
from connections.simulator.server import Simulator
from connections.smartcar.types import Connection, Mode

ROWS = {"none": (None,), "new": ("sandbox",), "mixed": ("live", None), "known": ("live",)}


@pytest.mark.parametrize("modes", ROWS.values(), ids=ROWS.keys())
def test_no_mode_is_left_out_of_a_read_that_could_hold_the_row(simulator: Simulator, modes: tuple[str | None]) -> None:
    row = simulator.world.connections[0]
    seen = [Connection(user_id=row.user_id, vehicle_id=row.vehicle_id, mode=mode) for mode in modes]  # type: ignore[arg-type]  # text will do here
    asked = modes_of(seen)
    assert asked == ((Mode.LIVE,) if modes == ("live",) else (Mode.LIVE, Mode.SIMULATED))
