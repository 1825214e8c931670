"""Of several connections each is read again on a schedule of its own, whatever becomes of the others."""

import pytest
from django.test import Client

from connections.models import Operation
from connections.revocations.restore import compare
from connections.simulator.server import Simulator
from tests.faults.subjects import all_of_a_user
from tests.working import work, work_when_due

pytestmark = pytest.mark.parametrize("generation", ["v3"], indirect=True)

LOOKS = 6


def states() -> list[str]:
    return list(Operation.objects.get().items.values_list("state", flat=True))


def test_two_looks_tell_of_one_although_others_were_sent_between_them(support: Client, simulator: Simulator) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    all_of_a_user(simulator, 3).revoke(support)
    work(11)
    assert states()[0] == "unknown"
    work(90)
    assert states() == ["failed", "seen_gone", "seen_gone"]
    assert compare(Operation.objects.get().pk) is None


def test_one_that_cannot_be_read_calls_a_person_although_others_wait_to_be_sent(
    support: Client, simulator: Simulator
) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    all_of_a_user(simulator, 3).revoke(support)
    simulator.fault("html-200", method="GET")
    calls = [work_when_due().needs_person for _ in range(LOOKS)]
    assert calls == [False] * 5 + [True]
    assert states() == ["unknown", "intended", "intended"]
