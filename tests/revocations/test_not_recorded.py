"""What cannot be recorded is not done: 503, and Smartcar saw nothing."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from connections.models import Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import HTMX, look, revoke, revoke_url, send, send_page
from tests.failing_database import Failing
from tests.marks import both_generations


@both_generations
@pytest.mark.parametrize("stage", ["revocation.intended", "revocation.attempted"])
@pytest.mark.parametrize("button", [send, send_page])
def test_a_stage_that_cannot_be_committed_stops_the_deed_before_it_leaves(
    support: Client,
    simulator: Simulator,
    row: Connection,
    *,
    refuse_events: Failing,
    stage: str,
    button: Callable[..., object],
) -> None:
    digest = look(support, row)
    with refuse_events(stage):
        answer = button(support, row, digest)
    assert_not_done(answer)
    assert simulator.deletes == []
    assert stage not in record.types()


@both_generations
def test_on_a_database_that_is_read_only_nothing_is_sent(
    support: Client, simulator: Simulator, row: Connection, read_only: Failing
) -> None:
    digest = look(support, row)
    with read_only():
        for button in (send, send_page):
            assert_not_done(button(support, row, digest))
    assert simulator.deletes == []


@both_generations
@pytest.mark.parametrize("table", ["audit_event", "audit_detail", "operation", "preview"])
def test_without_a_table_nothing_is_sent(
    support: Client, simulator: Simulator, row: Connection, without_table: Failing, table: str
) -> None:
    digest = look(support, row)
    with without_table(table):
        assert_not_done(send(support, row, digest))
    assert simulator.deletes == []


@both_generations
def test_a_preview_that_cannot_be_recorded_is_not_shown(
    support: Client, row: Connection, refuse_events: Failing
) -> None:
    with refuse_events("revocation.previewed"):
        for headers in {}, HTMX:
            answer = support.get(revoke_url(row), headers=headers)
            assert_not_done(answer)
            assert row.vehicle_id not in answer.text


@pytest.mark.parametrize("path", ["/connections/", "/connections/{user}/{vehicle}/", "/audit/"])
def test_a_page_whose_reading_cannot_be_recorded_is_not_shown(
    support: Client, row: Connection, read_only: Failing, path: str
) -> None:
    with read_only():
        answer = support.get(path.format(user=row.user_id, vehicle=row.vehicle_id))
    assert_not_done(answer)
    assert row.vehicle_id not in answer.text


def test_a_refusal_that_cannot_be_recorded_is_a_refusal_all_the_same(
    auditor: Client, simulator: Simulator, row: Connection, read_only: Failing
) -> None:
    with read_only():
        assert send(auditor, row, "0" * 64).status_code in (403, 503)
    assert simulator.deletes == []


@both_generations
def test_once_it_can_be_recorded_again_one_may_look_again_and_revoke(
    support: Client, simulator: Simulator, row: Connection, refuse_events: Failing
) -> None:
    digest = look(support, row)
    with refuse_events("revocation.attempted"):
        send(support, row, digest)
    assert Operation.objects.get().state == "intended"
    assert revoke(support, row).status_code == 200
    assert len(simulator.deletes) == 1


@both_generations
def test_the_form_that_was_not_recorded_can_be_sent_again(
    support: Client, simulator: Simulator, row: Connection, refuse_events: Failing
) -> None:
    digest = look(support, row)
    with refuse_events("revocation.intended"):
        send(support, row, digest)
    assert send(support, row, digest).status_code == 200
    assert len(simulator.deletes) == 1


def assert_not_done(answer: object) -> None:
    assert getattr(answer, "status_code", None) == 503
    assert "Not recorded, so not done" in getattr(answer, "content", b"").decode()


@both_generations
@pytest.mark.parametrize("button", [send, send_page])
def test_what_is_recorded_and_cannot_be_shown_is_not_said_to_be_undone(
    support: Client,
    simulator: Simulator,
    row: Connection,
    *,
    gone_after: Failing,
    button: Callable[[Client, Connection, str], HttpResponse],
) -> None:
    digest = look(support, row)
    with gone_after("revocation.seen_gone"):
        answer = button(support, row, digest)
    operation = Operation.objects.get()
    assert (operation.state, [entry.removed for entry in simulator.deletes]) == ("succeeded", [(row.pair,)])
    if answer.status_code == 302:
        assert answer["Location"] == f"/operations/{operation.pk}/"
        return
    assert answer.status_code == 503
    assert "Recorded, but it cannot be shown" in answer.text
    assert "not done" not in answer.text
    assert f"/operations/{operation.pk}/" in answer.text
