"""The paper a customer is given: what is gone, since when, by which reference, and nothing of our own."""

import base64
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from connections.audit.checkpoints import log_name
from connections.audit.export import verifier_source
from connections.audit.signing import load_keys
from connections.models import AuditCheckpoint, AuditEvent, Operation
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import delete, fields, look, revoke, send
from tests.marks import both_generations
from tests.people import SignIn
from tests.working import look_in_vain, work_when_due


def url() -> str:
    return f"/operations/{Operation.objects.get().pk}/receipt/"


def receipt(client: Client) -> str:
    """The paper alone, without the frame around it."""
    answer = client.get(url())
    assert answer.status_code == 200
    found = re.search(r'<article class="receipt">.*</article>', answer.text, re.DOTALL)
    assert found is not None
    return found[0]


@both_generations
def test_it_says_what_is_gone_since_when_and_by_which_reference(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    asked = datetime.now(UTC) - timedelta(days=3)
    revoke(support, row, ticket="SUP-4711", received_at=f"{asked:%Y-%m-%d}")
    paper = receipt(support)
    operation = Operation.objects.get()
    for told in (
        "SUP-4711",
        str(operation.pk),
        row.vehicle_id,
        f"{row.model} {row.year}",
        simulator.deletes[0].request_id,
        f"<dt>Your request reached us</dt><dd>{asked:%Y-%m-%d}</dd>",
        f"<dt>Removal asked for</dt><dd>{operation.asked_at:%Y-%m-%d %H:%M:%S} UTC</dd>",
        f"<dt>Accepted by Smartcar</dt><dd>{operation.completed_at:%Y-%m-%d %H:%M:%S} UTC</dd>",
        f"<dt>Seen gone</dt><dd>{operation.seen_gone_at:%Y-%m-%d %H:%M:%S} UTC</dd>",
        "What this does not cover",
        "you may connect the car again",
    ):
        assert told in paper, told


@both_generations
def test_it_names_the_events_that_prove_it_and_what_was_signed(support: Client, row: Connection) -> None:
    revoke(support, row)
    paper = receipt(support)
    for event in AuditEvent.objects.filter(type__in=["revocation.completed", "revocation.seen_gone"]):
        assert f"event {event.seq}<br>" in paper
        assert bytes(event.leaf).hex() in paper
    made = AuditCheckpoint.objects.get()
    assert f"when it held {made.size} events" in paper
    assert base64.b64encode(bytes(made.root)).decode() in paper


@both_generations
def test_the_file_proves_it_offline(support: Client, row: Connection, tmp_path: Path) -> None:
    revoke(support, row)
    path = tmp_path / "receipt.html"
    path.write_bytes(support.get(url(), {"format": "file"}).content)
    key = str(load_keys().public(log_name())[0])
    said = offline(path, "--key", key, "--checkpoints", str(settings.AUDIT_CHECKPOINT_DIR))
    assert said.returncode == 0, said.stdout
    seqs = AuditEvent.objects.filter(type__in=["revocation.completed", "revocation.seen_gone"]).values_list("seq")
    assert said.stdout.startswith(f"Intact: event {', '.join(str(seq) for (seq,) in seqs.order_by('seq'))} of ")
    assert "; 1 published checkpoint compared, " in said.stdout
    assert offline(path).returncode == 2


@both_generations
def test_a_file_with_another_fingerprint_is_found(support: Client, row: Connection, tmp_path: Path) -> None:
    revoke(support, row)
    path, event = tmp_path / "receipt.html", AuditEvent.objects.get(type="revocation.completed")
    leaf = bytes(event.leaf).hex()
    path.write_bytes(support.get(url(), {"format": "file"}).content.replace(leaf.encode(), leaf[::-1].encode()))
    said = offline(path, "--key", str(load_keys().public(log_name())[0]))
    assert (said.returncode, said.stdout) == (
        1,
        f"Altered: event {event.seq}: it is not what the checkpoint was signed over.\n",
    )


def test_where_the_log_cannot_be_signed_it_says_so(support: Client, row: Connection, monkeypatch: Any) -> None:
    revoke(support, row)
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_DIR", "/dev/null/checkpoints")
    assert "The log could not be signed just now" in receipt(support)
    assert "tlog-proof" not in support.get(url(), {"format": "file"}).text


def offline(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The verifier as a customer's own machine runs it: alone, without anything that is installed here."""
    verifier = path.with_name("verify.py")
    verifier.write_bytes(verifier_source())
    command = [sys.executable, "-S", str(verifier), str(path), *arguments]
    return subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)


def test_it_holds_no_name_of_staff_no_reason_no_note_and_no_user(sign_in: SignIn, row: Connection) -> None:
    revoke(sign_in(Role.SUPPORT, "josephine"), row, reason="account_closed", note="she sounded upset about it")
    paper = receipt(sign_in(Role.LEAD, "maximilian"))
    for ours in ("josephine", "maximilian", "upset", "Account closed", row.user_id):
        assert ours not in paper


@both_generations
def test_the_file_is_the_same_text_and_needs_nothing_else(support: Client, row: Connection) -> None:
    revoke(support, row)
    paper = receipt(support)
    answer = support.get(url(), {"format": "file"})
    assert answer["Content-Disposition"] == f'attachment; filename="receipt-{Operation.objects.get().pk}.html"'
    assert _without_issue(paper) in _without_issue(answer.text)
    assert not re.search(r"(src|href)=|https?:|@import|url\(|<script", answer.text)
    assert "support" not in answer.text


def _without_issue(text: str) -> str:
    return re.sub(r"Issued [^<]*", "", text)


@both_generations
def test_issuing_it_is_recorded_with_its_digest(support: Client, row: Connection) -> None:
    revoke(support, row)
    support.get(url())
    support.get(url(), {"format": "file"})
    first, second = record.bodies("receipt.issued")
    asked = (first["found"]["query"], second["found"]["query"])
    assert asked == ({"format": "page", "language": "en"}, {"format": "file", "language": "en"})
    assert re.fullmatch("[0-9a-f]{64}", first["found"]["digest"])
    assert first["operation"] == str(Operation.objects.get().pk)


@both_generations
def test_what_was_gone_before_we_came_is_said_to_have_been(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    digest = look(support, row)
    simulator.disconnect(row.user_id, row.vehicle_id)
    send(support, row, digest)
    paper = receipt(support)
    assert "Found already removed" in paper
    assert "Accepted by Smartcar" not in paper


@both_generations
def test_an_answer_that_never_came_is_not_called_accepted(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("reset-applied", times=1)
    revoke(support, row)
    work_when_due()
    paper = receipt(support)
    assert "<dd>Smartcar&#x27;s answer did not tell" in paper or "<dd>Smartcar's answer did not tell" in paper
    assert "<dt>Seen gone</dt><dd>20" in paper


def test_what_a_person_concluded_is_said_to_be_seen_by_one(
    support: Client, sign_in: SignIn, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, row)
    operation = look_in_vain(simulator)
    simulator.fault("html-200", method="GET")  # so their word is all there is
    given = {"conclusion": "gone", "note": "Looked it up with Jo"}
    sign_in(Role.LEAD, "maximilian").post(f"/operations/{operation.pk}/reconcile/", given)
    paper = receipt(support)
    assert "by a person who looked" in paper
    assert "maximilian" not in paper


@both_generations
def test_all_of_a_user_are_named_each_with_its_own_times(lead: Client, simulator: Simulator, row: Connection) -> None:
    rows = [row, simulator.connect(mode="live", user_id=row.user_id)]
    users = f"/users/{row.user_id}/connections/"
    shown = re.search(r'name="preview" value="([0-9a-f]{64})"', lead.get(f"{users}revoke/").text)
    assert shown is not None
    delete(lead, users, fields(shown[1], confirm=row.user_id[:8]))
    paper = receipt(lead)
    count = Operation.objects.get().items.count()
    assert all(each.vehicle_id in paper for each in rows)
    assert paper.count("<dt>Seen gone</dt><dd>20") == count
    assert paper.count("<dt>Accepted by Smartcar</dt><dd>20") == count


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"name": "reset"}, "not known yet whether it was done"),
        ({"name": "validation"}, "Nothing of it was revoked"),
        ({"name": "delayed-visibility", "seconds": 60}, "not been seen gone yet"),
        ({"name": "rate-limit"}, "has not been sent"),
    ],
)
def test_without_an_end_in_being_gone_there_is_none(
    support: Client, simulator: Simulator, row: Connection, fault: dict[str, str], says: str
) -> None:
    simulator.fault(fault.pop("name"), times=1, method="DELETE", **fault)  # type: ignore[arg-type]  # names and seconds
    revoke(support, row)
    answer = support.get(url())
    assert answer.status_code == 409
    assert says in answer.text
    assert record.types("receipt.") == []
    assert "receipt/" not in support.get(f"/operations/{Operation.objects.get().pk}/").text


def test_the_operation_leads_to_it(support: Client, row: Connection) -> None:
    revoke(support, row)
    assert f'href="{url()}"' in support.get(f"/operations/{Operation.objects.get().pk}/").text


def test_an_operator_replaces_single_blocks_of_its_wording(tmp_path: Path) -> None:
    (tmp_path / "receipts").mkdir()
    (tmp_path / "receipts/receipt.html").write_text(
        '{% extends "receipts/receipt.html" %}{% block closing %}<p>Yours, Acme Mobility</p>{% endblock %}'
    )
    code = (
        "import django; django.setup(); from django.template.loader import render_to_string; "
        "print(render_to_string('receipts/receipt.html', {'receipt': {'ticket': 'SUP-1', 'removals': []}}))"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "RECEIPT_TEMPLATES_DIR": str(tmp_path),
    }
    said = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Yours, Acme Mobility" in said
    assert "Issued" not in said
    assert "What this does not cover" in said


def test_an_unknown_operation_has_none(support: Client) -> None:
    assert support.get("/operations/00000000-0000-4000-8000-000000000000/receipt/").status_code == 404
