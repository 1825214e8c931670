"""Everything about one user, for the answer to a request for access."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client

from connections.audit.checkpoints import checkpoint
from connections.audit.delivery import NotExported
from connections.audit.events import Actor, ActorKind, Event, EventType, Target, TargetKind, Why
from connections.audit.ledger import append
from connections.audit.verifier.verify import Checkpoint
from connections.models import AuditEvent, Item, Operation
from connections.permissions import Role
from connections.simulator.server import Simulator
from tests.deeds import delete, fields
from tests.people import SignIn
from tests.record import newest

USER = uuid4()
URL = f"/audit/subjects/{USER}/"


@pytest.fixture
def two_events() -> None:
    ben = Actor(kind=ActorKind.STAFF, id="7000", name="Ben Okafor")
    for user in (USER, uuid4()):
        target = Target(kind=TargetKind.CONNECTION, user=user, vehicle=UUID(int=7))
        why = Why(reason="customer_request", ticket="SUP-7", note="asked by telephone")
        append(Event(type=EventType.REVOCATION_INTENDED, actor=ben, target=target, why=why))


def file_of(client: Client) -> Any:
    answer = client.get(URL, {"format": "json"})
    assert answer["Content-Type"] == "application/json"
    assert "attachment" in answer["Content-Disposition"]
    return json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]  # it streams


def test_the_file_holds_all_of_one_user_and_names_nobody(auditor: Client, two_events: None) -> None:
    assert two_events is None
    report = file_of(auditor)
    assert report["user"] == str(USER)
    assert report["count"] == len(report["events"]) == 2
    intended, exported = report["events"]
    assert intended["what"].startswith("A member of staff asked to revoke the connection of user")
    assert (intended["ticket"], intended["note"]) == ("SUP-7", "asked by telephone")
    assert exported["type"] == "audit.exported"
    assert "Okafor" not in json.dumps(report)


def test_the_page_says_the_same_for_paper(auditor: Client, two_events: None) -> None:
    assert two_events is None
    page = auditor.get(URL)
    assert "asked by telephone" in page.text
    assert "Okafor" not in page.text


def test_an_erased_note_is_in_neither(auditor: Client, two_events: None, owner_rights: Callable[[], Any]) -> None:
    assert two_events is None
    with owner_rights() as execute:
        execute("UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = CURRENT_TIMESTAMP")
    assert "telephone" not in json.dumps(file_of(auditor))


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
def test_it_holds_what_was_done_to_all_users_of_a_vehicle(
    sign_in: SignIn, simulator: Simulator, auditor: Client
) -> None:
    """One DELETE of v2 names the vehicle alone, and cut this person off."""
    counts = Counter(each.vehicle_id for each in simulator.world.connections)
    row = next(each for each in simulator.world.connections if counts[each.vehicle_id] > 1)
    support, url = sign_in(Role.SUPPORT), f"/vehicles/{row.vehicle_id}/connections/"
    found = re.search(r'name="preview" value="([0-9a-f]{64})"', support.get(f"{url}revoke/").text)
    assert found is not None
    delete(support, url, fields(found[1], confirm=row.vehicle_id[:8]))
    sign_in(Role.LEAD).post(f"/approvals/{Operation.objects.get().pk}/", {"decision": "granted"})
    report = json.loads(b"".join(auditor.get(f"/audit/subjects/{row.user_id}/?format=json").streaming_content))  # type: ignore[attr-defined]  # it streams
    stages = ["approval.requested", "approval.granted"]
    stages += [f"revocation.{stage}" for stage in ("intended", "attempted", "completed", "seen_gone")]
    assert [each["type"] for each in report["events"] if each["type"] in stages] == stages
    others = {str(each) for each in Item.objects.exclude(user_id=row.user_id).values_list("user_id", flat=True)}
    assert others
    assert not [each for each in others if each in json.dumps(report)]


def test_what_reviewers_wrote_about_the_person_is_in_it(auditor: Client, two_events: None) -> None:
    assert two_events is None
    for event in AuditEvent.objects.filter(type="revocation.intended"):
        note = "who asked for this one?" if event.target_user == str(USER) else "of somebody else"
        answer = auditor.post(f"/audit/review/{event.seq}/", {"verdict": "flagged", "note": note})
        assert answer.status_code == 302, answer.content
    report = file_of(auditor)
    assert [(each["type"], each["note"]) for each in report["events"]] == [
        ("revocation.intended", "asked by telephone"),
        ("audit.reviewed", "who asked for this one?"),
        ("audit.exported", ""),
    ]
    page = auditor.get(URL).text
    assert "who asked for this one?" in page
    assert "of somebody else" not in page


def test_it_ends_with_itself_however_the_log_grows(auditor: Client, two_events: None) -> None:
    assert two_events is None
    answer = auditor.get(URL, {"format": "json"})
    target = Target(kind=TargetKind.USER, user=USER)
    append(Event(type=EventType.CONNECTION_VIEWED, actor=Actor(kind=ActorKind.SYSTEM), target=target))
    report = json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]  # it streams
    assert report["events"][-1]["event"] == report["newest_event_in_log"]
    assert report["count"] == 2


def test_what_is_archived_meanwhile_breaks_it_off(auditor: Client, two_events: None, tmp_path: Path) -> None:
    """It would be short of these events, and say that it is complete."""
    assert two_events is None
    answer = auditor.get(URL, {"format": "json"})
    pieces = iter(answer.streaming_content)  # type: ignore[attr-defined]  # it streams
    cut = next(pieces)
    call_command("audit_archive", through=checkpoint().size, output=tmp_path, yes=True)
    with pytest.raises(NotExported):
        cut += b"".join(pieces)
    assert b'"count"' not in cut
    assert file_of(auditor)["archived_through"] > 0


def test_it_is_recorded_before_and_after_with_its_checkpoint(auditor: Client, two_events: None) -> None:
    assert two_events is None
    answer = auditor.get(URL, {"format": "json"})
    before = newest("audit.exported")
    assert before["target"] == {"kind": "export", "user": str(USER)}
    assert before["outcome"] == {"status": "pending"}
    assert before["found"]["query"] == {"user": str(USER), "format": "json"}
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # it streams
    after, report = newest("audit.exported"), json.loads(text)
    signed = Checkpoint.parse(report["checkpoint"])
    assert signed.size == report["newest_event_in_log"] == after["cause"] == before["seq"]
    assert after["outcome"] == {"status": "success"}
    assert after["found"]["query"] == before["found"]["query"] | {"checkpoint": str(signed.size)}
    lines = [line.rstrip(",") for line in text.splitlines()[1:-1]]
    assert after["found"]["count"] == len(lines) == 2
    assert after["found"]["digest"] == hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def test_whoever_goes_away_half_way_is_recorded(auditor: Client, two_events: None) -> None:
    assert two_events is None
    answer = auditor.get(URL, {"format": "json"})
    next(iter(answer.streaming_content))  # type: ignore[attr-defined]  # it streams
    answer.close()
    assert newest("audit.exported")["outcome"] == {"status": "failed"}


def test_without_a_checkpoint_there_is_no_file(auditor: Client, settings: LazySettings, tmp_path: Path) -> None:
    (tmp_path / "checkpoints").touch()
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "checkpoints"
    answer = auditor.get(URL, {"format": "json"})
    assert (answer.status_code, "needs a checkpoint" in answer.text) == (503, True)


def test_whoever_does_not_read_all_is_refused_and_that_is_recorded(lead: Client) -> None:
    assert lead.get(URL).status_code == 403
    assert AuditEvent.objects.filter(type="access.refused").count() == 1
