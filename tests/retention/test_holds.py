"""What a legal hold covers stays, whoever wants it gone, until the hold is lifted."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError
from django.db import DatabaseError, connection
from django.test import Client

from connections.audit.checkpoints import checkpoint
from connections.audit.events import Actor, Event, EventType
from connections.audit.ledger import NotRecorded, append
from connections.audit.tree import keep_leaves
from connections.audit.verifier.verify import Verdict
from connections.audit.verify import verify_database
from connections.models import AuditDetail, AuditEvent, AuditHold, AuditTombstone
from connections.permissions import Role
from connections.retention import holds
from tests import record
from tests.database import Owner
from tests.people import SignIn
from tests.retention.conftest import NOTE, OTHER, USER, VEHICLE, Run

pytestmark = pytest.mark.django_db(transaction=True)

WHY = ("--reference", "LEGAL-1", "--reason", "a dispute about a car")


def place(run: Run, *on: str) -> int:
    said = run("audit_hold", "place", *on, *WHY)
    return int(said.split()[2])


@pytest.fixture
def operation(revocation: Callable[..., UUID]) -> UUID:
    """Events 1 to 3, about the user, and 4 to 6, about another."""
    operation = revocation()
    revocation(OTHER, "SUP-8")
    return operation


@pytest.mark.parametrize(
    ("kind", "value", "covered"),
    [
        ("user", str(USER), 3),
        ("user", str(USER).upper(), 3),
        ("vehicle", str(VEHICLE), 6),
        ("ticket", "SUP-7", 3),
        ("everything", "", 7),
        ("user", str(UUID(int=7)), 0),
    ],
)
def test_what_each_covers(operation: UUID, run: Run, kind: str, value: str, covered: int) -> None:
    assert operation
    hold = place(run, kind, *([value] if value else []))
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT seq FROM audit_held WHERE seq <= 6 OR seq = %s", [hold])
        assert len(cursor.fetchall()) == (covered if kind == "everything" else covered + 1)


def test_a_revocation_is_covered_with_all_of_its_events(operation: UUID, run: Run, ana: Actor) -> None:
    append(Event(type=EventType.RECEIPT_ISSUED, actor=ana, operation=operation))
    place(run, "ticket", "SUP-7")
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT seq FROM audit_held ORDER BY seq")
        assert [seq for (seq,) in cursor.fetchall()] == [1, 2, 3, 7, 8]


def test_what_is_on_hold_is_not_erased_and_the_rest_is(operation: UUID, run: Run) -> None:
    hold = place(run, "operation", str(operation))
    with pytest.raises(CommandError, match="nothing of it to erase"):
        run("audit_redact", user=USER, reason="erasure_request", yes=True)
    said = run("audit_redact", last=6, field=["why.note"], reason="retention_period", yes=True)
    assert f"3 details stay: hold {hold} on operation {operation}." in said
    kept = AuditDetail.objects.filter(field="why.note", value=NOTE).values_list("seq", flat=True)
    assert sorted(kept) == [1, 2, 3]
    run("audit_hold", "lift", str(hold), *WHY)
    run("audit_redact", user=USER, reason="erasure_request", yes=True)
    assert not AuditDetail.objects.filter(value=NOTE).exists()
    assert verify_database().verdict is Verdict.INTACT


def test_what_is_on_hold_is_not_archived(signed: int, run: Run, tmp_path: Path) -> None:
    hold = place(run, "user", str(OTHER))
    with pytest.raises(CommandError, match=f"event 98 is on legal hold .hold {hold} on user {OTHER}"):
        run("audit_archive", through=signed, output=tmp_path, yes=True)
    assert AuditEvent.objects.filter(seq=1).exists()
    run("audit_hold", "lift", str(hold), *WHY)
    run("audit_archive", through=signed, output=tmp_path, yes=True)
    assert not AuditEvent.objects.filter(seq=1).exists()


def test_the_database_takes_no_tombstone_over_what_is_on_hold(signed: int, run: Run, ana: Actor) -> None:
    """Whatever was asked before: a hold that was placed a moment ago counts."""
    while keep_leaves(signed):
        pass
    tombstone = {"first": 1, "last": signed, "last_at": datetime.now(UTC), "location": "", "note": ""}
    hold = place(run, "user", str(USER))
    archived = append(Event(type=EventType.AUDIT_ARCHIVED, actor=ana))
    with pytest.raises(DatabaseError, match="append-only"):
        AuditTombstone(seq=archived.seq, **tombstone).save()
    run("audit_hold", "lift", str(hold), *WHY)
    archived = append(Event(type=EventType.AUDIT_ARCHIVED, actor=ana))
    AuditTombstone(seq=archived.seq, **tombstone).save()


def test_both_deeds_are_events_that_no_report_about_a_customer_holds(operation: UUID, run: Run) -> None:
    assert operation
    hold = place(run, "user", str(USER))
    run("audit_hold", "lift", str(hold), *WHY)
    placed, lifted = record.bodies("audit.hold_")
    assert placed["found"]["query"] == lifted["found"]["query"] == {"on": "user", "value": str(USER)}
    assert (placed["why"]["ticket"], lifted["cause"]) == ("LEGAL-1", hold)
    assert "user" not in placed["target"]
    assert not AuditEvent.objects.filter(target_user=str(USER), type__startswith="audit.").exists()


@pytest.mark.parametrize(
    ("on", "says"),
    [
        (("user", "ana"), "needs its id"),
        (("user",), "needs its id"),
        (("ticket",), "needs the ticket"),
        (("ticket", "x" * 201), "needs the ticket"),
        (("everything", "x"), "has no value"),
    ],
)
def test_a_hold_on_nothing_is_refused(run: Run, on: tuple[str, ...], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        place(run, *on)
    assert not AuditHold.objects.exists()


def test_a_hold_is_lifted_once(run: Run) -> None:
    with pytest.raises(CommandError, match="There is no hold 7"):
        run("audit_hold", "lift", "7", *WHY)
    hold = place(run, "everything")
    run("audit_hold", "lift", str(hold), *WHY)
    with pytest.raises(CommandError, match=f"Hold {hold} was lifted already, by event {hold + 1}"):
        run("audit_hold", "lift", str(hold), *WHY)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_hold",
        "UPDATE audit_hold SET lifted_seq = 1",
        "UPDATE audit_hold SET value = 'x'",
        "UPDATE audit_hold SET lifted_seq = NULL",
        "INSERT INTO audit_hold (seq, kind, value) VALUES (99, 'everything', '')",
    ],
)
def test_the_database_refuses_to_lose_a_hold(run: Run, statement: str) -> None:
    place(run, "everything")
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(statement)


def test_auditors_see_them_on_a_page(auditor: Client, run: Run) -> None:
    assert "There are none" in auditor.get("/audit/retention/").text
    lifted = place(run, "ticket", "SUP-7")
    run("audit_hold", "lift", str(lifted), *WHY)
    standing = place(run, "user", str(USER))
    page = auditor.get("/audit/retention/").text
    assert page.index(f"/audit/{standing}/") < page.index(f"/audit/{lifted}/")
    assert "a dispute about a car" in page
    assert f"user {USER}" in page
    assert record.newest("audit.viewed")["target"] == {"kind": "audit", "id": "retention"}
    assert f"placed a legal hold on user {USER} for LEGAL-1." in auditor.get(f"/audit/{standing}/").text


@pytest.mark.parametrize(
    ("statement", "blamed"),
    [
        ("DELETE FROM audit_hold WHERE seq = 7", 7),
        ("UPDATE audit_hold SET kind = 'ticket', value = 'SUP-9' WHERE seq = 7", 7),
        ("UPDATE audit_hold SET lifted_seq = 7 WHERE seq = 7", 7),
        ("UPDATE audit_hold SET lifted_seq = NULL WHERE seq = 8", 9),
        ("UPDATE audit_hold SET lifted_seq = 999 WHERE seq = 7", None),
        ("UPDATE audit_hold SET lifted_seq = 0 WHERE seq = 7", 7),
        ("UPDATE audit_hold SET lifted_seq = -1 WHERE seq = 7", 7),
        ("UPDATE audit_hold SET lifted_seq = 0 WHERE seq = 8", 9),
        ("INSERT INTO audit_hold (seq, kind, value) VALUES (1, 'everything', '')", 1),
        ("INSERT INTO audit_hold (seq, kind, value) VALUES (0, 'everything', '')", 0),
        ("INSERT INTO audit_hold (seq, kind, value) VALUES (999, 'everything', '')", None),
    ],
)
def test_a_hold_that_its_owner_tampered_with_is_found(
    operation: UUID, run: Run, owner_rights: Owner, statement: str, blamed: int | None
) -> None:
    assert operation
    place(run, "ticket", "SUP-\u0065\u0301")  # in two code points, which the log keeps as one
    run("audit_hold", "lift", str(place(run, "everything")), *WHY)
    assert verify_database().verdict is Verdict.INTACT
    with owner_rights() as execute:
        execute(statement)
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, blamed)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_hold SET lifted_seq = 5",
        "UPDATE audit_hold SET lifted_seq = NULL",
        "INSERT INTO audit_hold (seq, kind, value) VALUES (5, 'everything', '')",
    ],
)
def test_no_hold_stands_or_was_lifted_by_events_that_are_archived(
    signed: int, run: Run, owner_rights: Owner, tmp_path: Path, statement: str
) -> None:
    assert signed
    run("audit_hold", "lift", str(place(run, "user", str(UUID(int=7)))), *WHY)
    run("audit_archive", through=checkpoint().size, output=tmp_path, yes=True)
    assert verify_database().verdict is Verdict.INTACT
    with owner_rights() as execute:
        execute(statement)
    assert verify_database().verdict is Verdict.ALTERED


TAMPERINGS = [
    "UPDATE audit_hold SET value = 'somebody else'",
    "UPDATE audit_hold SET kind = 'ticket'",
    "UPDATE audit_hold SET lifted_seq = lifted_seq - 1",
    "DELETE FROM audit_hold",
]


@pytest.mark.parametrize("statement", TAMPERINGS)
def test_a_hold_whose_end_is_not_archived_is_borne_out_by_that(
    looks: Callable[[int], None], run: Run, owner_rights: Owner, tmp_path: Path, statement: str
) -> None:
    hold = place(run, "user", str(UUID(int=7)))
    looks(3)
    size = checkpoint().size
    run("audit_hold", "lift", str(hold), *WHY)
    run("audit_archive", through=size, output=tmp_path, yes=True)
    assert verify_database().verdict is Verdict.INTACT
    with owner_rights() as execute:
        execute(statement)
    assert verify_database().verdict is Verdict.ALTERED


@pytest.mark.parametrize(
    "statement", [*TAMPERINGS, "INSERT INTO audit_hold (seq, kind, value, lifted_seq) VALUES (3, 'ticket', 'X', 5)"]
)
def test_a_hold_that_is_archived_with_its_end_is_borne_out_by_the_archive(
    looks: Callable[[int], None], run: Run, owner_rights: Owner, tmp_path: Path, statement: str
) -> None:
    looks(6)
    hold = place(run, "user", str(UUID(int=7)))
    looks(3)
    run("audit_hold", "lift", str(hold), *WHY)
    run("audit_archive", through=checkpoint().size, output=tmp_path, yes=True)
    assert verify_database(archive=tmp_path).verdict is Verdict.INTACT
    with owner_rights() as execute:
        execute(statement)
    with pytest.raises(SystemExit) as ended:
        run("audit_verify", archive=tmp_path)
    assert ended.value.code == Verdict.ALTERED


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.LEAD, Role.ACCESS_ADMIN])
def test_nobody_else_does(sign_in: SignIn, role: Role) -> None:
    assert sign_in(role).get("/audit/retention/").status_code == 403


def test_they_are_listed(run: Run) -> None:
    assert run("audit_hold", "list") == "There are no holds.\n"
    hold = place(run, "everything")
    assert run("audit_hold", "list").startswith(f"{hold}  everything  LEGAL-1  placed ")


def test_a_hold_that_cannot_be_recorded_is_not_placed(run: Run, read_only: Callable[[], Any]) -> None:
    with read_only(), pytest.raises((CommandError, NotRecorded)):
        place(run, "everything")
    assert not AuditHold.objects.exists()
    assert holds.standing() == []
