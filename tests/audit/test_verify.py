"""Whoever gets around the triggers is found, and the first bad event is named."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings, strategies as st

from connections.audit.events import Actor, Approval, Control, Event, EventType
from connections.audit.export import export
from connections.audit.filters import Filters
from connections.audit.ledger import append
from connections.audit.verifier.verify import Verdict, Verification, verify_bundle
from connections.audit.verify import verify_database
from connections.models import AuditEvent
from tests.database import Owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def recorded(revocation: Callable[[], UUID]) -> None:
    """Two revocations: events 1 to 6."""
    revocation()
    revocation()


def test_an_untouched_log_is_intact() -> None:
    found = verify_database()
    assert found.verdict is Verdict.INTACT
    assert found.sentence.startswith("Intact: 6 events, 1 to 6, leaf ")


@pytest.mark.parametrize(
    ("statement", "verdict", "seq"),
    [
        ("UPDATE audit_event SET body = replace(body, 'SUP-7', 'SUP-8') WHERE seq = 4", Verdict.ALTERED, 4),
        ("UPDATE audit_event SET body = body || ' ' WHERE seq = 4", Verdict.ALTERED, 4),
        (
            "UPDATE audit_event SET leaf = substr(leaf, 2) WHERE seq = 4",
            Verdict.ALTERED,
            4,
        ),
        ("UPDATE audit_event SET ticket = 'SUP-8' WHERE seq = 2", Verdict.ALTERED, 2),
        ("UPDATE audit_event SET ticket = NULL WHERE seq = 2", Verdict.ALTERED, 2),
        ("UPDATE audit_event SET actor_id = '7' WHERE seq = 3", Verdict.ALTERED, 3),
        ("UPDATE audit_event SET actor_name = 'x' WHERE seq = 3", Verdict.ALTERED, 3),
        ("UPDATE audit_event SET outcome = 'failed' WHERE seq = 3", Verdict.ALTERED, 3),
        ("UPDATE audit_event SET at = '2020-01-01 00:00:00' WHERE seq = 3", Verdict.ALTERED, 3),
        ("UPDATE audit_detail SET value = 'Eve' WHERE seq = 5 AND field = 'actor.name'", Verdict.ALTERED, 5),
        (
            "UPDATE audit_detail SET redacted_at = CURRENT_TIMESTAMP, value = 'Eve' WHERE seq = 5",
            Verdict.ALTERED,
            5,
        ),
        ("DELETE FROM audit_detail WHERE seq = 5 AND field = 'why.note'", Verdict.ALTERED, 5),
        ("INSERT INTO audit_detail (seq, field, value) VALUES (5, 'why.more', 'x')", Verdict.ALTERED, 5),
        ("DELETE FROM audit_event WHERE seq = 3", Verdict.INCOMPLETE, 3),
        ("DELETE FROM audit_event WHERE seq = 1", Verdict.INCOMPLETE, 1),
        ("DELETE FROM audit_event WHERE seq = 6", Verdict.INCOMPLETE, 6),
        ("UPDATE audit_event SET seq = 9 WHERE seq = 6", Verdict.INCOMPLETE, 6),
        ("UPDATE audit_event SET seq = 0 WHERE seq = 6", Verdict.ALTERED, 0),
    ],
)
def test_tampering_with_the_owners_rights_is_found(
    owner_rights: Owner, statement: str, verdict: Verdict, seq: int
) -> None:
    with owner_rights() as execute:
        execute(statement)
    found = verify_database()
    assert (found.verdict, found.seq) == (verdict, seq)
    assert f"event {seq}: " in found.sentence


def test_swapped_events_are_found(owner_rights: Owner) -> None:
    with owner_rights() as execute:
        for seq, to in ((2, 99), (4, 2), (99, 4)):
            execute(f"UPDATE audit_event SET seq = {to} WHERE seq = {seq}")
    assert _found() == (Verdict.ALTERED, 2)


def test_an_event_rewritten_with_its_leaf_is_named_itself(owner_rights: Owner) -> None:
    body = AuditEvent.objects.get(seq=3).body.replace('"success"', '"unknown"')
    _rewrite(owner_rights, 3, body)
    assert _found() == (Verdict.ALTERED, 3)


def test_a_link_rewritten_with_its_leaf_is_named_itself(owner_rights: Owner) -> None:
    event = AuditEvent.objects.get(seq=3)
    prev = json.loads(event.body)["prev"]
    _rewrite(owner_rights, 3, event.body.replace(prev, "f" * 64))
    assert _found() == (Verdict.ALTERED, 3)


def test_a_first_event_that_links_to_something_is_found(owner_rights: Owner) -> None:
    event = AuditEvent.objects.get(seq=1)
    _rewrite(owner_rights, 1, event.body.replace("0" * 64, "f" * 64))
    assert _found() == (Verdict.ALTERED, 1)


def test_details_that_were_erased_without_an_event_are_found(owner_rights: Owner) -> None:
    with owner_rights() as execute:
        execute("UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = CURRENT_TIMESTAMP WHERE seq = 2")
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 2)
    assert "its detail actor.ip was erased, and no audit.redacted says so" in found.sentence


@pytest.mark.parametrize(
    ("kind", "missing"),
    [(EventType.REVOCATION_ATTEMPTED, "intended"), (EventType.REVOCATION_COMPLETED, "attempted")],
)
def test_a_stage_without_the_one_before_it_is_found(ana: Actor, kind: EventType, missing: str) -> None:
    append(Event(type=kind, actor=ana, operation=UUID(int=1)))
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 7)
    assert missing in found.sentence


def test_a_deed_without_an_operation_is_found(ana: Actor) -> None:
    append(Event(type=EventType.REVOCATION_ATTEMPTED, actor=ana))
    assert _found() == (Verdict.ALTERED, 7)


def _approved(ana: Actor, *people: str, tier: int, preview: str = "ab") -> None:
    """An intent of this tier, event 7 plus the grants before it, each of these people's."""
    operation, approvals = UUID(int=1), []
    for person in people:
        control = Control(policy_version="1", policy_tier=tier, preview=preview)
        who = Actor(kind=ana.kind, id=person)
        granted = append(Event(type=EventType.APPROVAL_GRANTED, actor=who, control=control, operation=operation))
        approvals.append(Approval(actor=person, decision="granted", at=granted.at, seq=granted.seq))
    control = Control(policy_version="1", policy_tier=tier, preview="ab", approvals=tuple(approvals))
    append(Event(type=EventType.REVOCATION_INTENDED, actor=ana, control=control, operation=operation))


@pytest.mark.parametrize(("people", "tier"), [((), 1), (("7",), 2), (("7", "8"), 3)])
def test_as_many_approvals_as_the_tier_needs_are_well(ana: Actor, people: tuple[str, ...], tier: int) -> None:
    _approved(ana, *people, tier=tier)
    assert _found() == (Verdict.INTACT, None)


@pytest.mark.parametrize(
    ("people", "tier", "says"),
    [
        ((), 2, "it has 0 of the 1 approvals"),
        (("7",), 3, "it has 1 of the 2 approvals"),
        (("7", "7"), 3, "it has 1 of the 2 approvals"),
        (("42",), 2, "who asked for it is among those who approved it"),
    ],
)
def test_too_few_approvals_or_ones_own_are_found(ana: Actor, people: tuple[str, ...], tier: int, says: str) -> None:
    _approved(ana, *people, tier=tier)
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 7 + len(people))
    assert says in found.sentence


def test_an_intent_in_the_name_of_another_than_who_asked_is_found(ana: Actor) -> None:
    other = Actor(kind=ana.kind, id="43")
    append(Event(type=EventType.APPROVAL_REQUESTED, actor=other, operation=UUID(int=1)))
    _approved(ana, "7", tier=2)
    found = verify_database()
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 9)
    assert "somebody else than who asked for its approval" in found.sentence


def test_an_approval_of_another_preview_is_found(ana: Actor) -> None:
    _approved(ana, "7", tier=2, preview="cd")
    found = verify_database()
    assert found.seq == 8
    assert "has no approval.granted of the same preview before it" in found.sentence


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seq=st.integers(1, 6), place=st.integers(0), flip=st.integers(1, 127))
def test_any_changed_character_of_a_body_is_found(owner_rights: Owner, seq: int, place: int, flip: int) -> None:
    body = AuditEvent.objects.get(seq=seq).body
    place %= len(body)
    # NUL is no text to PostgreSQL, so that flip is another one.
    altered = body[:place] + chr(ord(body[place]) ^ flip or 1) + body[place + 1 :]
    with owner_rights() as execute:
        execute("UPDATE audit_event SET body = %s WHERE seq = %s", altered, seq)
    found = _found()
    with owner_rights() as execute:
        execute("UPDATE audit_event SET body = %s WHERE seq = %s", body, seq)
    assert found == (Verdict.ALTERED, seq)


@pytest.fixture
def bundle(tmp_path: Path, ana: Actor) -> Path:
    """The whole log: events 1 to 6 and the export's own."""
    export(tmp_path / "bundle", Filters(), actor=ana)
    return tmp_path / "bundle"


@pytest.fixture
def selection(tmp_path: Path, ana: Actor) -> Path:
    """Two intents, events 1 and 4."""
    export(tmp_path / "selection", Filters.of("type:revocation.intended"), actor=ana)
    return tmp_path / "selection"


def test_an_export_verifies(bundle: Path) -> None:
    found = verify_bundle(bundle)
    assert found.verdict is Verdict.INTACT
    assert found.sentence.startswith("Intact: 7 events, 1 to 7, leaf ")


def test_a_selection_says_how_far_it_was_verified(selection: Path) -> None:
    found = verify_bundle(selection)
    assert found.verdict is Verdict.INTACT
    assert found.sentence.startswith(
        "Intact as far as the selection 'type:revocation.intended' shows: 2 events, 1 to 4"
    )


@pytest.mark.parametrize(("withheld", "seq"), [(0, 1), (2, 3), (6, 7)], ids=["the first", "one in between", "the last"])
def test_a_withheld_event_is_found(bundle: Path, withheld: int, seq: int) -> None:
    _edit(bundle, lambda lines: lines.pop(withheld))
    found = verify_bundle(bundle)
    assert (found.verdict, found.seq) == (Verdict.INCOMPLETE, seq)


def test_a_withheld_event_is_found_though_the_manifest_counts_fewer(bundle: Path) -> None:
    _edit(bundle, lambda lines: lines.pop())
    _recount(bundle, count=6, last=6)
    found = verify_bundle(bundle)
    assert (found.verdict, found.seq) == (Verdict.INCOMPLETE, 7)


def test_a_last_event_that_was_rewritten_does_not_fit_the_checkpoint(bundle: Path) -> None:
    _edit(bundle, lambda lines: lines.append(lines.pop().replace(b"audit.exported", b"audit.verified")))
    _recount(bundle)
    found = verify_bundle(bundle)
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1)
    assert "of events 1 to 7" in found.sentence


def test_an_event_that_stands_twice_in_a_selection_is_named(selection: Path) -> None:
    _edit(selection, lambda lines: lines.append(lines[0]))
    found = verify_bundle(selection)
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1)
    assert "wrong place" in found.sentence


def test_an_event_withheld_from_a_selection_is_found(selection: Path) -> None:
    _edit(selection, lambda lines: lines.pop())
    assert verify_bundle(selection).verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize("name", ["bundle", "selection"])
def test_an_altered_body_in_an_export_is_found(name: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(name)
    _edit(folder, lambda lines: lines.insert(0, lines.pop(0).replace(b"SUP-7", b"SUP-8")))
    assert verify_bundle(folder).verdict is Verdict.ALTERED


def test_an_altered_body_in_the_middle_of_an_export_is_named(bundle: Path) -> None:
    _edit(bundle, lambda lines: lines.insert(2, lines.pop(2).replace(b"SUP-7", b"SUP-8")))
    found = verify_bundle(bundle)
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 3)


def test_an_altered_detail_in_an_export_is_named(selection: Path) -> None:
    _edit(selection, lambda lines: lines.append(lines.pop().replace("Ruíz".encode(), b"Ruiz")))
    found = verify_bundle(selection)
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 4)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "manifest.json").unlink(),
        lambda folder: (folder / "events.jsonl").unlink(),
        lambda folder: (folder / "manifest.json").write_text("{}"),
        lambda folder: (folder / "manifest.json").write_bytes(b"\xff"),
        lambda folder: (folder / "manifest.json").write_text("[" * 100_000),
        lambda folder: _edit(folder, lambda lines: lines.append(b"nonsense\n")),
        lambda folder: _edit(folder, lambda lines: lines.append(b'{"seq":8,"body":1,"details":{}}\n')),
        lambda folder: _edit(folder, lambda lines: lines.append(b'{"seq":8,"body":"{}","details":[]}\n')),
        lambda folder: _edit(folder, lambda lines: lines.append(b'{"seq":8,"body":"{}","details":{"a":1}}\n')),
        lambda folder: _edit(folder, lambda lines: lines.append(lines.pop()[:-9])),
        lambda folder: (folder / "events.jsonl").write_bytes(b"[" * 100_000),
    ],
)
def test_an_unreadable_bundle_is_incomplete(bundle: Path, spoil: Callable[[Path], object]) -> None:
    spoil(bundle)
    assert verify_bundle(bundle).verdict is Verdict.INCOMPLETE


def test_the_command_says_one_line_when_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit_verify")
    assert capsys.readouterr().out.count("\n") == 1


def test_the_command_exits_1_and_names_the_event(owner_rights: Owner, capsys: pytest.CaptureFixture[str]) -> None:
    with owner_rights() as execute:
        execute("UPDATE audit_event SET ticket = 'SUP-8' WHERE seq = 2")
    assert _exit_code() == 1
    assert capsys.readouterr().out == "Altered: event 2: the column ticket does not say what its body says.\n"


def test_the_command_exits_2_at_a_gap(owner_rights: Owner, capsys: pytest.CaptureFixture[str]) -> None:
    with owner_rights() as execute:
        execute("DELETE FROM audit_event WHERE seq = 2")
    assert _exit_code() == 2
    assert capsys.readouterr().out == "Incomplete: event 2: it is missing.\n"


def test_the_command_exits_2_for_a_bundle_that_is_not_there(tmp_path: Path) -> None:
    assert _exit_code(bundle=tmp_path / "none") == 2


def test_the_command_exits_2_where_there_are_no_checkpoints_to_compare_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _exit_code(checkpoints=tmp_path) == 2
    assert "holds no checkpoint of" in capsys.readouterr().out


def _exit_code(**options: Any) -> object:
    with pytest.raises(SystemExit) as stopped:
        call_command("audit_verify", **options)
    return stopped.value.code


def _found() -> tuple[Verdict, int | None]:
    found: Verification = verify_database()
    return found.verdict, found.seq


def _rewrite(owner_rights: Owner, seq: int, body: str) -> None:
    leaf = hashlib.sha256(b"\x00" + body.encode()).digest()
    outcome = json.loads(body)["outcome"]["status"]
    with owner_rights() as execute:
        execute(
            "UPDATE audit_event SET body = %s, leaf = %s, outcome = %s WHERE seq = %s",
            body,
            leaf,
            outcome,
            seq,
        )


def _edit(folder: Path, change: Callable[[list[bytes]], object]) -> None:
    path = folder / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    change(lines)
    path.write_bytes(b"".join(lines))


def _recount(folder: Path, **figures: int) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= {**figures, "sha256": hashlib.sha256((folder / "events.jsonl").read_bytes()).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
