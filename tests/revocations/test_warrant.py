"""Whoever can write the rows, but not the audit log, makes nothing leave for Smartcar."""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db.models import F
from django.test import Client

from connections.models import Item, Operation, Preview
from connections.permissions import Role
from connections.revocations import policy
from connections.revocations.restore import compare, mend
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import revoke
from tests.faults.subjects import Made, a_vehicle_for_all, all_of_a_user, one_connection
from tests.marks import both_generations
from tests.people import SignIn
from tests.working import work, work_to_the_end, work_when_due

TAMPERED = "This is not as the audit log has it, so nothing was sent."
ALTERED = "What it covers is not as the audit log has it, so reading concludes nothing."


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


@both_generations
def test_another_id_written_into_the_rows_makes_nothing_seen_gone(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, row)
    Item.objects.update(vehicle_id=uuid4(), connection_id=uuid4())
    assert compare(Operation.objects.get().pk) is not None
    work_when_due()
    assert work_when_due().state == "failed"
    call_command("operations_rebuild")
    assert Item.objects.values_list("vehicle_id", flat=True).get() == UUID(row.vehicle_id)
    assert compare(Operation.objects.get().pk) is None


@pytest.mark.parametrize("generation", ["v3"], indirect=True)
def test_another_id_written_into_the_rows_is_not_sent(support: Client, simulator: Simulator, row: Connection) -> None:
    simulator.fault("rate-limit", times=1, method="DELETE")
    revoke(support, row)
    Item.objects.update(vehicle_id=uuid4())
    assert work_when_due().alarm == TAMPERED
    assert len(simulator.deletes) == 1


def written_over(support: Client, simulator: Simulator, row: Connection) -> Preview:
    """The preview of a revocation without an answer, in which somebody wrote another vehicle."""
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, row)
    shown = Preview.objects.get()
    shown.connections[0]["vehicle_id"] = str(uuid4())
    shown.save()
    return shown


@both_generations
def test_a_preview_that_holds_something_else_concludes_nothing_and_calls_a_person(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    shown = written_over(support, simulator, row)
    operation = work_when_due()
    assert (operation.state, operation.needs_person, operation.due_at) == ("unknown", True, None)
    assert "not as the audit log has it" in operation.alarm
    assert record.types("revocation.alarmed") == ["revocation.alarmed"]
    damages: list[list[dict[str, object]]] = [shown.connections, [{}]]
    for damaged in damages:
        Preview.objects.update(connections=damaged)
        difference = mend(operation.pk)
        assert difference is not None
        assert difference.what == ("what was shown is not what its preview holds",)
        assert not difference.is_mended


@both_generations
@pytest.mark.parametrize("made", [one_connection, all_of_a_user])
@pytest.mark.parametrize("fault", ["reset", "delayed-visibility"])
def test_another_subject_written_into_the_operation_makes_nothing_seen_gone(
    support: Client, simulator: Simulator, made: Made, fault: str
) -> None:
    subject = made(simulator)
    simulator.fault(fault, times=3 if fault == "delayed-visibility" else 1, method="DELETE", seconds=600)
    subject.revoke(support)
    Operation.objects.update(user_id=uuid4())
    operation = work_when_due()
    assert (operation.needs_person, operation.alarm) == (True, ALTERED)
    assert "seen_gone" not in Item.objects.values_list("state", flat=True)
    assert record.types("revocation.seen_gone") == []
    call_command("operations_rebuild")
    assert compare(operation.pk) is None


@both_generations
def test_without_the_number_of_its_event_it_is_held_against_the_event_all_the_same(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    written_over(support, simulator, row)
    Operation.objects.update(intended_seq=None)
    assert work_when_due().alarm == ALTERED
    assert record.types("revocation.reconciled") == []


def test_what_was_only_asked_for_is_not_found_gone_because_somebody_wrote_that_it_was_sent(
    support: Client, simulator: Simulator
) -> None:
    subject = all_of_a_user(simulator, 6)
    subject.revoke(support)
    Operation.objects.update(state="succeeded", due_at=F("asked_at"))
    Item.objects.update(state="succeeded", attempts=1)
    for row in subject.rows:
        simulator.disconnect(row.user_id, row.vehicle_id)
    work()
    assert Operation.objects.get().alarm == ALTERED
    assert record.types("revocation.seen_gone") == []


@both_generations
def test_who_opens_the_form_of_another_subject_concludes_nothing(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("validation", times=1, method="DELETE")
    revoke(support, row)
    user, vehicle = uuid4(), uuid4()
    Operation.objects.update(user_id=user, vehicle_id=vehicle)
    support.get(f"/connections/{user}/{vehicle}/revoke/")
    assert Operation.objects.get().state == "failed"
    assert record.types("revocation.reconciled") == []


def lose_one() -> None:
    Item.objects.filter(position=1).delete()


def add_one() -> None:
    item = Item.objects.earliest("position")
    item.pk, item.position = None, 99
    item.save(force_insert=True)


another_number = pytest.mark.parametrize("damage", [lose_one, add_one])


@both_generations
@another_number
def test_a_grant_sends_nothing_of_a_set_of_another_number(
    support: Client, lead: Client, simulator: Simulator, damage: Callable[[], None]
) -> None:
    all_of_a_user(simulator, 6).revoke(support)
    damage()
    operation = Operation.objects.get()
    assert lead.post(f"/approvals/{operation.pk}/", {"decision": "granted"}).status_code == 302
    assert simulator.deletes == []
    operation.refresh_from_db()
    assert (operation.state, operation.alarm) == ("failed", TAMPERED)
    assert lead.get(f"/operations/{operation.pk}/").status_code == 200


@both_generations
@another_number
def test_reading_concludes_nothing_of_a_set_of_another_number(
    support: Client, simulator: Simulator, damage: Callable[[], None]
) -> None:
    subject = all_of_a_user(simulator, 2)
    simulator.fault("reset-applied", times=1, method="DELETE")
    subject.revoke(support)
    damage()
    operation = work_when_due()
    assert operation.alarm == ALTERED
    assert operation.needs_person
    assert record.types("revocation.seen_gone") == []
    assert support.get(f"/operations/{operation.pk}/").status_code == 200
    call_command("operations_rebuild")
    assert compare(operation.pk) is None
