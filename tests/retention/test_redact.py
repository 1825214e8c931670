"""What is erased is gone from everything that held it, the log still verifies, and says that it was erased, and why."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError
from django.db import DatabaseError, connection, transaction
from django.test import Client

from connections.audit import browse
from connections.audit.events import Actor, Event, EventType, Found
from connections.audit.filters import Filters
from connections.audit.ledger import append
from connections.audit.verifier.verify import Verdict, verify_bundle
from connections.audit.verify import verify_database
from connections.models import AuditDetail, AuditEvent, SavedSearch, Staff
from connections.permissions import Role
from tests import record
from tests.database import Owner
from tests.people import SignIn
from tests.retention.conftest import NOTE, OTHER, USER, Run

pytestmark = pytest.mark.django_db(transaction=True)

WORD = "Özgür"
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a file of SQLite's")


def of(user: UUID, **more: Any) -> dict[str, Any]:
    return {"user": user, "reason": "erasure_request", "yes": True, **more}


def found_by(word: str) -> list[int]:
    return [entry.seq for entry in browse.page(Filters.of(word)).entries]


def test_from_the_request_to_an_export_that_says_redacted(
    revocation: Callable[..., UUID], auditor: Client, run: Run, tmp_path: Path
) -> None:
    revocation()
    seq = AuditEvent.objects.get(type="revocation.intended").seq
    assert NOTE in auditor.get(f"/audit/{seq}/").text
    assert found_by(WORD) == [seq + 2, seq + 1, seq]

    run("audit_redact", **of(USER))

    assert verify_database().verdict is Verdict.INTACT
    page = auditor.get(f"/audit/{seq}/").text
    assert NOTE not in page
    assert '<dd class="absent">redacted</dd>' in page
    assert found_by(WORD) == []
    run("audit_export", output=tmp_path / "out")
    lines = [json.loads(line) for line in (tmp_path / "out/events.jsonl").read_bytes().splitlines()]
    assert set(lines[seq - 1]["details"]["why.note"]) == {"redacted_at"}
    assert WORD not in (tmp_path / "out/events.jsonl").read_text()
    assert verify_bundle(tmp_path / "out").verdict is Verdict.INTACT


def test_the_event_names_each_detail_and_says_why(revocation: Callable[..., UUID], run: Run) -> None:
    revocation(OTHER)
    revocation()
    said = run("audit_redact", **of(USER, ticket="DSR-4", note="the customer asked"))
    assert said == "3 details to erase, of events 4 to 6.\n  why.note: 3\nErased 3 details, recorded as event 7.\n"
    body = record.newest("audit.redacted")
    assert (body["found"]["count"], body["found"]["query"]) == (3, {"why_note": "4-6"})
    assert (body["why"]["reason"], body["why"]["ticket"]) == ("erasure_request", "DSR-4")
    assert body["actor"]["kind"] == "command"
    assert AuditDetail.objects.filter(value=NOTE).values_list("seq", flat=True).first() == 1
    assert browse.event(7).entry.sentence.endswith(  # type: ignore[union-attr]
        "erased 3 personal details from the audit log: erasure request for DSR-4."
    )


def test_a_dry_run_says_what_would_go_and_leaves_it(revocation: Callable[..., UUID], run: Run) -> None:
    revocation()
    assert run("audit_redact", **of(USER, dry_run=True)) == "3 details to erase, of events 1 to 3.\n  why.note: 3\n"
    assert AuditDetail.objects.filter(value=NOTE).count() == 3
    assert not record.types("audit.redacted")


def test_without_a_terminal_it_needs_to_be_told_yes(revocation: Callable[..., UUID], run: Run) -> None:
    revocation()
    with pytest.raises(CommandError, match="add --yes"):
        run("audit_redact", **of(USER, yes=False))
    assert AuditDetail.objects.filter(value=NOTE).count() == 3


def test_searches_that_hold_a_users_id_are_forgotten_too(ana: Actor, auditor: Client, run: Run) -> None:
    append(Event(type=EventType.AUDIT_VIEWED, actor=ana, found=Found(search=f"user:{USER}")))
    staff = Staff.objects.get(username="auditor")
    SavedSearch.objects.create(staff=staff, name="that customer", query=f"user={USER}")
    SavedSearch.objects.create(staff=staff, name="other", query=f"user={OTHER}")
    assert "saved searches: 1" in run("audit_redact", **of(USER))
    assert record.details("found.search")[-1] is None
    assert list(SavedSearch.objects.values_list("name", flat=True)) == ["other"]
    assert auditor.get("/audit/").status_code == 200


@pytest.mark.parametrize(
    ("stretch", "left"),
    [({"last": 2}, [3, 4, 5, 6]), ({"first": 5}, [1, 2, 3, 4]), ({"before": "2000-01-01"}, [1, 2, 3, 4, 5, 6])],
)
def test_one_field_of_a_stretch(
    revocation: Callable[..., UUID], run: Run, stretch: dict[str, Any], left: list[int]
) -> None:
    revocation()
    revocation()
    wanted = {"field": ["actor.ip"], "reason": "retention_period", "yes": True, **stretch}
    if len(left) == 6:
        with pytest.raises(CommandError, match="nothing of it to erase"):
            run("audit_redact", **wanted)
    else:
        run("audit_redact", **wanted)
    kept = AuditDetail.objects.filter(field="actor.ip", value__isnull=False).order_by("seq")
    assert list(kept.values_list("seq", flat=True)) == left
    assert AuditDetail.objects.filter(field="actor.name", value="Ana Ruíz").count() == 6
    assert verify_database().verdict is Verdict.INTACT


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "Name a person"),
        ({"last": 3}, "Name a person"),
        ({"field": ["why.note"]}, "Name a person"),
        ({"user": USER, "actor": "ana"}, "Name one"),
        ({"before": "yesterday", "field": ["why.note"]}, "needs a day"),
    ],
)
def test_what_says_too_little_is_refused(run: Run, options: dict[str, Any], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run("audit_redact", reason="erasure_request", yes=True, **options)


def test_much_is_erased_in_parts_each_with_its_event(looks: Callable[[int], None], run: Run) -> None:
    looks(1100)
    run("audit_redact", last=1100, field=["actor.ip", "actor.name"], reason="retention_period", yes=True)
    counts = [body["found"]["count"] for body in record.bodies("audit.redacted")]
    assert counts == [2000, 200]
    assert verify_database().verdict is Verdict.INTACT


def test_a_member_of_staff_who_left_is_forgotten_everywhere(sign_in: SignIn, row: Any, run: Run) -> None:
    client = sign_in(Role.SUPPORT, "ana.ruiz")
    client.get(f"/connections/{row.user_id}/{row.vehicle_id}/")
    staff = Staff.objects.get(username="ana.ruiz")
    Staff.objects.filter(pk=staff.pk).update(first_name="Ana", last_name="Ruíz", email="ana@example.com")
    SavedSearch.objects.create(staff=staff, name="mine", query="q=x")
    wanted = {"actor": "ana.ruiz", "reason": "erasure_request", "yes": True}
    with pytest.raises(CommandError, match=r"The account ana\.ruiz is active"):
        run("audit_redact", **wanted)
    Staff.objects.filter(pk=staff.pk).update(is_active=False)

    run("audit_redact", **wanted)

    assert verify_database().verdict is Verdict.INTACT
    left = [table for table in connection.introspection.table_names() if "ana.ruiz" in text_of(table)]
    assert left == []
    former = Staff.objects.get(pk=staff.pk)
    assert (former.username, former.first_name, former.email) == (f"former-{staff.pk}", "", "")
    assert not former.has_usable_password()
    assert not SavedSearch.objects.exists()
    with pytest.raises(CommandError, match="nothing of it to erase"):
        run("audit_redact", **wanted | {"actor": str(staff.pk)})


def text_of(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        return repr(cursor.fetchall())


@on_sqlite
def test_no_byte_of_the_file_holds_what_was_erased(revocation: Callable[..., UUID], run: Run) -> None:
    revocation(note="xylophonequartett at noon")
    assert any(b"xylophonequartett" in path.read_bytes() for path in files())
    run("audit_redact", **of(USER))
    assert not any(b"xylophonequartett" in path.read_bytes() for path in files())
    with sqlite3.connect(f"file:{connection.settings_dict['NAME']}?mode=ro", uri=True) as other:
        other.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, audit_words, row)")
        assert not other.execute("SELECT 1 FROM temp.terms WHERE term = 'xyl'").fetchall()


def files() -> list[Path]:
    database = Path(str(connection.settings_dict["NAME"]))
    return [path for path in database.parent.iterdir() if path.name.startswith(database.name)]


def test_it_is_erased_together_with_its_event_or_not_at_all(
    revocation: Callable[..., UUID], run: Run, owner_rights: Owner
) -> None:
    revocation()
    with owner_rights() as execute:
        execute("UPDATE audit_detail SET redacted_at = CURRENT_TIMESTAMP WHERE seq = 3 AND field = 'why.note'")
    with pytest.raises(CommandError, match="could not be written"):
        run("audit_redact", **of(USER))
    assert AuditDetail.objects.filter(value=NOTE).count() == 3
    assert not record.types("audit.redacted")


def test_erasing_more_than_the_event_says_is_found(
    revocation: Callable[..., UUID], run: Run, owner_rights: Owner
) -> None:
    revocation()
    run("audit_redact", last=1, field=["why.note"], reason="erasure_request", yes=True)
    with owner_rights() as execute:
        execute("UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = CURRENT_TIMESTAMP WHERE seq = 2")
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 2)
    assert "no audit.redacted says so" in found.sentence


def test_an_event_that_says_more_than_was_erased_is_found(revocation: Callable[..., UUID], ana: Actor) -> None:
    revocation()
    append(Event(type=EventType.AUDIT_REDACTED, actor=ana, found=Found(count=1, query={"why_note": "2"})))
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 4)
    assert "it says that the detail why.note of event 2 was erased, which it was not" in found.sentence


@pytest.mark.parametrize("named", ["4", "1-99999999999999999", "3-2", "1,", "x", "0"])
def test_an_event_that_names_nonsense_is_found(revocation: Callable[..., UUID], ana: Actor, named: str) -> None:
    revocation()
    append(Event(type=EventType.AUDIT_REDACTED, actor=ana, found=Found(count=1, query={"why_note": named})))
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 4)


def test_the_triggers_refuse_what_is_on_hold(revocation: Callable[..., UUID], ana: Actor, run: Run) -> None:
    revocation()
    run("audit_hold", "place", "user", str(USER), "--reference", "LEGAL-1", "--reason", "a dispute")
    append(Event(type=EventType.AUDIT_REDACTED, actor=ana))
    erase = "UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = CURRENT_TIMESTAMP WHERE seq = 1"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(erase)


def test_what_was_erased_by_hand_before_can_be_named_openly(
    revocation: Callable[..., UUID], run: Run, owner_rights: Owner
) -> None:
    revocation()
    run("audit_redact", last=1, field=["why.note"], reason="erasure_request", yes=True)
    with owner_rights() as execute:
        execute("UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = CURRENT_TIMESTAMP WHERE seq = 2")
    assert verify_database().verdict is Verdict.ALTERED
    named = run("audit_redact", acknowledge=True, reason="erasure_request")
    assert named == "Named 4 details, recorded as event 5.\n"
    assert verify_database().verdict is Verdict.INTACT
    assert browse.event(5).entry.sentence.endswith(  # type: ignore[union-attr]
        "named 4 personal details that had been erased from the audit log: erasure request."
    )
    with pytest.raises(CommandError, match="is named by an event"):
        run("audit_redact", acknowledge=True, reason="erasure_request")
