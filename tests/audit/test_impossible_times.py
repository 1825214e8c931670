"""A time that is none, written by the owner of the tables: no export breaks off over it, and verification names it."""

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from connections.audit.checkpoints import checkpoint
from connections.audit.verifier.verify import Verdict, verify_bundle
from connections.audit.verify import verify_database
from tests.database import Owner

pytestmark = pytest.mark.django_db(transaction=True)

on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite alone keeps anything in any column")
TIMES = {
    "sqlite": (
        *("'no time'", "'2026-99-99 00:00:00'", "'2026-02-30 00:00:00.000000'", "12"),
        *("X'FF'", "CAST(X'FF' AS TEXT)"),
    ),
    "postgresql": ("'infinity'", "'-infinity'", "'0044-03-15 12:00:00+00 BC'", "'12026-03-15 12:00:00+00'"),
}[connection.vendor]


@pytest.fixture(autouse=True)
def erased_by_the_book(revocation: Callable[[], UUID]) -> None:
    """Events 1 to 3, of which the note of the second is erased."""
    revocation()
    redact = {"field": ["why.note"], "first": 2, "last": 2, "reason": "retention_period", "yes": True}
    call_command("audit_redact", stdout=StringIO(), **redact)
    assert verify_database().verdict is Verdict.INTACT


@pytest.fixture(params=TIMES)
def altered(request: pytest.FixtureRequest, owner_rights: Owner) -> None:
    """The time at which it was erased is none."""
    with owner_rights() as execute:
        execute(f"UPDATE audit_detail SET redacted_at = {request.param} WHERE seq = 2 AND field = 'why.note'")


@pytest.mark.usefixtures("altered")
def test_verification_of_the_database_names_the_event() -> None:
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 2), found
    assert "its detail why.note was erased at what is no time" in found.sentence


@pytest.mark.parametrize("time", TIMES)
def test_a_detail_that_is_there_was_not_erased_at_any_time(owner_rights: Owner, time: str) -> None:
    with owner_rights() as execute:
        execute(f"UPDATE audit_detail SET redacted_at = {time} WHERE seq = 3 AND field = 'why.note'")
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 3), found


@pytest.mark.usefixtures("altered")
def test_a_bundle_is_written_to_its_end_and_its_verification_names_the_event(tmp_path: Path) -> None:
    call_command("audit_export", output=tmp_path / "out", stdout=StringIO())
    found = verify_bundle(tmp_path / "out")
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 2), found
    assert "its detail why.note was erased at what is no time" in found.sentence


@pytest.mark.usefixtures("altered")
def test_csv_and_ocsf_are_written_to_their_end(tmp_path: Path) -> None:
    for form in ("csv", "ocsf"):
        call_command("audit_export", output=tmp_path / form, format=form, stdout=StringIO())
    rows = list(csv.DictReader(StringIO((tmp_path / "csv" / "events.csv").read_text("utf-8-sig"))))
    assert (rows[1]["why.note"], rows[-1]["found.count"]) == ("redacted", str(len(rows) - 1))
    events = [json.loads(line) for line in (tmp_path / "ocsf" / "events.ocsf.jsonl").read_text().splitlines()]
    assert events[-1]["unmapped"]["found"]["count"] == len(events) - 1


@pytest.mark.usefixtures("altered")
def test_nothing_is_archived_that_would_not_verify(tmp_path: Path) -> None:
    last = checkpoint().size
    with pytest.raises(CommandError, match="does not verify, and nothing was deleted"):
        call_command("audit_archive", through=last, output=tmp_path, yes=True, stdout=StringIO())


@on_sqlite
@pytest.mark.parametrize("form", ["native", "csv", "ocsf"])
def test_an_export_of_what_cannot_be_read_ends_with_a_sentence(owner_rights: Owner, tmp_path: Path, form: str) -> None:
    with owner_rights() as execute:
        execute("UPDATE audit_detail SET value = CAST(X'FF' AS TEXT) WHERE seq = 3 AND field = 'why.note'")
    with pytest.raises(CommandError, match=r"The export broke off: the database cannot be read .+ Verify the log\."):
        call_command("audit_export", output=tmp_path / "out", format=form, stdout=StringIO())
    assert not (tmp_path / "out").exists()
