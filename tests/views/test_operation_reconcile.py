"""A lead closes what reading again could not settle, and nothing is sent for it."""

import re
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from connections.budget import pay_for_delete
from connections.models import Operation
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import revoke
from tests.marks import both_generations
from tests.people import SignIn
from tests.working import look_in_vain

NOTE = "Looked it up in Smartcar's dashboard with Jo"
GIVEN = {"conclusion": "gone", "note": NOTE}


@pytest.fixture
def stuck(support: Client, simulator: Simulator, row: Connection) -> str:
    """The address of an operation that needs a person."""
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, row)
    operation = look_in_vain(simulator)
    simulator.clear_requests()
    return f"/operations/{operation.pk}/"


@both_generations
@pytest.mark.parametrize(("conclusion", "state"), [("gone", "seen_gone"), ("not_applied", "failed")])
def test_what_a_lead_found_is_its_end(
    stuck: str, sign_in: SignIn, simulator: Simulator, conclusion: str, state: str
) -> None:
    lead = sign_in(Role.LEAD)
    assert "What became of it" in lead.get(stuck).text
    simulator.fault("html-200", method="GET")  # so their word is all there is
    answer = lead.post(f"{stuck}reconcile/", GIVEN | {"conclusion": conclusion})
    assert (answer.status_code, answer["Location"]) == (302, stuck)
    operation = Operation.objects.get()
    assert (operation.state, operation.needs_person, operation.due_at) == (state, False, None)
    assert simulator.deletes == []
    event = record.newest("revocation.reconciled")
    assert event["outcome"]["status"] == state
    assert (event["actor"]["kind"], event["actor"]["roles"]) == ("staff", ["lead"])
    assert event["why"]["note"] != NOTE  # a commitment: the note can be erased
    page = lead.get(stuck).text
    assert "What became of it" not in page
    assert "lead concluded what became of the connection" in page
    assert ("A person looked and found it gone." in page) is (conclusion == "gone")
    assert "no longer lists it" not in page


@both_generations
def test_what_smartcar_still_lists_is_not_gone_because_somebody_says_so(stuck: str, sign_in: SignIn) -> None:
    lead = sign_in(Role.LEAD)
    page = lead.post(f"{stuck}reconcile/", GIVEN, follow=True)
    assert page.redirect_chain == [(stuck, 302)]
    assert "Smartcar was asked once more first, and its answer counts: Not revoked. Your note is recorded" in page.text
    assert re.search(
        "lead said that the connection of [^<]* is gone, and a last look found: it was not revoked", page.text
    )
    operation = Operation.objects.get()
    assert (operation.state, operation.seen_gone_at) == ("failed", None)
    said = record.newest("revocation.reconciled")
    assert (said["why"]["reason"], said["outcome"]["status"]) == ("said_gone", "failed")
    assert record.details("why.note")[-1] == NOTE
    assert lead.get(f"{stuck}receipt/").status_code == 409
    call_command("audit_verify")
    call_command("operations_rebuild", "--check")


@both_generations
def test_what_a_last_look_shows_gone_is_seen_gone_and_by_nobodys_word(
    stuck: str, sign_in: SignIn, simulator: Simulator, row: Connection
) -> None:
    simulator.disconnect(row.user_id, row.vehicle_id)
    lead = sign_in(Role.LEAD)
    page = lead.post(f"{stuck}reconcile/", GIVEN | {"conclusion": "not_applied"}, follow=True)
    assert "its answer counts: Revoked, seen gone." in page.text
    assert Operation.objects.get().state == "seen_gone"
    assert record.newest("revocation.reconciled")["why"]["reason"] == "said_not_applied"
    assert record.details("why.note")[-1] == NOTE
    assert "by a person who looked" not in lead.get(f"{stuck}receipt/").text


@both_generations
def test_what_was_accepted_and_is_still_listed_stays_open_and_so_does_the_form(
    support: Client, sign_in: SignIn, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("delayed-visibility", times=1, method="DELETE", seconds=600)
    revoke(support, row)
    url = f"/operations/{look_in_vain(simulator).pk}/"
    lead = sign_in(Role.LEAD)
    assert "Smartcar accepted it, and for a day it was not seen gone." in lead.get(url).text
    page = lead.post(f"{url}reconcile/", GIVEN)
    assert page.status_code == 409
    assert "Smartcar lists it at this moment, so it is not gone. It can be closed as not revoked" in page.text
    assert "Looked it up in Smartcar" in page.text
    assert '<option value="gone" selected>' in page.text
    assert Operation.objects.get().needs_person
    refused = record.newest("access.refused")
    assert (refused["why"]["reason"], refused["operation"]) == ("not_reconciled", url.split("/")[2])
    assert record.details("why.note")[-1] == NOTE
    lead.post(f"{url}reconcile/", GIVEN | {"conclusion": "not_applied"})
    assert Operation.objects.get().state == "failed"
    revoke(support, row)
    assert len(simulator.deletes) == 2


def test_while_a_worker_looks_at_it_one_is_to_try_again(stuck: str, sign_in: SignIn) -> None:
    Operation.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    page = sign_in(Role.LEAD).post(f"{stuck}reconcile/", GIVEN)
    assert page.status_code == 409
    assert "It is being looked at just now. Try again in a moment." in page.text
    assert NOTE.partition("'")[0] in page.text


@both_generations
def test_what_was_never_sent_is_closed_as_already_gone(
    support: Client, sign_in: SignIn, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("rate-limit", times=1, method="DELETE")
    revoke(support, row)
    operation = look_in_vain(simulator)
    simulator.fault("html-200", method="GET")
    page = sign_in(Role.LEAD).post(f"/operations/{operation.pk}/reconcile/", GIVEN, follow=True).text
    assert Operation.objects.get().state == "already_gone"
    assert "It was not sent." in page
    assert "A person looked and found it gone." in page
    receipt = support.get(f"/operations/{operation.pk}/receipt/").text
    assert re.search("Found already removed</dt><dd>[^<]*, by a person who looked</dd>", receipt)


def test_the_note_is_needed_and_kept_when_refused(stuck: str, sign_in: SignIn) -> None:
    lead = sign_in(Role.LEAD)
    for note in ("", ".", "aaaaaaaaaaaaaaa", "  "):
        answer = lead.post(f"{stuck}reconcile/", GIVEN | {"note": note})
        assert answer.status_code == 422
        assert "Say in a few words how you know." in answer.text
    answer = lead.post(f"{stuck}reconcile/", {"conclusion": "nonsense", "note": NOTE})
    assert answer.status_code == 422
    assert "Looked it up in Smartcar" in answer.text
    assert Operation.objects.get().needs_person


def test_support_sees_that_it_waits_for_a_lead(stuck: str, support: Client) -> None:
    page = support.get(stuck).text
    assert "A lead looks" in page
    assert "What became of it" not in page
    assert support.post(f"{stuck}reconcile/", GIVEN).status_code == 403
    assert Operation.objects.get().needs_person


def test_a_second_conclusion_comes_too_late(stuck: str, sign_in: SignIn, simulator: Simulator) -> None:
    lead = sign_in(Role.LEAD)
    simulator.fault("html-200", method="GET")
    lead.post(f"{stuck}reconcile/", GIVEN)
    answer = lead.post(f"{stuck}reconcile/", GIVEN | {"conclusion": "not_applied"})
    assert answer.status_code == 409
    assert Operation.objects.get().state == "seen_gone"
    assert record.newest("access.refused")["why"]["reason"] == "not_reconciled"


def test_what_the_worker_still_looks_at_is_not_for_people_to_close(
    lead: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    revoke(lead, row)
    operation = Operation.objects.get()
    assert lead.post(f"/operations/{operation.pk}/reconcile/", GIVEN).status_code == 409
    assert Operation.objects.get().state == "unknown"


def test_an_unknown_one_is_not_found(lead: Client) -> None:
    assert lead.post("/operations/00000000-0000-4000-8000-000000000000/reconcile/", GIVEN).status_code == 404


@both_generations
def test_what_was_typed_waits_where_no_request_is_left_for_the_last_look(
    stuck: str, sign_in: SignIn, settings: LazySettings
) -> None:
    lead = sign_in(Role.LEAD)
    settings.SMARTCAR_RATE_CAPACITY, settings.SMARTCAR_RATE_REFILL_PER_MINUTE = 1, 1
    pay_for_delete()
    answer = lead.post(f"{stuck}reconcile/", GIVEN)
    assert answer.status_code == 429
    assert f'href="{stuck}"' in answer.text
    assert (record.newest("access.refused")["why"]["reason"], record.details("why.note")[-1]) == (
        "allowance_spent",
        NOTE,
    )
    assert "dashboard with Jo" in lead.get(stuck).text
    assert Operation.objects.get().needs_person
