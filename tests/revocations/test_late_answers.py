"""An answer that waited on disk is recorded when its operation has gone on, or is another, or its time is wrong."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from connections import times
from connections.models import Operation
from connections.revocations.restore import compare
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import revoke
from tests.failing_database import Failing
from tests.faults.subjects import all_of_a_user
from tests.marks import both_generations
from tests.working import work, work_to_the_end, work_when_due

COMPLETED = "revocation.completed"


@pytest.fixture
def spool(settings: LazySettings) -> Path:
    return Path(settings.SPOOL_DIR)


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


@pytest.mark.parametrize("when", ["1999-12-31T23:59:59+00:00", "2999-01-01T00:00:00+00:00"])
def test_a_time_before_it_was_sent_or_yet_to_come_is_not_believed(
    support: Client, row: Connection, refuse_events: Failing, spool: Path, when: str
) -> None:
    with refuse_events(COMPLETED):
        revoke(support, row)
    (kept,) = spool.iterdir()
    kept.write_text(json.dumps(json.loads(kept.read_text()) | {"answered_at": when}))
    operation = work_when_due()
    event = record.newest(COMPLETED)
    assert "answered_at" not in event["outcome"]
    assert operation.completed_at == datetime.fromisoformat(event["at"])
    assert compare(operation.pk) is None


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
