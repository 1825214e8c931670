from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection

from connections.audit import verify
from connections.audit.events import Actor, Event, EventType
from connections.audit.ledger import NotRecorded, Recorded, append, recording
from connections.audit.verifier.verify import Verdict, parsed
from connections.models import AuditDetail, AuditEvent, Staff

pytestmark = pytest.mark.django_db(transaction=True)


def test_events_link_to_the_one_before(ana: Actor) -> None:
    recorded = [append(Event(type=EventType.CONNECTION_VIEWED, actor=ana)) for _ in range(3)]
    bodies = [parsed(event.body) for event in AuditEvent.objects.order_by("seq")]
    assert [body["seq"] for body in bodies] == [1, 2, 3]
    assert [body["prev"] for body in bodies] == ["0" * 64, recorded[0].leaf.hex(), recorded[1].leaf.hex()]


def test_an_event_carries_its_frame(ana: Actor) -> None:
    recorded = append(Event(type=EventType.AUTH_SIGNED_IN, actor=ana, request=UUID(int=5)))
    body = parsed(AuditEvent.objects.get().body)
    assert body["v"] == "audit/1"
    assert body["id"] == str(recorded.id)
    assert recorded.id.version == 7
    assert body["instance"] == settings.AUDIT_ORIGIN
    assert body["app"] == settings.APP_VERSION
    assert body["request"] == str(UUID(int=5))
    assert body["at"].endswith("Z")


def test_personal_values_lie_beside_the_event(ana: Actor) -> None:
    append(Event(type=EventType.AUTH_SIGNED_IN, actor=ana))
    details = dict(AuditDetail.objects.values_list("field", "value"))
    assert details == {"actor.name": "Ana Ruíz", "actor.ip": "192.0.2.7", "actor.user_agent": "Browser/1"}


def test_several_events_and_the_callers_own_rows_commit_together(ana: Actor) -> None:
    with recording() as record:
        first = record(Event(type=EventType.REVOCATION_INTENDED, actor=ana, operation=UUID(int=1)))
        second = record(Event(type=EventType.REVOCATION_ATTEMPTED, actor=ana, operation=UUID(int=1), cause=first.seq))
        Staff.objects.create(username="ana")
    assert (first.seq, second.seq) == (1, 2)
    assert Staff.objects.filter(username="ana").exists()


if connection.vendor == "postgresql":  # SQLite syncs before it lets go of its lock

    def test_what_was_appended_is_on_disk(ana: Actor) -> None:
        """The place in the database's log at which the event was written is one that was flushed."""
        with connection.cursor() as cursor:
            with recording() as record:
                record(Event(type=EventType.CONNECTION_VIEWED, actor=ana))
                cursor.execute("SELECT pg_current_wal_insert_lsn()")
                written = cursor.fetchone()
            cursor.execute("SELECT pg_current_wal_flush_lsn() >= %s::pg_lsn", written)
            assert cursor.fetchone() == (True,)


def test_an_error_of_the_callers_takes_all_of_it_back(ana: Actor) -> None:
    with pytest.raises(LookupError):
        _record_and_raise(ana)
    assert not AuditEvent.objects.exists()
    assert not AuditDetail.objects.exists()
    assert not Staff.objects.exists()


def test_a_failing_row_of_the_callers_is_not_recorded(ana: Actor) -> None:
    Staff.objects.create(username="ana")
    with pytest.raises(NotRecorded):
        _record_and_raise(ana)
    assert not AuditEvent.objects.exists()


def test_an_append_inside_another_transaction_is_refused(ana: Actor) -> None:
    with pytest.raises(RuntimeError, match="durable"), recording():
        append(Event(type=EventType.CONNECTION_VIEWED, actor=ana))


def test_a_read_only_database_records_nothing_and_says_so(ana: Actor) -> None:
    read_only, writable = (
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF")
        if connection.vendor == "sqlite"
        else ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off")
    )
    with connection.cursor() as cursor:
        cursor.execute(read_only)
    with pytest.raises(NotRecorded):
        append(Event(type=EventType.CONNECTION_VIEWED, actor=ana))
    with connection.cursor() as cursor:
        cursor.execute(writable)
    assert append(Event(type=EventType.CONNECTION_VIEWED, actor=ana)).seq == 1


def test_a_value_without_canonical_text_is_not_recorded(ana: Actor) -> None:
    with pytest.raises(NotRecorded):
        append(Event(type=EventType.CONNECTION_VIEWED, actor=ana, cause=2**53))
    assert not AuditEvent.objects.exists()


def test_eight_writers_at_once_form_one_chain(ana: Actor) -> None:
    def write(_: int) -> list[Recorded]:
        try:
            return [append(Event(type=EventType.CONNECTION_VIEWED, actor=ana)) for _ in range(12)]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        recorded = [each for some in pool.map(write, range(8)) for each in some]
    assert sorted(each.seq for each in recorded) == list(range(1, 97))
    by_seq = sorted(recorded, key=lambda each: each.seq)
    assert all(before.at <= after.at for before, after in pairwise(by_seq))
    assert verify.verify_database().verdict is Verdict.INTACT


def _record_and_raise(actor: Actor) -> None:
    with recording() as record:
        record(Event(type=EventType.REVOCATION_INTENDED, actor=actor))
        Staff.objects.create(username="ana")
        raise LookupError
