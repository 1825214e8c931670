"""One count for all threads and processes, with a part that pages leave alone; seen through the front door."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from connections.budget import SharedAllowance, for_deeds, left, pay_for_delete, seconds_to_spend
from connections.models import Operation, RequestBudget
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from connections.smartcar.errors import AllowanceSpent
from tests.deeds import asked, look, send
from tests.faults.orders import until
from tests.faults.subjects import all_of_a_user
from tests.marks import both_generations
from tests.record import types
from tests.together import at_once
from tests.working import work, work_to_the_end


@pytest.fixture(autouse=True)
def small(transactional_db: None, settings: LazySettings) -> None:  # noqa: ARG001 - asked for by being named
    """Twenty requests, one back in thirty seconds, five of them kept for deeds."""
    settings.SMARTCAR_RATE_CAPACITY, settings.SMARTCAR_RATE_REFILL_PER_MINUTE = 20, 2
    settings.SMARTCAR_RATE_RESERVE = 5


def spent(*, down_to: int) -> None:
    """Somebody has used all but so many."""
    with for_deeds():
        for _ in range(left().requests - down_to):
            SharedAllowance().spend()
    assert left().requests == down_to


def try_to_spend(_: object = None) -> bool:
    try:
        SharedAllowance().spend()
    except AllowanceSpent:
        return False
    return True


def test_many_at_once_take_what_there_is_and_no_more() -> None:
    def take_five() -> int:
        return sum(try_to_spend() for _ in range(5))

    assert sum(at_once(*[take_five] * 8)) == 15
    assert left().requests == 5
    assert not try_to_spend()


def test_pages_leave_the_reserve_to_deeds() -> None:
    spent(down_to=5)
    assert not try_to_spend()
    for _ in range(5):
        pay_for_delete()
    with pytest.raises(AllowanceSpent) as problem:
        pay_for_delete()
    assert 25 < problem.value.seconds <= 31


def test_a_token_that_is_needed_in_any_case_does_not_fill_an_empty_bucket() -> None:
    spent(down_to=0)
    for _ in range(3):
        SharedAllowance().count()
    assert left().requests == 0
    with pytest.raises(AllowanceSpent):
        pay_for_delete()


def test_it_refills() -> None:
    spent(down_to=5)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=31)):
        assert try_to_spend()
        assert not try_to_spend()


def test_long_work_is_told_when_it_can_end_also_beyond_the_whole_bucket() -> None:
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False):
        assert [round(seconds_to_spend(requests)) for requests in (1, 20, 30)] == [0, 0, 300]
        spent(down_to=5)
        assert [round(seconds_to_spend(requests)) for requests in (5, 6, 30)] == [0, 30, 750]


def test_a_clock_that_was_set_back_locks_nobody_out() -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3)):
        assert try_to_spend()
    assert try_to_spend()
    assert left().requests == 19


def test_after_a_429_nobody_asks_until_smartcar_wants_to_hear_from_us() -> None:
    SharedAllowance().refused(90)
    with pytest.raises(AllowanceSpent) as problem:
        pay_for_delete()
    assert 85 < problem.value.seconds <= 90
    assert left().requests == 0
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=91)):
        assert left().requests == 20
        pay_for_delete()


def test_a_later_429_with_a_shorter_time_lets_nobody_ask_earlier() -> None:
    SharedAllowance().refused(90)
    SharedAllowance().refused(1)
    with pytest.raises(AllowanceSpent) as problem:
        pay_for_delete()
    assert 85 < problem.value.seconds <= 90


@pytest.mark.parametrize("retry_after", [None, 10**9])
def test_a_429_without_a_sensible_time_is_over_within_an_hour(retry_after: float | None) -> None:
    SharedAllowance().refused(retry_after)
    assert not try_to_spend()
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1, seconds=1)):
        assert try_to_spend()


@both_generations
def test_each_request_that_leaves_is_counted_once(lead: Client, simulator: Simulator, row: Connection) -> None:
    before, seen = left().requests, len(simulator.requests)
    lead.get("/connections/")
    send(lead, row, look(lead, row))
    assert before - left().requests == len(simulator.requests) - seen > 0


def test_a_page_that_may_not_be_read_says_when_it_may(support: Client, simulator: Simulator) -> None:
    spent(down_to=5)
    simulator.clear_requests()
    for headers in {}, {"HX-Request": "true"}:
        answer = support.get("/connections/", headers=headers)
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 31
        assert "No request to Smartcar is left for this page" in answer.text
    assert asked(simulator) == []


def test_a_page_that_was_read_seconds_ago_shows_all_the_same(support: Client) -> None:
    assert support.get("/connections/").status_code == 200
    spent(down_to=5)
    assert support.get("/connections/").status_code == 200


def test_what_is_left_stands_on_every_page_the_overview_and_among_the_figures(support: Client) -> None:
    spent(down_to=7)
    assert "7 of 20 requests left, full again at" in support.get("/operations/").text
    overview = support.get("/").text
    assert '<strong class="figure">7</strong> of 20 left' in overview
    assert "5 of them are kept for revocations." in overview
    assert "connections_smartcar_requests_left 7.0" in support.get("/metrics").text
    RequestBudget.objects.all().delete()
    assert "20 of 20 requests left<" in support.get("/operations/").text


@both_generations
def test_from_the_reserve_one_still_looks_and_revokes(support: Client, simulator: Simulator, row: Connection) -> None:
    support.get("/connections/")  # with a token
    spent(down_to=5)
    assert support.get("/connections/?limit=50").status_code == 429
    assert send(support, row, look(support, row)).status_code == 200
    assert len(simulator.deletes) == 1


@both_generations
def test_a_deed_that_cannot_be_paid_for_is_not_begun(support: Client, simulator: Simulator, row: Connection) -> None:
    digest = look(support, row)
    spent(down_to=1)
    answer = send(support, row, digest)
    assert answer.status_code == 429
    assert "Nothing was sent" in answer.content.decode()
    assert (simulator.deletes, types("revocation.intended")) == ([], [])
    assert types("access.refused") == ["access.refused"]
    RequestBudget.objects.all().delete()
    assert send(support, row, digest).status_code == 200


@both_generations
def test_who_comes_back_when_told_to_gets_through(support: Client, simulator: Simulator) -> None:
    """A read of each mode and the DELETE are needed together: begun with less, it would spend them in vain."""
    subject = all_of_a_user(simulator, 1)
    filled_in = subject.look(support)
    spent(down_to=0)
    simulator.clear_requests()
    answer = subject.send(support, filled_in)
    assert (answer.status_code, asked(simulator)) == (429, [])
    now = datetime.now(UTC)
    with time_machine.travel(now + timedelta(seconds=31)):  # one came back, and is left for when there are enough
        assert subject.send(support, filled_in).status_code == 429
        assert (left().requests, asked(simulator)) == (1, [])
    with time_machine.travel(now + timedelta(seconds=int(answer["Retry-After"]))):
        assert subject.send(support, filled_in).status_code == 200
    assert len(simulator.deletes) == 1


@both_generations
def test_with_exactly_as_many_as_it_needs_it_is_done(support: Client, simulator: Simulator) -> None:
    subject = all_of_a_user(simulator, 1)
    simulator.clear_requests()
    filled_in = subject.look(support)
    spent(down_to=len(asked(simulator)) + 1)
    assert subject.send(support, filled_in).status_code == 200
    assert len(simulator.deletes) == 1


@both_generations
def test_to_ask_for_approval_needs_no_request_for_a_delete(support: Client, simulator: Simulator) -> None:
    subject = all_of_a_user(simulator, 6)
    simulator.clear_requests()
    filled_in = subject.look(support)
    spent(down_to=len(asked(simulator)))
    assert subject.send(support, filled_in).status_code == 200
    assert Operation.objects.get().state == "awaiting_approval"


def test_the_second_click_learns_what_the_first_has_done_with_the_last_requests(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    """The one was answered slowly, and finds nothing left for a DELETE that the other has sent by then."""
    digest = look(support, row)
    simulator.clear_requests()
    simulator.fault("drip", times=1, seconds=0.003, method="GET")
    spent(down_to=3)

    def click_meanwhile() -> int:
        until(lambda: asked(simulator), "the first read")
        return send(support, row, digest).status_code

    assert at_once(lambda: send(support, row, digest).status_code, click_meanwhile) == [200, 200]
    assert (Operation.objects.count(), len(simulator.deletes)) == (1, 1)
    assert types("access.refused") == []


@both_generations
def test_a_look_is_not_begun_that_cannot_be_ended(lead: Client, simulator: Simulator) -> None:
    subject = all_of_a_user(simulator, 1)
    simulator.clear_requests()
    subject.look(lead)
    too_few = len(asked(simulator)) - 1
    spent(down_to=too_few)
    assert lead.get(f"{subject.url}{subject.form}").status_code == 429
    assert left().requests == too_few


@both_generations
def test_what_was_not_confirmed_costs_no_request(support: Client, simulator: Simulator) -> None:
    subject = all_of_a_user(simulator, 2)
    filled_in = subject.look(support)
    simulator.clear_requests()
    assert subject.send(support, filled_in | {"confirm": "x"}).status_code == 422
    assert asked(simulator) == []


def test_what_is_begun_waits_its_turn_and_is_done_by_the_worker(lead: Client, simulator: Simulator) -> None:
    subject = all_of_a_user(simulator, 4)
    filled_in = subject.look(lead)
    spent(down_to=4)  # two to read again, two for deletes
    assert subject.send(lead, filled_in).status_code == 200
    operation = Operation.objects.get()
    assert (operation.state, len(simulator.deletes)) == ("intended", 2)
    assert operation.due_at is not None
    assert operation.due_at > datetime.now(UTC) + timedelta(seconds=20)
    assert "A part of it is not sent yet. That is sent by itself" in lead.get(f"/operations/{operation.pk}/").text
    work()
    assert len(simulator.deletes) == 2
    work_to_the_end()
    assert Operation.objects.get().state == "seen_gone"
    assert Counter(entry.path for entry in simulator.deletes).most_common(1)[0][1] == 1
    assert len(simulator.deletes) == 4


def test_looks_that_cannot_be_paid_for_are_not_counted(support: Client, simulator: Simulator, row: Connection) -> None:
    simulator.fault("reset-applied", times=1, method="DELETE")
    send(support, row, look(support, row))
    spent(down_to=0)
    due_at = Operation.objects.get().due_at
    assert due_at is not None
    Operation.objects.update(due_at=datetime.now(UTC))
    work()
    operation = Operation.objects.get()
    assert (operation.items.get().looks, operation.state) == (0, "unknown")
    assert operation.due_at is not None
    assert operation.due_at > datetime.now(UTC) + timedelta(seconds=20)


def test_an_approval_that_cannot_be_paid_for_is_not_given(support: Client, lead: Client, simulator: Simulator) -> None:
    all_of_a_user(simulator, 6).revoke(support)
    operation = Operation.objects.get()
    spent(down_to=2)
    assert lead.post(f"/approvals/{operation.pk}/", {"decision": "granted"}).status_code == 429
    assert types("approval.granted") == []
    assert types("access.refused") == ["access.refused"]
    RequestBudget.objects.all().delete()
    assert lead.post(f"/approvals/{operation.pk}/", {"decision": "granted"}).status_code == 302


def test_the_sign_in_page_and_strangers_learn_nothing_of_it(client: Client) -> None:
    cache.clear()
    assert "requests left" not in client.get("/accounts/login/").text
