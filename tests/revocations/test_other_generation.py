"""An operation that is open when the dashboard is pointed at the other generation of Smartcar's API."""

import pytest
from django.conf import LazySettings
from django.test import Client

from connections.models import Operation
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import revoke
from tests.working import work_to_the_end

pytestmark = pytest.mark.parametrize("generation", ["v2"], indirect=True)


def test_a_connection_that_no_list_shows_is_not_called_gone(
    support: Client, simulator: Simulator, settings: LazySettings
) -> None:
    """v3 has no mode `test`: that it lists none says nothing about one that v2 showed."""
    row = simulator.connect(mode="test")
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, row)
    settings.SMARTCAR_API = "v3"
    work_to_the_end()
    operation = Operation.objects.get()
    assert (operation.state, operation.needs_person, operation.seen_gone_at) == ("unknown", True, None)
    assert "revocation.seen_gone" not in record.types()
    assert row in simulator.world.connections


@pytest.mark.parametrize("fault", ["reset", "reset-applied"])
def test_the_same_moment_told_without_milliseconds_is_no_new_consent(
    support: Client, simulator: Simulator, settings: LazySettings, fault: str
) -> None:
    row = simulator.connect(mode="live", connected_ms=1_763_000_000_120, has_milliseconds=False)
    simulator.fault(fault, times=1, method="DELETE")
    revoke(support, row)
    settings.SMARTCAR_API = "v3"
    work_to_the_end()
    assert Operation.objects.get().state == ("failed" if fault == "reset" else "seen_gone")
