"""What is kept beside the log to spare it a search: whoever alters that hides events, and is found."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.db.models import ProtectedError
from django.test import Client

from connections.audit.emergencies import record_emergency
from connections.audit.events import Actor, Event, EventType, Why
from connections.audit.ledger import append
from connections.audit.verifier.verify import Verdict
from connections.audit.verify import verify_database
from connections.models import AuditExport, Staff
from tests.exports import file_of, prepare

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_clock_turn WHERE seq = 3",
        "UPDATE audit_clock_turn SET at = '2026-01-02 00:00:01+00:00' WHERE seq = 3",
        "UPDATE audit_clock_turn SET peak = '2026-01-02 00:00:01+00:00' WHERE seq = 3",
    ],
)
def test_a_clock_set_back_that_is_not_noted_is_found(system: Actor, statement: str) -> None:
    for day, hour in ((1, 12), (3, 0), (2, 20), (2, 19)):
        with time_machine.travel(datetime(2026, 1, day, hour, 30, tzinfo=UTC), tick=False):
            append(Event(type=EventType.SYSTEM_STARTED, actor=system))
    with time_machine.travel(datetime(2026, 1, 2, 19, 0, tzinfo=UTC), tick=False):
        append(Event(type=EventType.SYSTEM_STARTED, actor=system))  # by less than what searches leave for it
    assert verify_database().verdict is Verdict.INTACT
    execute(statement)
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 3), found
    assert "that the clock was set back before it is not noted" in found.sentence


@pytest.mark.parametrize(
    ("statements", "seq"),
    [
        (["DELETE FROM emergency_sign_in"], 1),
        (["UPDATE emergency_sign_in SET at = '2026-01-01 00:00:00+00:00'"], 1),
        (["UPDATE emergency_sign_in SET staff_id = 43"], 1),
        (["UPDATE emergency_sign_in SET seq = 2"], 1),
        (["UPDATE emergency_sign_in SET seq = 999"], 1),
        (["DELETE FROM emergency_sign_in", "UPDATE connections_staff SET id = 44 WHERE id = 42"], 1),
        (["INSERT INTO emergency_sign_in (seq, staff_id, at) VALUES (2, 43, '2026-01-01 00:00:00+00:00')"], None),
        (["INSERT INTO emergency_sign_in (seq, staff_id, at) VALUES (999, 43, '2026-01-01 00:00:00+00:00')"], None),
        (["INSERT INTO emergency_sign_in (seq, staff_id, at) VALUES (0, 43, '2026-01-01 00:00:00+00:00')"], None),
    ],
)
def test_an_emergency_that_stands_on_no_page_or_never_was_is_found(
    ana: Actor, statements: list[str], seq: int | None
) -> None:
    sign_in = Event(type=EventType.AUTH_SIGNED_IN, actor=ana, why=Why(reason="break glass"))
    for number in (42, 43):
        Staff.objects.create(pk=number, username=f"person {number}")
    record_emergency(sign_in)
    append(Event(type=EventType.AUTH_SIGNED_IN, actor=ana))
    assert verify_database().verdict is Verdict.INTACT
    for statement in statements:
        execute(statement)
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, seq), found


def test_an_account_that_was_used_in_an_emergency_is_not_deleted(ana: Actor) -> None:
    staff = Staff.objects.create(pk=42, username="emergency")
    record_emergency(Event(type=EventType.AUTH_SIGNED_IN, actor=ana, why=Why(reason="break glass")))
    with pytest.raises(ProtectedError):
        staff.delete()


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("INSERT INTO audit_review (reviewed, verdict, seq) VALUES (2, 'appropriate', {seq})", None),
        ("INSERT INTO audit_review (reviewed, verdict, seq) VALUES (2, 'appropriate', 1)", None),
        ("INSERT INTO audit_review (reviewed, verdict, seq) VALUES (2, 'appropriate', 999)", None),
        ("UPDATE audit_review SET verdict = 'appropriate'", "{seq}"),
        ("UPDATE audit_review SET reviewed = 2", "{seq}"),
        ("DELETE FROM audit_review", "{seq}"),
    ],
)
def test_a_review_that_no_event_says_is_found(auditor: Client, ana: Actor, statement: str, seq: str | None) -> None:
    numbers = [append(Event(type=EventType.CONNECTION_VIEWED, actor=ana)).seq for _ in range(2)]
    answer = auditor.post(f"/audit/review/{numbers[1]}/", {"verdict": "flagged", "note": "why at night?"})
    assert answer.status_code == 302
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM audit_review")
        ((by,),) = cursor.fetchall()
    assert verify_database().verdict is Verdict.INTACT
    execute(statement.format(seq=by))
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, seq and by), found


@pytest.mark.parametrize(
    "change",
    [
        "search = ''",
        "search = 'type:auth.signed_out'",
        "staff_id = (SELECT min(id) FROM connections_staff)",
        "format = 'csv'",
        "visible_to = '[\"7\"]'",
        "at = '2999-01-01 00:00:00+00:00'",
        "size = 1",
        "size = 999",
        "seq = seq - 1",
        "seq = 999",
    ],
)
def test_an_export_that_nobody_prepared_so_is_found_and_not_delivered(
    support: Client, auditor: Client, change: str
) -> None:
    assert support
    page = prepare(auditor, q="type:auth.signed_in")
    prepare(auditor)
    assert verify_database().verdict is Verdict.INTACT
    execute(f"UPDATE audit_export SET {change} WHERE search <> ''")
    found = verify_database()
    assert found.verdict is Verdict.ALTERED, found
    answer = auditor.get(f"{page}file/")
    assert answer.status_code == (404 if "staff_id" in change else 409), answer.content


def test_an_export_whose_search_was_erased_is_no_tampering(auditor: Client) -> None:
    page = prepare(auditor, format="csv", q="type:auth.signed_in")
    seq = AuditExport.objects.get().seq
    call_command("audit_redact", "--yes", first=seq, last=seq, field=["found.search"], reason="error_correction")
    assert verify_database().verdict is Verdict.INTACT
    assert file_of(auditor, page)


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
