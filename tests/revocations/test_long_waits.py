"""What waits long for its turn is followed as closely as what went at once."""

from django.test import Client

from connections.models import Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import revoke
from tests.faults.settling import work_until_nothing_is_due
from tests.marks import both_generations
from tests.working import work_when_due


@both_generations
def test_a_delete_refused_seven_times_for_its_rate_is_still_seen_gone(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("rate-limit", times=7, method="DELETE")
    simulator.fault("delayed-visibility", method="DELETE", seconds=0.3)
    revoke(support, row)
    work_until_nothing_is_due(pause=0.1)
    operation = Operation.objects.get()
    assert len(simulator.deletes) == 8
    assert operation.state == "seen_gone"
    assert not operation.needs_person


@both_generations
def test_what_is_refused_for_its_rate_waits_and_needs_nobody(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("rate-limit", times=9, method="DELETE")
    revoke(support, row)
    for _ in range(8):
        operation = work_when_due()
        assert (operation.state, operation.needs_person) == ("intended", False)
    work_until_nothing_is_due()
    assert Operation.objects.get().state == "seen_gone"
