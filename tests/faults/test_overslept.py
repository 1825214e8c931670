"""A process that sleeps through its lease wakes to find that another has gone on, and does nothing over again."""

import os
import signal

import pytest
from django.test import Client

from connections.models import Item, Operation
from connections.revocations.restore import compare
from connections.simulator.server import Simulator
from tests.faults.orders import Orders, until
from tests.faults.settling import (
    assert_all_is_true,
    assert_nothing_was_sent_twice_without_a_read,
    assert_sent_only_what_was_committed,
    work_until_nothing_is_due,
)
from tests.faults.subjects import all_of_a_user
from tests.record import types

_AFTER_THE_LEASE = 130


@pytest.mark.parametrize("turns", [1, 2])
def test_what_the_worker_went_on_with_is_not_sent_again(
    turns: int, orders: Orders, lead: Client, simulator: Simulator
) -> None:
    subject = all_of_a_user(simulator)
    simulator.fault("drip-applied", times=1, seconds=0.004)
    sleeper = orders.revoke(lead, subject.url, subject.look(lead))
    until(lambda: simulator.deletes, "a DELETE")
    os.kill(sleeper.pid, signal.SIGSTOP)
    for turn in range(turns):
        orders.work(ahead=_AFTER_THE_LEASE * (turn + 1)).answer()
    concluded = Item.objects.get(position=0).state
    os.kill(sleeper.pid, signal.SIGCONT)
    assert sleeper.answer()["status"] in (200, 502)
    assert concluded == "seen_gone"
    assert list(Item.objects.values_list("state", flat=True)) == ["seen_gone"] * 3
    work_until_nothing_is_due()
    assert Operation.objects.get().state == "seen_gone"
    assert len(simulator.deletes) == 3
    assert types("revocation.seen_gone") == ["revocation.seen_gone"] * 3
    assert_all_is_true(simulator, subject.ids)
    assert_sent_only_what_was_committed(simulator)
    assert_nothing_was_sent_twice_without_a_read(simulator, subject.ids)
    assert compare(Operation.objects.get().pk) is None
