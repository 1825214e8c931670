"""Sent and answered, but the answer cannot be recorded: it waits in a file, and further deeds wait for it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from connections.models import Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import look, revoke, send, send_page
from tests.failing_database import Failing
from tests.marks import both_generations
from tests.working import work_to_the_end

COMPLETED = "revocation.completed"


@pytest.fixture
def spool(settings: LazySettings) -> Path:
    return Path(settings.SPOOL_DIR)


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
