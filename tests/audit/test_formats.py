"""What stands in the lines of CSV and OCSF exports."""

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, strategies as st

from connections.audit.events import (
    Actor,
    ActorKind,
    Auth,
    Event,
    EventType,
    Found,
    Outcome,
    Status,
    Target,
    TargetKind,
    Why,
)
from connections.audit.export import Format, export
from connections.audit.filters import Filters
from connections.audit.formats.spreadsheet import HEADER, guarded, guarded_inside
from connections.audit.ledger import append
from connections.models import AuditEvent
from tests.database import Owner
from tests.exports import rows_of

# Of https://schema.ocsf.io/1.9.0/: what every class requires, and what each of ours does besides.
REQUIRED = {"activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"}
REQUIRED_BY_CLASS = {3002: {"user"}, 3004: {"entity"}, 6003: {"actor", "api", "src_endpoint"}}
ACTIVITIES = {3002: {*range(1, 8), 99}, 3004: {*range(1, 14), 99}, 6003: {1, 2, 3, 4, 99}}
# Objects of which at least one of these attributes must be there.
AT_LEAST_ONE = {
    "actor": {"process", "user", "application", "session"},
    "entity": {"name", "uid"},
    "src_endpoint": {"ip", "uid", "name", "hostname", "svc_name", "instance_uid"},
    "user": {"account", "name", "uid"},
}
FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\xa0=1",
    "＝1+1",  # noqa: RUF001 - the wide one is meant
    "'=1",
    "\ttext",
    "'quoted",
]


def csv_of(tmp_path: Path, actor: Actor) -> tuple[bytes, list[dict[str, str]]]:
    export(tmp_path / "out", Filters(), actor=actor, form=Format.CSV)
    file = (tmp_path / "out" / "events.csv").read_bytes()
    return file, rows_of(file)


def ocsf_of(tmp_path: Path, actor: Actor) -> list[dict[str, Any]]:
    export(tmp_path / "out", Filters(), actor=actor, form=Format.OCSF)
    return [json.loads(line) for line in (tmp_path / "out" / "events.ocsf.jsonl").read_bytes().splitlines()]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("text", FORMULAS)
def test_a_cell_that_a_spreadsheet_might_run_is_made_text(tmp_path: Path, ana: Actor, text: str) -> None:
    append(Event(type=EventType.CONNECTION_VIEWED, actor=ana, why=Why(note=text, ticket=text)))
    _, rows = csv_of(tmp_path, ana)
    for cell in (rows[0]["why.note"], rows[0]["why.ticket"]):
        assert cell[0] == "'"
        assert as_it_was(cell) == text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("asked;=1+1", "asked;'=1+1"),
        ("asked\t@SUM(A1)", "asked\t'@SUM(A1)"),
        ("asked\r\n-1", "asked\r\n'-1"),
        ("asked\r+1\n=1", "asked\r'+1\n'=1"),
        ('asked; "=1"', 'asked;\' "=1"'),
        ("asked;'=1", "asked;''=1"),
        ('asked; called back, "late"\r\nsaid 2-3; it\'s done\t!', None),
    ],
)
def test_nor_does_one_that_splits_cells_elsewhere(tmp_path: Path, ana: Actor, text: str, shown: str | None) -> None:
    actor = dataclasses.replace(ana, name=text)
    append(Event(type=EventType.CONNECTION_VIEWED, actor=actor, why=Why(note=text)))
    _, rows = csv_of(tmp_path, ana)
    assert (rows[0]["why.note"], rows[0]["actor.name"]) == (shown or text, shown or text)
    assert rows[0]["what"].startswith(f"{shown or text} viewed")


@given(st.text() | st.text("=-'\"; \t\r\nx"))
def test_what_was_made_text_can_be_had_back(text: str) -> None:
    shown = guarded_inside(guarded(text))
    assert not re.search("(^|[;\t\r\n])[=+@＝＋－＠-]", shown)  # noqa: RUF001 - the wide ones are meant
    assert as_it_was(shown) == text


def as_it_was(cell: str) -> str:
    """As docs/audit-format.md says."""
    return re.sub("(^|[;\t\r\n])'", r"\1", cell)


@pytest.mark.django_db(transaction=True)
def test_a_csv_begins_with_a_mark_and_a_header_and_ends_lines_as_its_standard_says(
    tmp_path: Path, ana: Actor, revocation: Callable[[], Any]
) -> None:
    revocation()
    file, rows = csv_of(tmp_path, ana)
    assert file.startswith("\ufeffseq,at,type,what,".encode())
    assert len(rows) == 5
    assert file.count(b"\r\n") == 6
    assert set(rows[0]) == set(HEADER)


@pytest.mark.django_db(transaction=True)
def test_a_csv_holds_what_the_body_holds_exactly(tmp_path: Path, ana: Actor, revocation: Callable[[], Any]) -> None:
    revocation()
    _, rows = csv_of(tmp_path, ana)
    event = AuditEvent.objects.get(seq=1)
    body, row = json.loads(event.body), rows[0]
    assert (row["seq"], row["at"], row["id"]) == ("1", body["at"], body["id"])
    assert row["leaf"] == bytes(event.leaf).hex()
    assert (row["actor.name"], row["actor.roles"], row["actor.ip"]) == ("Ana Ruíz", "support", "192.0.2.7")
    assert (row["why.ticket"], row["why.note"]) == ("SUP-7", "asked by telephone")
    assert row["what"].startswith("Ana Ruíz asked to revoke the connection of user 1e258add to vehicle a6a425d6")
    assert (row["target.year"], row["outcome.status"]) == ("2020", "pending")


@pytest.mark.django_db(transaction=True)
def test_lines_and_quotes_in_a_note_stay_in_their_cell(tmp_path: Path, ana: Actor) -> None:
    note = 'first, "quoted"\r\nsecond; 日本語'
    append(Event(type=EventType.CONNECTION_VIEWED, actor=ana, why=Why(note=note)))
    _, rows = csv_of(tmp_path, ana)
    assert rows[0]["why.note"] == note


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", [Format.CSV, Format.OCSF])
def test_an_erased_name_is_said_to_be(tmp_path: Path, ana: Actor, owner_rights: Owner, form: Format) -> None:
    append(Event(type=EventType.CONNECTION_VIEWED, actor=ana, why=Why(note="asked by telephone")))
    with owner_rights() as execute:
        execute("UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = CURRENT_TIMESTAMP")
    nobody = Actor(kind=ActorKind.SYSTEM, id="system")
    if form is Format.CSV:
        _, rows = csv_of(tmp_path, nobody)
        assert (rows[0]["actor.name"], rows[0]["why.note"]) == ("redacted", "redacted")
        assert rows[0]["what"].startswith("Somebody (redacted) viewed")
    else:
        event = ocsf_of(tmp_path, nobody)[0]
        assert event["actor"]["user"] == {"uid": "42", "name": "redacted", "groups": [{"name": "support"}]}
        assert "ip" not in event["src_endpoint"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", [Format.CSV, Format.OCSF])
@pytest.mark.parametrize("body", ["not json", "[]", '{"type":1}', '{"type":"x","at":"y","id":"z","actor":[]}'])
def test_what_an_altered_log_holds_breaks_nothing(
    tmp_path: Path, ana: Actor, owner_rights: Owner, form: Format, body: str
) -> None:
    append(Event(type=EventType.CONNECTION_VIEWED, actor=ana))
    with owner_rights() as execute:
        execute(f"UPDATE audit_event SET body = '{body}' WHERE seq = 1")
    if form is Format.CSV:
        _, rows = csv_of(tmp_path, ana)
        assert (rows[0]["seq"], rows[0]["what"]) == ("1", "This event cannot be read. Verify the log.")
        assert rows[-1]["outcome.alarm"].startswith("event 1: ")
    else:
        event = ocsf_of(tmp_path, ana)[0]
        assert (event["unmapped"]["seq"], event["message"]) == (1, "This event cannot be read. Verify the log.")


def _of_every_type() -> list[Event]:
    """Each type in two shapes: with next to nothing, and with all there may be."""
    system = Actor(kind=ActorKind.SYSTEM, id="system")
    ana = Actor(
        kind=ActorKind.STAFF,
        id="42",
        name="Ana Ruíz",
        roles=("support",),
        session="0" * 32,
        auth=Auth(method="password", second_factor="totp"),
        ip="192.0.2.7",
    )
    target = Target(kind=TargetKind.CONNECTION, user=uuid4(), vehicle=uuid4(), make="Tesla")
    why = Why(reason="fraud", ticket="SUP-7", note="asked by telephone")
    return [
        event
        for each in EventType
        for event in (
            Event(type=each, actor=system),
            Event(type=each, actor=Actor(kind=ActorKind.ANONYMOUS)),
            Event(
                type=each,
                actor=ana,
                target=target,
                why=why,
                outcome=Outcome(status=Status.SUCCESS, http=200),
                found=Found(count=1),
                operation=uuid4(),
            ),
        )
    ]


@pytest.mark.django_db(transaction=True)
def test_every_type_becomes_an_event_with_all_that_its_class_requires(tmp_path: Path, ana: Actor) -> None:
    sent = _of_every_type()
    for each in sent:
        append(each)
    made = ocsf_of(tmp_path, ana)
    assert len(made) == len(sent) + 2
    for event in made:
        required = REQUIRED | REQUIRED_BY_CLASS[event["class_uid"]]
        assert required <= event.keys(), (event["metadata"]["event_code"], required - event.keys())
        assert event["category_uid"] == event["class_uid"] // 1000
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        assert event["activity_id"] in ACTIVITIES[event["class_uid"]]
        assert event["activity_name"]
        assert event["severity_id"] in range(1, 7)
        assert event["metadata"]["version"] == "1.9.0"
        assert {"name", "vendor_name"} <= event["metadata"]["product"].keys()
        for name, choices in AT_LEAST_ONE.items():
            assert name not in event or choices & event[name].keys(), event
        assert event["class_uid"] != 3002 or "service" in event


@pytest.mark.django_db(transaction=True)
def test_an_ocsf_event_leads_back_to_ours(tmp_path: Path, ana: Actor, revocation: Callable[[], Any]) -> None:
    operation = revocation()
    intended, attempted, completed, *_ = ocsf_of(tmp_path, ana)
    row = AuditEvent.objects.get(seq=3)
    body = json.loads(row.body)
    assert (completed["metadata"]["uid"], completed["metadata"]["sequence"]) == (body["id"], 3)
    assert completed["metadata"]["original_time"] == body["at"]
    assert completed["time"] == int(row.at.timestamp() * 1000 + 0.0005)
    assert completed["metadata"]["correlation_uid"] == str(operation)
    assert (completed["unmapped"]["seq"], completed["unmapped"]["leaf"]) == (3, bytes(row.leaf).hex())
    assert [event["class_uid"] for event in (intended, attempted, completed)] == [3004, 6003, 3004]
    assert (completed["activity_id"], completed["status_id"]) == (4, 1)
    assert completed["comment"] == "asked by telephone"
    assert completed["actor"]["user"] == {"uid": "42", "name": "Ana Ruíz", "groups": [{"name": "support"}]}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("type_", "outcome", "said"),
    [
        (EventType.CONNECTION_VIEWED, None, (1, None)),
        (EventType.ACCESS_REFUSED, Outcome(status=Status.REFUSED), (2, "Failure")),
        (EventType.REVOCATION_COMPLETED, Outcome(status=Status.UNKNOWN), (3, "unknown")),
        (EventType.REVOCATION_COMPLETED, Outcome(status=Status.SUCCESS, alarm="more"), (4, "Success")),
        (EventType.AUTH_SIGN_IN_FAILED, None, (2, "Failure")),
    ],
)
def test_how_it_ended_is_said_in_the_words_of_ocsf(
    tmp_path: Path, ana: Actor, type_: EventType, outcome: Outcome | None, said: tuple[int, str | None]
) -> None:
    """Severity from informational to high, and success or failure."""
    append(Event(type=type_, actor=ana, outcome=outcome))
    event = ocsf_of(tmp_path, ana)[0]
    assert (event["severity_id"], event.get("status")) == said
