"""Sent and answered, but the answer cannot be recorded: it waits in a file, and further deeds wait for it."""

import json
import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from connections import times
from connections.models import Operation
from connections.revocations.restore import compare
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import look, revoke, send, send_page
from tests.failing_database import Failing
from tests.faults.subjects import all_of_a_user
from tests.marks import both_generations
from tests.working import work, work_to_the_end, work_when_due

COMPLETED = "revocation.completed"


@pytest.fixture
def spool(settings: LazySettings) -> Path:
    return Path(settings.SPOOL_DIR)


def spelled(**changes: object) -> str:
    """An answer as it waits in a file, damaged thus."""
    verdict = {
        "state": "unknown",
        "status": "unknown",
        "http": 200,
        "smartcar_request_id": None,
        "milliseconds": 10,
        "removed": 0,
        "failure": "",
        "alarm": "",
        "extra": [],
        "needs_read": True,
    }
    answer = {"operation": str(uuid4()), "verdict": verdict, "items": [0], "request": "", "answered_at": ""}
    verdict |= {name: value for name, value in changes.items() if name in verdict}
    return json.dumps(answer | {name: value for name, value in changes.items() if name in answer})


@both_generations
@pytest.mark.parametrize("button", [send, send_page])
def test_the_page_says_that_it_was_sent_and_not_recorded(
    support: Client,
    simulator: Simulator,
    row: Connection,
    refuse_events: Failing,
    button: Callable[..., object],
) -> None:
    digest = look(support, row)
    with refuse_events(COMPLETED):
        answer = button(support, row, digest)
    page = getattr(answer, "content", b"").decode()
    assert getattr(answer, "status_code", None) == 503
    assert "Sent, but the answer could not be recorded" in page
    assert str(Operation.objects.get().pk) in page
    assert [entry.removed for entry in simulator.deletes] == [(row.pair,)]
    assert Operation.objects.get().state == "attempted"


@both_generations
def test_the_answer_waits_in_one_file_for_this_account_alone_and_without_a_secret(
    support: Client, row: Connection, refuse_events: Failing, spool: Path, settings: LazySettings
) -> None:
    with refuse_events(COMPLETED):
        revoke(support, row, note="she sounded upset")
    (kept,) = spool.iterdir()
    assert kept.name == f"{Operation.objects.get().pk}-0-1.json"
    assert (kept.stat().st_mode & 0o777, spool.stat().st_mode & 0o777) == (0o600, 0o700)
    text = kept.read_text()
    for secret in (settings.SMARTCAR_APP_MANAGEMENT_TOKEN, settings.SMARTCAR_CLIENT_SECRET, "upset"):
        assert secret not in text


@both_generations
def test_while_it_waits_nobody_revokes(
    support: Client, lead: Client, simulator: Simulator, row: Connection, refuse_events: Failing
) -> None:
    other = simulator.connect(mode="live")
    digest = look(lead, other)
    with refuse_events(COMPLETED):
        revoke(support, row)
        assert send(lead, other, digest).status_code == 503
    assert len(simulator.deletes) == 1
    assert other in simulator.world.connections


@both_generations
def test_the_next_deed_records_it_first(
    support: Client, lead: Client, simulator: Simulator, row: Connection, *, refuse_events: Failing, spool: Path
) -> None:
    with refuse_events(COMPLETED):
        revoke(support, row)
    first, request = Operation.objects.get(), simulator.deletes[0].request_id
    assert revoke(lead, simulator.connect(mode="live")).status_code == 200

    replayed, completed = record.bodies(COMPLETED)
    assert replayed["operation"] == str(first.pk)
    assert replayed["actor"]["kind"] == "system"
    assert replayed["outcome"]["status"] == "success"
    assert replayed["outcome"]["smartcar_request_id"] == request
    assert replayed["seq"] < completed["seq"]
    first.refresh_from_db()
    assert first.state == "succeeded"
    assert list(spool.iterdir()) == []


@both_generations
def test_it_was_accepted_when_smartcar_said_so_and_not_when_that_was_recorded(
    support: Client, row: Connection, refuse_events: Failing
) -> None:
    began = timezone.now()
    with refuse_events(COMPLETED):
        revoke(support, row)
    work(3600)
    operation = work_when_due()
    assert operation.state == "seen_gone"
    assert operation.completed_at is not None
    assert operation.completed_at - began < timedelta(minutes=1)
    receipt = support.get(f"/operations/{operation.pk}/receipt/").text
    accepted = re.search(r"<dt>Accepted by Smartcar</dt><dd>([^<]*)<", receipt)
    assert accepted is not None
    assert accepted[1] == times.exact(operation.completed_at)
    call_command("operations_rebuild", "--check")
    call_command("audit_verify")


@both_generations
def test_an_answer_that_cannot_even_be_kept_is_not_said_to_be(
    support: Client, simulator: Simulator, row: Connection, *, refuse_events: Failing, spool: Path
) -> None:
    digest = look(support, row)
    spool.symlink_to("nowhere")  # nothing waits there, and nothing can be put there
    with refuse_events(COMPLETED):
        answer = send(support, row, digest)
    spool.unlink()
    assert answer.status_code == 503
    assert "Sent, but the answer could not be recorded" in answer.content.decode()
    assert "could be neither recorded nor kept" in answer.content.decode()
    assert Operation.objects.get().state == "attempted"
    work_to_the_end()
    assert Operation.objects.get().state == "seen_gone"
    assert len(simulator.deletes) == 1


@both_generations
def test_an_unknown_outcome_is_kept_as_unknown(
    support: Client, lead: Client, simulator: Simulator, row: Connection, refuse_events: Failing
) -> None:
    simulator.fault("server-error", method="DELETE", times=1)
    with refuse_events(COMPLETED):
        revoke(support, row)
    first = Operation.objects.get()
    revoke(lead, simulator.connect(mode="live"))
    first.refresh_from_db()
    assert first.state == "unknown"


@both_generations
def test_sending_the_form_again_repeats_nothing(
    support: Client, simulator: Simulator, row: Connection, refuse_events: Failing
) -> None:
    digest = look(support, row)
    with refuse_events(COMPLETED):
        send(support, row, digest)
    assert send(support, row, digest).status_code == 200
    assert len(simulator.deletes) == 1
    assert len(record.types(COMPLETED)) == 1


@both_generations
def test_that_it_was_seen_gone_may_wait_since_the_answer_is_recorded(
    support: Client, row: Connection, refuse_events: Failing, spool: Path
) -> None:
    with refuse_events("revocation.seen_gone"):
        assert revoke(support, row).status_code == 200
    assert Operation.objects.get().state == "succeeded"
    assert not spool.exists()


@pytest.mark.parametrize(
    "written",
    [
        "",
        "{",
        "[]",
        "{}",
        "\x00",
        "[" * 100_000,
        spelled(operation="x"),
        spelled(items=[]),
        spelled(items=["0"]),
        spelled(items=[2**70]),
        spelled(request="of yesterday"),
        spelled(verdict={}),
        spelled(state="seen_gone"),
        spelled(status="well"),
        spelled(status="success"),
        spelled(state="failed", status="success"),
        spelled(removed=True),
        spelled(failure="\ud800"),
        spelled(alarm="\x00"),
        spelled(extra=[None]),
        spelled(answered_at="yesterday"),
        spelled(answered_at="2026-01-01"),
        spelled(answered_at=None),
        spelled(answered_at="0001-01-01T00:00:00+14:00"),
    ],
)
def test_an_answer_that_cannot_be_read_stops_deeds_and_is_named_to_operators(
    support: Client, simulator: Simulator, row: Connection, spool: Path, written: str
) -> None:
    digest = look(support, row)
    spool.mkdir(parents=True, exist_ok=True)
    (spool / "broken.json").write_text(written)
    answer = send(support, row, digest)
    assert answer.status_code == 503
    assert simulator.deletes == []
    ready = support.get("/readyz")
    assert (ready.status_code, "broken.json" in ready.text) == (503, True)
    (spool / "broken.json").unlink()
    assert support.get("/readyz").status_code == 200
    assert send(support, row, digest).status_code == 200


def test_what_is_due_meanwhile_is_not_tried_every_second(
    support: Client, simulator: Simulator, row: Connection, spool: Path
) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, row)
    spool.mkdir(parents=True, exist_ok=True)
    (spool / "broken.json").write_text("{")
    for _ in range(3):
        work(11)
    assert DBTaskResult.objects.count() == 1
    (spool / "broken.json").unlink()
    work_to_the_end()
    assert Operation.objects.get().state == "failed"


def test_a_folder_that_cannot_be_listed_may_hold_an_answer_and_stops_deeds(
    support: Client, simulator: Simulator, row: Connection, spool: Path
) -> None:
    digest = look(support, row)
    spool.write_text("a file where the folder should be")
    assert send(support, row, digest).status_code == 503
    assert simulator.deletes == []
    ready = support.get("/readyz")
    assert (ready.status_code, "cannot be listed" in ready.text) == (503, True)


def test_an_answer_that_was_never_finished_is_named_once_nobody_can_be_writing_it(
    support: Client, row: Connection, spool: Path
) -> None:
    spool.mkdir()
    left = spool / "left.part"
    left.touch()
    assert "left.part" not in support.get("/readyz").text
    os.utime(left, (0, 0))
    ready = support.get("/readyz")
    assert (ready.status_code, "left.part was never finished" in ready.text) == (200, True)
    assert revoke(support, row).status_code == 200


@both_generations
def test_an_answer_to_an_earlier_sending_says_nothing_about_the_one_that_followed(
    support: Client, row: Connection, refuse_events: Failing, spool: Path, simulator: Simulator
) -> None:
    simulator.fault("rate-limit", method="DELETE", times=1)
    with refuse_events(COMPLETED):
        revoke(support, row)
    (kept,) = spool.iterdir()
    answer = kept.read_text()
    work_when_due()  # records it, and sends once more
    with refuse_events(COMPLETED):
        work_when_due()
    for each in spool.iterdir():
        each.unlink()  # the answer to the second sending is lost with its disk
    kept.write_text(answer)
    assert work_when_due().state == "seen_gone"
    assert record.types(COMPLETED) == [COMPLETED]
    assert len(simulator.deletes) == 2
    assert not list(spool.iterdir())


@both_generations
def test_an_answer_whose_operation_is_lost_stays_in_the_log_and_alarms(
    support: Client, row: Connection, refuse_events: Failing, spool: Path, simulator: Simulator
) -> None:
    with refuse_events(COMPLETED):
        revoke(support, row)
    (kept,) = spool.iterdir()
    lost = str(Operation.objects.get().pk)
    kept.write_text(kept.read_text().replace(lost, lost[:-1] + ("0" if lost[-1] != "0" else "1")))
    other = next(each for each in simulator.world.connections if each.pair != row.pair and each.mode == "live")
    revoke(support, other)
    event = record.newest("system.spool_replayed")
    assert event["outcome"]["alarm"].endswith("an operation that the database does not know.")
    assert not list(spool.iterdir())


@both_generations
def test_an_answer_that_comes_after_reading_took_it_for_not_applied_corrects_that(
    support: Client, row: Connection, refuse_events: Failing, spool: Path, simulator: Simulator
) -> None:
    simulator.fault("delayed-visibility", method="DELETE", seconds=60)
    with refuse_events(COMPLETED):
        revoke(support, row)
    (kept,) = spool.iterdir()
    answer = kept.read_text()
    kept.unlink()  # the disk comes back later than the database
    work_when_due()
    assert work_when_due().state == "failed"
    kept.write_text(answer)
    operation = work_when_due()
    assert operation.state == "succeeded"
    assert record.types("revocation.")[-2:] == ["revocation.reconciled", COMPLETED]
    assert compare(operation.pk) is None
    assert not list(spool.iterdir())


@both_generations
def test_an_answer_that_comes_after_reading_told_is_recorded_with_its_alarm(
    support: Client, row: Connection, refuse_events: Failing, spool: Path, simulator: Simulator
) -> None:
    with refuse_events(COMPLETED):
        revoke(support, row)
    (kept,) = spool.iterdir()
    answer = json.loads(kept.read_text())
    answer["verdict"] |= {"alarm": "Smartcar removed 1 more than was asked for.", "extra": ["somebody/else"]}
    kept.unlink()  # the disk comes back later than the database
    assert work_when_due().state == "seen_gone"
    kept.write_text(json.dumps(answer))
    revoke(support, simulator.connect(mode="live"))
    first = Operation.objects.earliest("asked_at")
    assert (first.state, first.alarm) == ("seen_gone", answer["verdict"]["alarm"])
    assert "Smartcar accepted it, and no longer lists it." in support.get(f"/operations/{first.pk}/").text
    assert record.newest("revocation.alarmed")["found"]["query"] == {"removed": "somebody/else"}
    assert compare(first.pk) is None
    assert not list(spool.iterdir())
    recorded = len(record.types(COMPLETED))
    kept.write_text(json.dumps(answer))
    revoke(support, simulator.connect(mode="live"))
    assert len(record.types(COMPLETED)) == recorded + 1  # that of the newest revocation
    call_command("audit_verify")


@both_generations
def test_an_answer_to_what_a_restored_database_has_waiting_still_leaves_the_request_to_expire(
    support: Client, simulator: Simulator, row: Connection, refuse_events: Failing, spool: Path
) -> None:
    with refuse_events(COMPLETED):
        revoke(support, row)
    (kept,) = spool.iterdir()
    answer = kept.read_text()
    work_to_the_end()
    sent = Operation.objects.get()
    all_of_a_user(simulator, 6).revoke(support)
    waiting = Operation.objects.get(state="awaiting_approval")
    kept.write_text(answer.replace(str(sent.pk), str(waiting.pk)))
    revoke(support, simulator.connect(mode="live"))
    work(3601)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.failure) == ("cancelled", "Nobody decided in time.")
    assert compare(waiting.pk) is None
