"""Smartcar says that there was none to remove: who may be believed, and that the log remembers it."""

import pytest
from django.core.management import call_command
from django.test import Client

from connections.models import Item, Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import revoke
from tests.failing_database import Failing
from tests.faults.settling import work_until_nothing_is_due

# In v2 a host or an address may be wrong, or v2 switched off, so that what is gone may be gone by our doing.
ENDS = [
    ("v2", "not-found", "seen_gone"),
    ("v2", "v2-gone", "seen_gone"),
    ("v2", "deleted-but-empty", "already_gone"),
    ("v3", "not-found", "already_gone"),
    ("v3", "v3-gone", "already_gone"),
    ("v3", "html", "seen_gone"),
]


@pytest.mark.parametrize(("generation", "fault", "end"), ENDS, indirect=["generation"])
@pytest.mark.parametrize("are_rows_lost", [False, True])
def test_what_is_gone_then_was_gone_before_only_by_an_answer_that_says_so(
    support: Client,
    simulator: Simulator,
    row: Connection,
    refuse_events: Failing,
    *,
    fault: str,
    end: str,
    are_rows_lost: bool,
) -> None:
    simulator.fault(fault, times=1, method="DELETE")
    with refuse_events("revocation.completed"):  # so that nobody reads yet
        revoke(support, row)
    simulator.disconnect(row.user_id, row.vehicle_id)
    revoke(support, simulator.connect(mode="live"))  # records it
    first = Operation.objects.earliest("asked_at")
    assert first.state == "unknown"
    if are_rows_lost:
        Item.objects.filter(operation=first).delete()
        call_command("operations_rebuild")
    work_until_nothing_is_due()
    first.refresh_from_db()
    assert first.state == end
