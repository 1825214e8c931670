"""Whoever can write the rows, but not the audit log, makes nothing leave for Smartcar."""

from contextlib import suppress

import pytest
from django.core.management import call_command
from django.db.models import F
from django.test import Client

from connections.models import Item, Operation, Preview
from connections.permissions import Role
from connections.revocations import policy
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import revoke
from tests.faults.subjects import a_vehicle_for_all, all_of_a_user
from tests.marks import both_generations
from tests.people import SignIn
from tests.working import work, work_to_the_end

TAMPERED = "This is not as the audit log has it, so nothing was sent."


@both_generations
def test_a_request_that_was_made_an_intent_in_the_rows_is_not_sent(support: Client, simulator: Simulator) -> None:
    all_of_a_user(simulator, 6).revoke(support)
    Operation.objects.update(state="intended", attempted_at=F("asked_at"), due_at=F("asked_at"), approvals_needed=0)
    Item.objects.update(state="intended")
    work()
    assert simulator.deletes == []
    operation = Operation.objects.get()
    assert (operation.state, operation.alarm) == ("failed", TAMPERED)
    assert record.newest("revocation.alarmed")["outcome"]["alarm"] == TAMPERED
    assert TAMPERED in support.get(f"/operations/{operation.pk}/").text


@pytest.mark.parametrize("generation", ["v3"], indirect=True)
def test_a_grant_sends_no_other_connection_than_was_shown(
    support: Client, sign_in: SignIn, simulator: Simulator, row: Connection
) -> None:
    revoke(support, row, reason="fraud", confirm=row.vehicle_id[:8])
    other = next(each for each in simulator.world.connections if each.vehicle_id != row.vehicle_id)
    shown = Preview.objects.get()
    shown.connections[0]["connection_id"] = other.connection_id
    shown.save()
    sign_in(Role.LEAD).post(f"/approvals/{Operation.objects.get().pk}/", {"decision": "granted"})
    assert simulator.deletes == []
    assert Operation.objects.get().alarm == TAMPERED


@both_generations
def test_a_grant_sends_no_other_set_than_was_asked_for(support: Client, sign_in: SignIn, simulator: Simulator) -> None:
    """Whoever writes the rows writes all of them: preview with its digest, operation and items."""
    asked_for, victim = a_vehicle_for_all(simulator, 1), a_vehicle_for_all(simulator, 1)
    lead = sign_in(Role.LEAD)
    victim.look(lead)
    looked_at = Preview.objects.get()
    asked_for.revoke(support)
    operation, vehicle = Operation.objects.get(), looked_at.vehicle_id
    Preview.objects.filter(pk=operation.preview_id).update(
        connections=looked_at.connections, digest=looked_at.digest, vehicle_id=vehicle
    )
    Operation.objects.update(vehicle_id=vehicle)
    row = victim.rows[0]
    Item.objects.update(user_id=row.user_id, vehicle_id=row.vehicle_id, connection_id=row.connection_id)
    lead.post(f"/approvals/{operation.pk}/", {"decision": "granted"})
    assert simulator.deletes == []
    assert Operation.objects.get().alarm == TAMPERED


@both_generations
def test_what_waits_while_the_rules_change_is_sent_by_those_it_was_asked_under(
    support: Client, simulator: Simulator, row: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.fault("rate-limit", times=1, method="DELETE")
    revoke(support, row)
    monkeypatch.setattr(policy, "VERSION", "2199-01-01")
    work_to_the_end()
    assert Operation.objects.get().state == "seen_gone"


def test_rows_made_anew_keep_the_alarm(support: Client, simulator: Simulator) -> None:
    all_of_a_user(simulator, 6).revoke(support)
    Operation.objects.update(state="intended", attempted_at=F("asked_at"), due_at=F("asked_at"))
    Item.objects.update(state="intended")
    work()
    with suppress(SystemExit):
        call_command("operations_rebuild")
    assert Operation.objects.get().alarm == TAMPERED


@both_generations
def test_a_lower_tier_in_the_rows_saves_nobody_an_approval(
    support: Client, sign_in: SignIn, simulator: Simulator
) -> None:
    all_of_a_user(simulator, 6).revoke(support)
    Operation.objects.update(tier=0)
    sign_in(Role.LEAD).post(f"/approvals/{Operation.objects.get().pk}/", {"decision": "granted"})
    assert len(simulator.deletes) > 0
    call_command("audit_verify")
