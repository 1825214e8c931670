"""Smartcar removed something else than was asked for: a success or not, it is an alarm."""

import re

import pytest
from django.test import Client

from connections.models import AuditEvent, Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import look, revoke, send

pytestmark = pytest.mark.parametrize("generation", ["v2"], indirect=True)


def test_an_extra_pair_in_the_answer_is_an_alarm_on_the_page_and_in_the_log(
    support: Client, auditor: Client, simulator: Simulator, row: Connection
) -> None:
    digest = look(support, row)
    simulator.fault("extra-pair")
    page = send(support, row, digest).content.decode()
    assert "Alarm." in page
    assert "Smartcar removed 1 more than was asked for." in page
    alarmed = record.newest("revocation.alarmed")
    assert alarmed["outcome"]["removed"] == 2
    assert alarmed["outcome"]["alarm"] == "Smartcar removed 1 more than was asked for."
    assert alarmed["found"]["count"] == 1
    extra = alarmed["found"]["query"]["removed"]
    assert re.fullmatch(r"[0-9a-f-]{36}/[0-9a-f-]{36}", extra)
    assert extra != "/".join(row.pair)
    seq = AuditEvent.objects.get(type="revocation.alarmed").seq
    assert extra in auditor.get(f"/audit/{seq}/").text
    overview = support.get("/").text
    assert "Alarms" in overview
    assert overview.index("Alarms") < overview.index("SUP-7")
    assert "SUP-7" in support.get("/operations/?alarm=on").text


def test_an_ignored_vehicle_id_takes_all_of_the_user_and_is_an_alarm(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    for _ in range(2):
        simulator.connect(user_id=row.user_id, mode="live")
    theirs = len(simulator.world.existing(user_id=row.user_id))
    digest = look(support, row)
    simulator.fault("ignored-vehicle-id")
    page = send(support, row, digest).content.decode()
    assert simulator.world.existing(user_id=row.user_id) == []
    assert f"Smartcar removed {theirs - 1} more than was asked for." in page
    assert record.newest("revocation.completed")["outcome"]["removed"] == theirs
    assert "revocation.alarmed" in record.types()


def test_an_alarm_stays_on_the_page_of_the_operation(support: Client, simulator: Simulator, row: Connection) -> None:
    digest = look(support, row)
    simulator.fault("extra-pair")
    send(support, row, digest)
    assert "Alarm." in support.get(f"/operations/{Operation.objects.get().pk}/").text


def test_a_deed_that_goes_well_alarms_nobody(support: Client, row: Connection) -> None:
    assert "Alarm." not in revoke(support, row).content.decode()
    assert "Alarms" not in support.get("/").text
    assert "revocation.alarmed" not in record.types()
