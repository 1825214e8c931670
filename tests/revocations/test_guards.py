"""What keeps one person from revoking too much, and a reason from saying nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client

from connections.models import Operation
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from dashboard.env import Term, Terms
from tests.deeds import look, revoke, send, send_page
from tests.people import SignIn
from tests.record import newest
from tests.together import at_once

_NOTHING = ["aa bb cc dd ee", "ª1234", "啊啊啊啊啊啊"]
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def rows(simulator: Simulator) -> Iterator[Connection]:
    """Live connections, one after the other."""
    return iter([each for each in simulator.world.connections if each.mode == "live"])


def test_one_more_than_a_person_may_within_an_hour_is_not_sent(
    support: Client, simulator: Simulator, rows: Iterator[Connection], settings: LazySettings
) -> None:
    settings.REVOCATIONS_PER_HOUR = 2
    assert revoke(support, next(rows)).status_code == 200
    assert revoke(support, next(rows)).status_code == 200
    refused = revoke(support, next(rows))
    assert refused.status_code == 429
    assert 3500 < int(refused["Retry-After"]) <= 3600
    assert "The next is possible in 60 minutes" in refused.content.decode()
    assert len(simulator.deletes) == 2
    event = newest("access.refused")
    assert (event["why"]["reason"], event["outcome"]["http"]) == ("too_many", 429)


def test_of_many_at_the_same_moment_no_more_than_one_may_are_sent(
    support: Client, simulator: Simulator, rows: Iterator[Connection], settings: LazySettings
) -> None:
    settings.REVOCATIONS_PER_HOUR = 3
    shown = [(row, look(support, row)) for row, _ in zip(rows, range(6), strict=False)]
    at_once(*(partial(send, support, row, digest) for row, digest in shown))
    assert Operation.objects.count() == len(simulator.deletes) == 3


def test_an_hour_later_the_next_is_possible(
    support: Client, rows: Iterator[Connection], settings: LazySettings
) -> None:
    settings.REVOCATIONS_PER_HOUR = 1
    revoke(support, next(rows))
    first = Operation.objects.get()
    Operation.objects.filter(pk=first.pk).update(asked_at=first.asked_at - timedelta(hours=1))
    assert revoke(support, next(rows)).status_code == 200


def test_what_others_revoke_does_not_count(
    support: Client, sign_in: SignIn, rows: Iterator[Connection], settings: LazySettings
) -> None:
    settings.REVOCATIONS_PER_HOUR = 1
    revoke(support, next(rows))
    assert revoke(sign_in(Role.LEAD), next(rows)).status_code == 200


def test_the_same_form_sent_again_is_no_second_revocation(
    support: Client, row: Connection, settings: LazySettings
) -> None:
    settings.REVOCATIONS_PER_HOUR = 1
    digest = look(support, row)
    assert send(support, row, digest).status_code == 200
    assert send(support, row, digest).status_code == 200


def test_what_waits_for_approval_counts_too(support: Client, row: Connection, settings: LazySettings) -> None:
    settings.REVOCATIONS_PER_HOUR = 1
    asked = {"reason": "fraud", "confirm": row.vehicle_id[:8]}
    assert revoke(support, row, **asked).status_code == 200
    assert Operation.objects.get().state == "awaiting_approval"
    assert send(support, row, look(support, row), **asked).status_code == 429


@pytest.mark.parametrize(
    "note",
    [
        "",
        ".",
        "          ",
        "..........",
        "aaaaaaaaaaaa",
        "as as as as as",
        "aaa bbb ccc ddd",
        "see ticket",
        "aa bb cc dd ee",
        "ª1234",
        "啊啊啊啊啊啊",
        "ababababab",
        "test it test it test it",
        "asd fgh jkl qwe",
        "LKJH gfds QWERTZ",
    ],
)
def test_another_reason_needs_a_note_that_says_something(
    support: Client, simulator: Simulator, row: Connection, note: str
) -> None:
    answer = revoke(support, row, reason="other", note=note)
    assert answer.status_code == 422
    assert "Say in the note what the reason is" in answer.content.decode()
    assert not simulator.deletes


@pytest.mark.parametrize(
    "note",
    [
        "The fleet was sold to another company",
        "車両は別の会社に売却されました",
        "Kunde hat Auto verkauft",
        "客户已售车",
        "ลูกค้าขายรถแล้ว",
        "Le client a vendu l'auto",
        "לקוח מכר את הרכב",
        "No, no, no more access, she said",
    ],
)
def test_another_reason_with_a_note_is_a_reason(support: Client, row: Connection, note: str) -> None:
    assert revoke(support, row, reason="other", note=note).status_code == 200


@pytest.mark.parametrize("note", ["", "ok", "wer", "12.12.12", "VIP", "déjà vu", "去去就来", "Papa hat Papas Papiere"])
def test_a_note_that_is_not_needed_is_never_in_the_way(support: Client, row: Connection, note: str) -> None:
    assert revoke(support, row, note=note).status_code == 200


@pytest.mark.parametrize(
    "note",
    [
        ".",
        "........",
        "aaaaaaa",
        "- - -",
        "啊啊啊啊啊啊",
        "ªªªªªª",
        "ababababa",
        "no no no",
        "hm, hm, hm!",
        "qwertz",
        "asd fgh",
    ],
)
def test_a_note_that_says_nothing_is_refused_rather_than_kept(
    support: Client, simulator: Simulator, row: Connection, note: str
) -> None:
    answer = revoke(support, row, note=note)
    assert answer.status_code == 422
    assert "Say something in the note, or leave it empty." in answer.text
    assert not simulator.deletes


@pytest.mark.parametrize(
    ("asked", "due"), [("2026-01-31", "2026-02-28"), ("2026-11-20", "2026-12-20"), ("2026-12-31", "2027-01-31")]
)
def test_when_the_customer_asked_sets_the_day_of_the_answer(
    sign_in: SignIn, row: Connection, asked: str, due: str
) -> None:
    with time_machine.travel(f"{asked}T12:00:00Z", tick=True):
        revoke(sign_in(Role.SUPPORT, "punctual"), row, received_at=asked)
    operation = Operation.objects.get()
    assert [f"{each:%Y-%m-%d}" for each in (operation.received_at, operation.answer_by) if each] == [asked, due]
    why = newest("revocation.intended")["why"]
    assert (why["received_at"][:10], why["due_at"][:10]) == (asked, due)


def test_a_reason_may_have_other_days(support: Client, row: Connection, settings: LazySettings) -> None:
    settings.STATUTORY_DAYS = Terms(Term(days=30), {"erasure_request": Term(days=45)})
    asked = (datetime.now(UTC) - timedelta(days=3)).replace(second=0, microsecond=0)
    revoke(support, row, reason="erasure_request", received_at=f"{asked:%Y-%m-%dT%H:%M}")
    assert Operation.objects.get().answer_by == asked + timedelta(days=45)


def test_without_that_day_no_clock_runs(support: Client, row: Connection) -> None:
    revoke(support, row)
    assert Operation.objects.get().answer_by is None
    assert "due_at" not in newest("revocation.intended")["why"]


@pytest.mark.parametrize(("days", "says"), [(2, "cannot have asked in the future"), (-400, "more than a year ago")])
def test_a_customer_who_asked_in_the_future_or_long_ago_is_a_slip(
    support: Client, simulator: Simulator, row: Connection, days: int, says: str
) -> None:
    answer = revoke(support, row, received_at=f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}")
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not simulator.deletes


def test_today_is_no_future_where_the_day_begins_before_ours(support: Client, row: Connection) -> None:
    digest = look(support, row)
    with time_machine.travel(NOON, tick=True):
        tomorrow = NOON + timedelta(hours=12)
        assert send_page(support, row, digest, received_at=f"{tomorrow:%Y-%m-%d}").status_code in (302, 200)
        received = Operation.objects.get().received_at
    assert received is not None
    assert received < tomorrow
