"""The page on which the log is verified: whose it is, how it goes on, and what it leaves in the log."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from connections.audit.checkpoints import checkpoint
from connections.audit.signing import load_keys
from connections.audit.verifier import verify
from connections.permissions import Role
from tests import record
from tests.database import Owner
from tests.deeds import HTMX
from tests.people import SignIn
from tests.working import work

URL = "/audit/verify/"


def test_it_works_from_the_button_to_the_result(auditor: Client) -> None:
    assert "Verify the log now" in auditor.get(URL).text
    asked = auditor.post(URL)
    assert (asked.status_code, asked["Location"]) == (302, URL)
    waiting = auditor.get(URL).text
    assert "Waiting for the worker" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    work()
    after = auditor.get(URL).text
    assert "Intact: " in after
    assert "hx-trigger" not in after[after.index('id="verification"') :]


def test_the_result_is_recorded_in_the_name_of_who_asked(auditor: Client) -> None:
    asked = auditor.post(URL)
    work()
    body = record.newest("audit.verified")
    assert body["actor"]["kind"] == "staff"
    assert body["actor"]["roles"] == ["auditor"]
    assert body["request"] == asked["X-Request-Id"]
    assert body["outcome"] == {"status": "success"}
    assert body["found"]["query"]["verdict"] == "intact"
    assert body["found"]["query"]["said"].startswith("Intact: ")
    assert "verified the audit log: intact" in auditor.get(URL).text


def test_an_altered_log_is_said_and_recorded_with_an_alarm(auditor: Client, owner_rights: Owner) -> None:
    with owner_rights() as execute:
        execute("UPDATE audit_event SET ticket = 'SUP-8' WHERE seq = 1")
    auditor.post(URL)
    work()
    said = "Altered: event 1: the column ticket does not say what its body says."
    assert said in auditor.get(URL).text
    assert record.newest("audit.verified")["outcome"] == {"status": "failed", "alarm": said}


def test_asked_for_twice_it_is_done_once(auditor: Client, sign_in: SignIn) -> None:
    other = sign_in(Role.AUDITOR, "other")
    auditor.post(URL)
    assert "Waiting for the worker" in other.post(URL, headers=HTMX).text
    work()
    assert record.types("audit.verified") == ["audit.verified"]


def test_one_that_nobody_works_at_is_called_interrupted_and_can_be_asked_for_again(auditor: Client) -> None:
    auditor.post(URL)
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        page = auditor.get(URL).text
        assert "Interrupted" in page
        assert "Verify the log now" in page
        assert "Waiting for the worker" in auditor.post(URL, headers=HTMX).text


def test_htmx_gets_only_its_part(auditor: Client) -> None:
    part = auditor.get(URL, headers=HTMX).text
    assert 'id="verification"' in part
    assert "<html" not in part


@pytest.mark.parametrize("url", [URL, f"{URL}verifier.py"])
def test_it_needs_the_permission(access_admin: Client, url: str) -> None:
    assert access_admin.get(url).status_code == 403
    assert access_admin.post(URL).status_code == 403
    assert record.types("audit.") == []


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(auditor: Client, method: str) -> None:
    assert getattr(auditor, method)(URL).status_code == 405


def test_the_verifier_is_the_very_file_that_runs_here(auditor: Client) -> None:
    answer = auditor.get(f"{URL}verifier.py")
    assert answer.content == Path(verify.__file__).read_bytes()
    assert answer["Content-Disposition"] == 'attachment; filename="verify.py"'


def test_it_shows_the_keys_and_the_newest_checkpoint(auditor: Client) -> None:
    made = checkpoint()
    page = auditor.get(URL).text
    assert str(load_keys().public(settings.AUDIT_ORIGIN)[0]) in page
    assert made.note.splitlines()[2] in page
