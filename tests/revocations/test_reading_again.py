"""What is not settled is read again by the worker until it is."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from connections.models import AuditEvent, Operation
from connections.revocations.restore import compare
from connections.simulator.server import Simulator
from tests.deeds import delete, fields
from tests.working import work_to_the_end, work_when_due

BOTH = pytest.mark.parametrize("generation", ["v2", "v3"], indirect=True)


def revoke_first(client: Client, simulator: Simulator) -> Operation:
    row = next(each for each in simulator.world.connections if each.mode == "live")
    url = f"/connections/{row.user_id}/{row.vehicle_id}/"
    shown = client.get(f"{url}revoke/")
    digest = re.search(r'name="preview" value="([0-9a-f]{64})"', shown.content.decode())
    assert digest is not None
    client.delete(
        url,
        f"reason=customer_request&ticket=OPS-1&preview={digest[1]}",
        content_type="application/x-www-form-urlencoded",
    )
    return Operation.objects.get()


def revoke_again(client: Client, operation: Operation) -> HttpResponse:
    url = f"/connections/{operation.user_id}/{operation.vehicle_id}/"
    shown = re.search(r'name="preview" value="([0-9a-f]{64})"', client.get(f"{url}revoke/").text)
    assert shown is not None
    return delete(client, url, fields(shown[1]))


def work_after(seconds: int) -> Operation:
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=True):
        call_command("worker", once=True)
    return Operation.objects.get()


def types() -> list[str]:
    return [each for each in AuditEvent.objects.order_by("seq").values_list("type", flat=True) if "revocation" in each]


@BOTH
def test_an_applied_delete_without_an_answer_is_found_applied(support: Client, simulator: Simulator) -> None:
    simulator.fault("reset-applied", times=1)
    operation = revoke_first(support, simulator)
    assert operation.state == "unknown"
    operation = work_after(11)
    assert operation.state == "seen_gone"
    assert operation.due_at is None
    assert types()[-3:] == ["revocation.completed", "revocation.reconciled", "revocation.seen_gone"]


@BOTH
def test_that_an_answer_was_lost_is_no_news_once_it_is_gone(support: Client, simulator: Simulator) -> None:
    simulator.fault("reset-applied", times=1)
    operation = revoke_first(support, simulator)
    assert operation.failure in support.get(f"/operations/{operation.pk}/").text
    ended = work_after(11)
    assert (ended.state, ended.failure) == ("seen_gone", "")
    assert operation.failure
    assert compare(operation.pk) is None


@BOTH
def test_a_delete_that_was_not_applied_is_found_so_after_two_looks(support: Client, simulator: Simulator) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    assert revoke_first(support, simulator).state == "unknown"
    assert work_after(11).state == "unknown"
    operation = work_after(90)
    assert operation.state == "failed"
    assert len(simulator.deletes) == 1


@BOTH
def test_a_newer_connection_is_never_touched(support: Client, simulator: Simulator) -> None:
    simulator.fault("reset-applied", times=1)
    operation = revoke_first(support, simulator)
    simulator.reconnect(str(operation.user_id), str(operation.vehicle_id))
    assert work_after(11).state == "superseded"
    assert len(simulator.deletes) == 1


@BOTH
def test_a_rate_limited_delete_waits_its_turn(support: Client, simulator: Simulator) -> None:
    simulator.fault("rate-limit", times=1, method="DELETE")
    operation = revoke_first(support, simulator)
    assert operation.state == "intended"
    assert work_after(120).state in ("succeeded", "seen_gone")


@BOTH
def test_a_delete_that_shows_late_corrects_not_revoked(support: Client, simulator: Simulator) -> None:
    simulator.fault("server-error", times=1, method="DELETE")
    operation = revoke_first(support, simulator)
    work_after(11)
    assert work_after(90).state == "failed"
    simulator.disconnect(str(operation.user_id), str(operation.vehicle_id))
    operation = work_after(600)
    assert (operation.state, operation.due_at) == ("seen_gone", None)
    assert types()[-3:] == ["revocation.reconciled", "revocation.reconciled", "revocation.seen_gone"]
    assert compare(operation.pk) is None


@BOTH
def test_what_was_not_revoked_is_followed_for_a_day_and_needs_nobody(support: Client, simulator: Simulator) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    revoke_first(support, simulator)
    work_to_the_end()
    operation = Operation.objects.get()
    assert (operation.state, operation.items.get().looks, operation.needs_person) == ("failed", 6, False)


@BOTH
def test_what_is_revoked_anew_is_followed_there(support: Client, simulator: Simulator) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    first = revoke_first(support, simulator)
    work_after(11)
    work_after(90)
    answer = revoke_again(support, first)
    assert answer.status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=900), tick=True):
        call_command("worker", once=True)
    assert list(Operation.objects.order_by("id").values_list("state", flat=True)) == ["failed", "seen_gone"]
    assert not Operation.objects.filter(due_at__isnull=False).exists()


@BOTH
def test_what_showed_late_and_is_found_by_a_person_went_by_our_doing(support: Client, simulator: Simulator) -> None:
    simulator.fault("server-error", times=1, method="DELETE")
    operation = revoke_first(support, simulator)
    work_after(11)
    assert work_after(90).state == "failed"
    simulator.disconnect(str(operation.user_id), str(operation.vehicle_id))
    page = support.get(f"/connections/{operation.user_id}/{operation.vehicle_id}/revoke/").text
    assert "Already revoked" in page
    assert "answer did not tell, and it no longer lists it" in page
    assert Operation.objects.get().state == "seen_gone"
    assert compare(operation.pk) is None


@BOTH
def test_a_look_that_smartcar_did_not_answer_is_none_of_the_two(support: Client, simulator: Simulator) -> None:
    simulator.fault("server-error", method="DELETE", times=1)
    revoke_first(support, simulator)
    simulator.fault("html-200", method="GET", times=1)
    assert [work_when_due().state for _ in range(3)] == ["unknown", "unknown", "failed"]


@BOTH
def test_an_operation_that_cannot_be_taken_up_keeps_no_other_from_its_turn_and_calls_for_a_person(
    support: Client, simulator: Simulator, settings: LazySettings
) -> None:
    simulator.fault("server-error", method="DELETE", times=1)
    broken = revoke_first(support, simulator)
    settings.SMARTCAR_APP_MANAGEMENT_TOKEN = settings.SMARTCAR_CLIENT_ID = ""  # the start would have refused
    due_at: list[datetime | None] = []
    while not broken.needs_person and len(due_at) < 9:
        broken = work_when_due()
        due_at.append(broken.due_at)
    assert len(due_at) == 6
    assert all(at and at > timezone.now() for at in due_at[:-1])
    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {"SUCCESSFUL"}
