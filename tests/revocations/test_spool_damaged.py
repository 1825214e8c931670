"""A file or the folder in which answers wait cannot be read: deeds wait for an operator, who is told which."""

import json
import os
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.test import Client
from django_tasks_db.models import DBTaskResult

from connections.models import Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import look, revoke, send
from tests.working import work, work_to_the_end


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


def test_what_is_no_file_is_not_waited_for(support: Client, row: Connection, spool: Path) -> None:
    digest = look(support, row)
    spool.mkdir(parents=True, exist_ok=True)
    os.mkfifo(spool / "pipe.json")
    (spool / "folder.json").mkdir()
    assert send(support, row, digest).status_code == 503
    ready = support.get("/readyz").text
    assert "pipe.json cannot be read" in ready
    assert "folder.json cannot be read" in ready


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
