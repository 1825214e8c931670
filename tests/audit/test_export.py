import base64
import hashlib
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from connections.audit.events import Actor
from connections.audit.export import NotExported, export
from connections.audit.filters import Filters
from connections.audit.ledger import NotRecorded
from connections.audit.verifier.verify import Checkpoint
from connections.models import AuditDetail, AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def recorded(revocation: Callable[[], UUID]) -> None:
    revocation()


def test_a_line_holds_number_body_and_details(tmp_path: Path, ana: Actor) -> None:
    export(tmp_path / "out", Filters(), actor=ana)
    first = _lines(tmp_path / "out")[0]
    assert set(first) == {"seq", "body", "details"}
    assert first["seq"] == 1
    assert first["body"] == AuditEvent.objects.get(seq=1).body
    name = first["details"]["actor.name"]
    assert name["value"] == "Ana Ruíz"
    commitment = hashlib.sha256(bytes.fromhex(name["salt"]) + b"Ana Ru\xc3\xadz").hexdigest()
    assert json.loads(first["body"])["actor"]["name"] == commitment


def test_an_export_of_everything_ends_with_its_own_event(tmp_path: Path, ana: Actor) -> None:
    export(tmp_path / "out", Filters(), actor=ana)
    last = json.loads(_lines(tmp_path / "out")[-1]["body"])
    assert (last["seq"], last["type"]) == (4, "audit.exported")


def test_the_manifest_says_what_is_there(tmp_path: Path, ana: Actor) -> None:
    export(tmp_path / "out", Filters.of("ticket:SUP-7 -type:revocation.attempted"), actor=ana)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["query"] == "ticket:SUP-7 -type:revocation.attempted"
    assert (manifest["count"], manifest["first"], manifest["last"], manifest["size"]) == (2, 1, 3, 4)
    assert manifest["sha256"] == hashlib.sha256((tmp_path / "out" / "events.jsonl").read_bytes()).hexdigest()
    checkpoint = Checkpoint.parse((tmp_path / "out" / "checkpoint").read_text())
    assert (checkpoint.size, base64.b64encode(checkpoint.root).decode()) == (4, manifest["root"])


def test_a_selection_without_events_is_an_empty_file(tmp_path: Path, ana: Actor) -> None:
    manifest = export(tmp_path / "out", Filters.of("ticket:NONE-1"), actor=ana)
    assert (manifest.count, manifest.first, manifest.last) == (0, None, None)
    assert (tmp_path / "out" / "events.jsonl").read_bytes() == b""
    call_command("audit_verify", bundle=tmp_path / "out")


def test_an_erased_detail_is_exported_as_redacted(tmp_path: Path, ana: Actor) -> None:
    call_command("audit_redact", "--yes", last=1, field=["actor.name"], reason="erasure_request")
    export(tmp_path / "out", Filters(), actor=ana)
    assert set(_lines(tmp_path / "out")[0]["details"]["actor.name"]) == {"redacted_at"}
    call_command("audit_verify", bundle=tmp_path / "out")


def test_an_empty_folder_is_filled(tmp_path: Path, ana: Actor) -> None:
    (tmp_path / "out").mkdir()
    export(tmp_path / "out", Filters(), actor=ana)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "checkpoint",
        "checkpoints.jsonl",
        "events.jsonl",
        "keys.txt",
        "manifest.json",
        "verify.py",
    ]


def test_only_its_owner_may_read_an_export(tmp_path: Path, ana: Actor) -> None:
    export(tmp_path / "out", Filters(), actor=ana)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path, ana: Actor) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "kept").touch()
    with pytest.raises(NotExported, match="not an empty folder"):
        export(tmp_path / "out", Filters(), actor=ana)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["kept"]
    assert not AuditEvent.objects.filter(type="audit.exported").exists()


def test_half_an_export_is_never_left_behind(tmp_path: Path, ana: Actor) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_detail RENAME TO away")
    try:
        with pytest.raises(NotRecorded):
            export(tmp_path / "out", Filters(), actor=ana)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO audit_detail")
    assert list(tmp_path.iterdir()) == []


def test_what_was_asked_for_is_kept_erasable(tmp_path: Path, ana: Actor) -> None:
    export(tmp_path / "out", Filters.of("actor:eve"), actor=ana)
    asked, done = AuditEvent.objects.filter(type="audit.exported").order_by("seq")
    for event in (asked, done):
        assert "eve" not in event.body
        assert AuditDetail.objects.get(seq=event.seq, field="found.search").value == "actor:eve"


def test_the_command_exports_in_the_name_of_the_operating_systems_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("audit_export", output=tmp_path / "out", ticket="sup-7")
    assert capsys.readouterr().out == f"Exported 3 events to {tmp_path / 'out'}.\n"
    for event in AuditEvent.objects.filter(type="audit.exported"):
        actor = json.loads(event.body)["actor"]
        assert (actor["kind"], actor["id"]) == ("command", "audit_export")


@pytest.mark.parametrize(("name", "file"), [("csv", "events.csv"), ("ocsf", "events.ocsf.jsonl")])
def test_the_command_writes_the_other_formats_as_one_file(tmp_path: Path, name: str, file: str) -> None:
    call_command("audit_export", output=tmp_path / "out", format=name, ticket="sup-7")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [file]
    assert (tmp_path / "out" / file).read_bytes().count(b"customer_request") == 3


def test_the_end_of_an_export_says_how_many_and_up_to_where(tmp_path: Path, ana: Actor) -> None:
    made = export(tmp_path / "out", Filters.of(ticket="sup-7"), actor=ana)
    asked, done = [json.loads(event.body) for event in AuditEvent.objects.filter(type="audit.exported").order_by("seq")]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert asked["outcome"] == {"status": "pending"}
    assert (done["outcome"], done["cause"]) == ({"status": "success"}, asked["seq"])
    assert done["found"]["query"] == {"format": "native", "checkpoint": str(manifest["size"])}
    assert (done["found"]["count"], done["found"]["digest"]) == (made.count, manifest["sha256"])


def test_the_command_says_which_filter_it_does_not_understand(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="since needs a day"):
        call_command("audit_export", output=tmp_path / "out", since="yesterday")


def _lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_bytes().splitlines()]
