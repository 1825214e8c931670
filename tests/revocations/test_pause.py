"""Credentials that Smartcar refuses: nobody sends another delete until they are mended."""

from datetime import UTC, datetime, timedelta

import time_machine
from django.test import Client

from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import look, revoke, send
from tests.marks import both_generations


@both_generations
def test_after_a_403_deeds_pause_for_everyone(
    support: Client, lead: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("permission", method="DELETE", times=1)
    assert revoke(support, row).status_code == 502
    other = simulator.connect(mode="live")
    answer = revoke(lead, other)
    assert answer.status_code == 429
    assert "Revocations are paused" in answer.content.decode()
    assert len(simulator.deletes) == 1
    assert record.newest("access.refused")["why"]["reason"] == "paused"


@both_generations
def test_the_pause_ends_by_itself(support: Client, simulator: Simulator, row: Connection) -> None:
    simulator.fault("permission", method="DELETE", times=1)
    revoke(support, row)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)):
        assert send(support, row, look(support, row)).status_code == 200


def test_the_overview_says_so_to_everyone_until_it_ends(
    support: Client, auditor: Client, simulator: Simulator, row: Connection
) -> None:
    says = "Revocations are paused."
    assert says not in auditor.get("/").text
    simulator.fault("permission", method="DELETE", times=1)
    revoke(support, row)
    assert says in auditor.get("/").text
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)):
        assert says not in auditor.get("/").text


@both_generations
def test_reading_goes_on_while_deeds_pause(support: Client, simulator: Simulator, row: Connection) -> None:
    simulator.fault("permission", method="DELETE", times=1)
    revoke(support, row)
    assert support.get("/connections/").status_code == 200


@both_generations
def test_with_credentials_that_are_no_longer_good_nothing_is_sent_at_all(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    digest = look(support, row)
    simulator.fault("authentication")
    assert send(support, row, digest).status_code == 502
    assert simulator.deletes == []
    assert "revocation.attempted" not in record.types()


@both_generations
def test_a_refusal_that_has_nothing_to_do_with_credentials_pauses_nobody(
    support: Client, lead: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("rate-limit", method="DELETE", times=1)
    revoke(support, row)
    assert revoke(lead, simulator.connect(mode="live")).status_code == 200
