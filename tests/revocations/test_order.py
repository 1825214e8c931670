"""The order of a revocation: recorded, sent once, recorded, looked at; nothing leaves before it is committed."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import time_machine
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from connections.models import Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import asked, look, revoke, send
from tests.marks import both_generations

HAPPENS = [
    "revocation.previewed",
    "revocation.intended",
    "revocation.attempted",
    "revocation.completed",
    "revocation.seen_gone",
]


@both_generations
def test_a_deed_that_goes_well_leaves_its_events_in_order(support: Client, row: Connection) -> None:
    revoke(support, row)
    assert record.types("revocation.") == HAPPENS
    statuses = [body["outcome"]["status"] for body in record.bodies("revocation.")[1:]]
    assert statuses == ["pending", "sent", "success", "seen_gone"]
    assert Operation.objects.get().state == "seen_gone"


@both_generations
def test_its_events_are_tied_by_operation_request_and_cause(support: Client, row: Connection) -> None:
    answer = revoke(support, row)
    _, intended, *later = record.bodies("revocation.")
    operation = str(Operation.objects.get().pk)
    assert {body["operation"] for body in (intended, *later)} == {operation}
    assert {body["request"] for body in (intended, *later)} == {answer["X-Request-Id"]}
    assert {body["cause"] for body in later} == {intended["seq"]}


@both_generations
def test_it_reads_again_before_and_after_its_one_delete(
    support: Client, simulator: Simulator, row: Connection, generation: str
) -> None:
    digest = look(support, row)
    simulator.clear_requests()
    send(support, row, digest)
    assert asked(simulator) == [(method, generation) for method in ("GET", "DELETE", "GET")]


@both_generations
def test_the_attempt_is_committed_before_the_request_leaves(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    digest = look(support, row)
    simulator.fault("hang", method="DELETE", seconds=1)
    sending = threading.Thread(target=_send_and_hang_up, args=(support, row, digest))
    sending.start()
    try:
        deadline = time.monotonic() + 10
        while not simulator.deletes and time.monotonic() < deadline:
            time.sleep(0.01)
        # This thread has a database connection of its own: it sees what is committed and nothing else.
        assert sending.is_alive()
        assert record.types("revocation.") == HAPPENS[:3]
        assert Operation.objects.get().state == "attempted"
    finally:
        sending.join()
    attempted = datetime.fromisoformat(record.newest("revocation.attempted")["at"])
    assert attempted < simulator.deletes[0].time
    assert record.types("revocation.") == HAPPENS[:4]


def _send_and_hang_up(client: Client, row: Connection, digest: str) -> None:
    send(client, row, digest)
    connections.close_all()


@both_generations
def test_only_the_pair_that_was_shown_goes(support: Client, simulator: Simulator, row: Connection) -> None:
    beside = simulator.connect(user_id=row.user_id, mode="live")
    sharing = simulator.connect(vehicle_id=row.vehicle_id, mode="live")
    before = set(simulator.world.connections)
    revoke(support, row)
    assert before - set(simulator.world.connections) == {row}
    assert {beside, sharing} <= set(simulator.world.connections)


@both_generations
def test_the_delete_names_exactly_what_was_shown(
    support: Client, simulator: Simulator, row: Connection, generation: str
) -> None:
    revoke(support, row)
    sent = simulator.deletes[0]
    if generation == "v3":
        assert (sent.path, sent.query) == (f"/v3/connections/{row.connection_id}", "")
    else:
        assert sent.query == f"user_id={row.user_id}&vehicle_id={row.vehicle_id}"


@both_generations
def test_what_slept_between_the_attempt_and_its_delete_is_not_sent(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    """Others may have read and concluded meanwhile that it was not applied."""
    digest = look(support, row)
    with time_machine.travel(timezone.now()) as clock:

        def sleep_after(run: Callable[..., Any], statement: str, values: Any, *rest: Any) -> Any:
            answer = run(statement, values, *rest)
            if "audit_event" in statement and "revocation.attempted" in str(values):
                clock.shift(30)
            return answer

        with connection.execute_wrapper(sleep_after):
            assert send(support, row, digest).status_code == 502
    operation = Operation.objects.get()
    assert (operation.state, simulator.deletes, row in simulator.world.connections) == ("failed", [], True)
    assert record.newest("revocation.completed")["outcome"]["status"] == "failed"
    assert "It was held up on our side, and not sent." in support.get(f"/operations/{operation.pk}/").text
    call_command("audit_verify")
    call_command("operations_rebuild", "--check")
    assert revoke(support, row).status_code == 200
