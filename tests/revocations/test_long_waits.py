"""What waits long for its turn is followed as closely as what went at once."""

from django.test import Client

from connections.models import Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import revoke
from tests.faults.settling import work_until_nothing_is_due
from tests.marks import both_generations


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
