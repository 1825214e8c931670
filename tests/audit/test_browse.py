"""Filters, the language of the box, keyset pages, and who may see what."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from hypothesis import given, strategies as st

from connections.audit import browse
from connections.audit.events import (
    Actor,
    ActorKind,
    Event,
    EventType,
    Outcome,
    Status,
    Target,
    TargetKind,
    Why,
)
from connections.audit.filters import FilterError, Filters
from connections.audit.ledger import append
from connections.models import AuditEvent, ClockTurn, Staff

find = import_module("connections.migrations.0023_clock_turns").find

pytestmark = pytest.mark.django_db(transaction=True)

USER, VEHICLE, CONNECTION = uuid4(), uuid4(), uuid4()
OPERATION, REQUEST = uuid4(), uuid4()


@pytest.fixture
def ana_and_ben() -> tuple[Staff, Staff]:
    """Event 1: Ana, unknown outcome, everything set. Event 2: Ben viewed something else. Event 3: nobody."""
    ana = Staff.objects.create(username="ana", first_name="Ana", last_name="Ruíz")
    ben = Staff.objects.create(username="ben")
    append(
        Event(
            type=EventType.REVOCATION_COMPLETED,
            actor=Actor(kind=ActorKind.STAFF, id=str(ana.pk), name="Ana Ruíz"),
            target=Target(kind=TargetKind.CONNECTION, user=USER, vehicle=VEHICLE, connection=CONNECTION),
            why=Why(ticket="SUP-7", note="asked by Telephone, 100% sure"),
            outcome=Outcome(status=Status.UNKNOWN),
            operation=OPERATION,
            request=REQUEST,
        )
    )
    append(
        Event(
            type=EventType.CONNECTION_VIEWED,
            actor=Actor(kind=ActorKind.STAFF, id=str(ben.pk), name="ben"),
            target=Target(kind=TargetKind.CONNECTION, user=USER, vehicle=uuid4()),
        )
    )
    append(Event(type=EventType.AUTH_SIGN_IN_FAILED, actor=Actor(kind=ActorKind.ANONYMOUS)))
    return ana, ben


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [3, 2, 1]),
        ("actor:ana", [1]),
        ("actor:ANA", [1]),
        ("actor:ruíz", [1]),
        ("-actor:ana", [3, 2]),
        ("actor:nobody", []),
        ("type:revocation.completed", [1]),
        ("type:connection", [2]),
        ("type:conn", []),
        ("-type:connection.viewed", [3, 1]),
        ("outcome:unknown", [1]),
        ("-outcome:unknown", [3, 2]),
        ("outcome:success", []),
        (f"user:{USER}", [2, 1]),
        (f"user:{USER} -actor:ben", [1]),
        (f"vehicle:{str(VEHICLE).upper()}", [1]),
        (f"connection:{CONNECTION}", [1]),
        (f"operation:{OPERATION}", [1]),
        (f"request:{REQUEST}", [1]),
        ("ticket:SUP-7", [1]),
        ("ticket:sup-7", [1]),
        ("ticket:up-", [1]),
        ("ticket:telephone", []),
        ("ticket:=SUP-7", [1]),
        ("ticket:=sup-7", [1]),
        ("ticket:=SUP", []),
        ("-ticket:sup", [3, 2]),
        ("telephone", [1]),
        ("TELE phone,", [1]),
        ('"asked by tele"', [1]),
        ('"by asked"', []),
        ("00%", [1]),
        ("0_%", []),
        ("%%%", []),
        ("-telephone", [3, 2]),
        (f"telephone user:{USER}", [1]),
        (f"telephone type:connection user:{USER}", []),
        ("type:connection outcome:unknown", []),
        ("type:revocation outcome:unknown telephone", [1]),
        ("sup-7", [1]),
        ("-SUP-7", [3, 2]),
        (str(USER), [2, 1]),
        (str(OPERATION), [1]),
        ("since:2020-01-01", [3, 2, 1]),
        ("until:2020-01-01", []),
        ("since:2020-01-01T00:00:00Z until:2999-12-31", [3, 2, 1]),
        ('ticket:"no such ticket"', []),
    ],
)
def test_the_box_finds(ana_and_ben: tuple[Staff, Staff], text: str, expected: list[int]) -> None:
    assert ana_and_ben
    assert _seqs(browse.page(Filters.of(text))) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("actor", "ana", [1]),
        ("user", str(USER), [2, 1]),
        ("until", "2020-01-01", []),
        ("ticket", " ", [3, 2, 1]),
    ],
)
def test_plain_fields_find_the_same(
    ana_and_ben: tuple[Staff, Staff], name: str, value: str, expected: list[int]
) -> None:
    assert ana_and_ben
    assert _seqs(browse.page(Filters.of(**{name: value}))) == expected


def test_until_a_day_means_to_its_end(ana_and_ben: tuple[Staff, Staff]) -> None:
    assert ana_and_ben
    today = AuditEvent.objects.get(seq=3).at.date()
    assert 3 in _seqs(browse.page(Filters.of(until=today.isoformat())))
    assert 3 not in _seqs(browse.page(Filters.of(until=(today - timedelta(days=1)).isoformat())))


@pytest.mark.parametrize(
    "text",
    [
        "colour:red",
        "since:yesterday",
        "until:2026-13-01",
        "since:2026-01-01Tnoon",
        "since:0001-01-01",
        "no",
        "ticket:7",
    ],
)
def test_what_cannot_be_understood_is_named(text: str) -> None:
    with pytest.raises(FilterError):
        Filters.of(text)


@given(st.text(max_size=60) | st.text('-:" abc', max_size=20))
def test_any_text_is_understood_or_named_and_reads_back_the_same(text: str) -> None:
    try:
        filters = Filters.of(text)
    except FilterError:
        return
    assert Filters.of(str(filters)) == filters


@given(st.sampled_from(["actor", "ticket", "user"]), st.text(max_size=30))
def test_any_plain_value_reads_back_the_same(name: str, value: str) -> None:
    try:
        filters = Filters.of(**{name: value})
    except FilterError:
        return
    assert Filters.of(str(filters)) == filters


@pytest.mark.parametrize("text", ['"actor:ana"', '"-telephone"', '-"-telephone"', '"https://x.test/1"', '"user:"'])
def test_words_that_look_like_a_term_are_written_down_as_words(text: str) -> None:
    filters = Filters.of(text)
    assert str(filters) == text
    assert Filters.of(str(filters)) == filters


@pytest.mark.parametrize(
    "text",
    [
        "\x00\x00\x00",
        "a\x00b",
        'ticket:"\x00"',
        "\ud800",
        "actor:\ud800",
        "'; DROP",
        "AND",
        "ticket:*",
        "NEAR(a",
        "^^^",
        "ffffffff-ffff-7fff-bfff-ffffffffffff",
        "00000000-0000-7000-8000-000000000000",
        "since:2026-01-01T00:00:00+23:59 until:2026-01-02T00:00:00-23:59",
        "until:1970-01-01T00:00:00+14:00",
        "until:9999-12-31T23:59:59-23:59",
    ],
)
def test_no_text_breaks_the_database(text: str) -> None:
    try:
        filters = Filters.of(text)
    except FilterError:
        return
    assert browse.page(filters).entries == ()


def test_pages_go_back_and_forth_without_gaps() -> None:
    for _ in range(7):
        append(Event(type=EventType.SYSTEM_STARTED, actor=Actor(kind=ActorKind.SYSTEM)))
    first = browse.page(Filters(), limit=3)
    assert (_seqs(first), first.newer, first.older) == ([7, 6, 5], None, 5)
    second = browse.page(Filters(), limit=3, before=first.older)
    assert (_seqs(second), second.newer, second.older) == ([4, 3, 2], 4, 2)
    third = browse.page(Filters(), limit=3, before=second.older)
    assert (_seqs(third), third.newer, third.older) == ([1], 1, None)
    back = browse.page(Filters(), limit=3, after=third.newer)
    assert (_seqs(back), back.newer, back.older) == ([4, 3, 2], 4, 2)
    newest = browse.page(Filters(), limit=3, after=back.newer)
    assert (_seqs(newest), newest.newer, newest.older) == ([7, 6, 5], None, 5)


@pytest.mark.parametrize("text", ["telephone", "type:revocation", "ticket:sup", str(USER), "type:revocation telephone"])
def test_every_page_of_a_search_holds_what_it_finds(revocation: Callable[[], UUID], text: str) -> None:
    """Indexes are asked for no more than a page needs, from either end."""
    for _ in range(3):
        revocation()
        append(Event(type=EventType.SYSTEM_STARTED, actor=Actor(kind=ActorKind.SYSTEM)))
    filters = Filters.of(text.replace(str(USER), str(AuditEvent.objects.get(seq=1).target_user)))
    found = _seqs(browse.page(filters))
    assert found == [11, 10, 9, 7, 6, 5, 3, 2, 1]
    assert _seqs(browse.page(filters, before=9, limit=2)) == [7, 6]
    assert _seqs(browse.page(filters, after=3, limit=2)) == [6, 5]
    support = {str(AuditEvent.objects.get(seq=1).actor_id)}
    assert _seqs(browse.page(filters, visible_to={*support, "7"}, before=9, limit=2)) == [7, 6]


def test_an_event_is_found_by_its_own_id(ana_and_ben: tuple[Staff, Staff]) -> None:
    assert ana_and_ben
    assert _seqs(browse.page(Filters.of(AuditEvent.objects.get(seq=2).id))) == [2]


def test_days_are_found_although_a_clock_was_set_back() -> None:
    for day, hour in ((1, 12), (3, 0), (2, 23), (3, 1), (5, 0)):
        with time_machine.travel(datetime(2026, 1, day, hour, 30, tzinfo=UTC), tick=False):
            append(Event(type=EventType.SYSTEM_STARTED, actor=Actor(kind=ActorKind.SYSTEM)))
    assert _seqs(browse.page(Filters.of("until:2026-01-02"))) == [3, 1]
    assert _seqs(browse.page(Filters.of("since:2026-01-03 until:2026-01-03"))) == [4, 2]
    assert _seqs(browse.page(Filters.of("since:2026-01-02"), after=0, limit=2)) == [3, 2]
    assert _seqs(browse.page(Filters.of("since:2026-01-06"))) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("since:2026-02-01 until:2026-02-28", [6, 5]),
        ("until:2026-02-28", [6, 5, 3, 2, 1]),
        ("since:2026-02-02", [9, 8, 7, 6, 4]),
        ("since:2026-01-01", [9, 8, 7, 6, 5, 4, 2, 1]),
        ("since:2026-03-02 until:2026-03-31", [9, 8]),
        ("since:2027-01-01", [4]),
        ("until:2025-12-31", [3]),
    ],
)
def test_a_clock_that_was_wrong_hides_nothing(text: str, expected: list[int]) -> None:
    """Once at 1970, as after a start without a battery, and once a year ahead."""
    days = ["2026-01-01", "2026-01-02", "1970-01-01", "2027-06-01", "2026-02-01", "2026-02-02"]
    for day in (*days, "2026-03-01", "2026-03-02", "2026-03-03"):
        with time_machine.travel(datetime.fromisoformat(day).replace(tzinfo=UTC), tick=False):
            append(Event(type=EventType.SYSTEM_STARTED, actor=Actor(kind=ActorKind.SYSTEM)))
    assert _seqs(browse.page(Filters.of(text))) == expected
    assert _seqs(browse.page(Filters.of(text), after=0)) == expected
    ClockTurn.objects.all().delete()
    find(None, connection.schema_editor())
    assert _seqs(browse.page(Filters.of(text))) == expected


def test_an_erased_note_is_found_no_more(ana_and_ben: tuple[Staff, Staff], owner_rights: Callable[[], Any]) -> None:
    assert ana_and_ben
    with owner_rights() as execute:
        execute("UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = CURRENT_TIMESTAMP")
    assert _seqs(browse.page(Filters.of("telephone"))) == []
    assert _seqs(browse.page(Filters.of("sup-7"))) == [1]


def test_one_sees_only_events_of_actors_one_may_see(ana_and_ben: tuple[Staff, Staff]) -> None:
    ana, ben = ana_and_ben
    assert _seqs(browse.page(Filters(), visible_to={str(ana.pk)})) == [1]
    assert _seqs(browse.page(Filters(), visible_to={str(ana.pk), str(ben.pk)})) == [2, 1]
    for text in ("", "type:connection", "anomaly:any", str(USER)):
        assert _seqs(browse.page(Filters.of(text), visible_to=frozenset())) == []
    assert browse.event(2, visible_to={str(ana.pk)}) is None
    assert browse.event(1, visible_to={str(ana.pk)}) is not None


@pytest.mark.parametrize("seq", [0, 99, 2**63, 10**30])
def test_an_event_that_is_not_there_is_none(seq: int) -> None:
    assert browse.event(seq) is None


def test_one_event_shows_personal_values_in_place_of_commitments(ana_and_ben: tuple[Staff, Staff]) -> None:
    assert ana_and_ben
    found = browse.event(1)
    assert found is not None
    facts = {fact.name: fact.value for fact in found.facts}
    assert facts["actor.name"] == "Ana Ruíz"
    assert facts["target.user"] == str(USER)
    assert facts["operation"] == str(OPERATION)
    stored = AuditEvent.objects.get(seq=1)
    assert (found.body, found.leaf, found.prev) == (stored.body, bytes(stored.leaf).hex(), "0" * 64)


def test_an_erased_name_is_called_redacted(ana_and_ben: tuple[Staff, Staff], owner_rights: Callable[[], Any]) -> None:
    assert ana_and_ben
    with owner_rights() as execute:
        execute("UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = CURRENT_TIMESTAMP")
    found = browse.event(1)
    assert found is not None
    name = next(fact for fact in found.facts if fact.name == "actor.name")
    assert (name.value, name.is_erased) == ("redacted", True)
    assert found.entry.actor == "redacted"
    assert found.entry.sentence.startswith("Somebody (redacted) tried to revoke")


def test_the_trail_of_a_connection_and_of_an_operation(revocation: Callable[[], UUID], ana: Actor) -> None:
    operation = revocation()
    target = AuditEvent.objects.get(seq=1)
    user, vehicle = UUID(str(target.target_user)), UUID(str(target.target_vehicle))
    looked_at = Target(kind=TargetKind.CONNECTION, user=user, vehicle=vehicle)
    append(Event(type=EventType.CONNECTION_VIEWED, actor=ana, target=looked_at))
    assert [entry.seq for entry in browse.trail_of_connection(user, vehicle)] == [4, 3, 2, 1]
    assert [entry.seq for entry in browse.trail_of_connection(user, vehicle, with_reads=False)] == [3, 2, 1]
    assert [entry.seq for entry in browse.trail_of_operation(operation)] == [3, 2, 1]


def test_times_are_exact_and_in_utc(ana_and_ben: tuple[Staff, Staff]) -> None:
    assert ana_and_ben
    entry = browse.page(Filters()).entries[0]
    assert datetime.fromisoformat(entry.at_iso) == entry.at.astimezone(UTC)
    assert entry.at_text.endswith(" UTC")


def _seqs(page: browse.EntryPage) -> list[int]:
    return [entry.seq for entry in page.entries]
