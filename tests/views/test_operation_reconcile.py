"""A lead closes what reading again could not settle, and nothing is sent for it."""

import pytest
from django.test import Client

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


@both_generations
def test_what_smartcar_still_lists_is_not_gone_because_somebody_says_so(stuck: str, sign_in: SignIn) -> None:
    lead = sign_in(Role.LEAD)
    answer = lead.post(f"{stuck}reconcile/", GIVEN)
    assert answer.status_code == 409
    assert "Smartcar lists it at this moment" in answer.text
    operation = Operation.objects.get()
    assert (operation.state, operation.seen_gone_at) == ("failed", None)
    assert lead.get(f"{stuck}receipt/").status_code == 409


@both_generations
def test_what_a_last_look_shows_gone_is_seen_gone_and_by_nobodys_word(
    stuck: str, sign_in: SignIn, simulator: Simulator, row: Connection
) -> None:
    simulator.disconnect(row.user_id, row.vehicle_id)
    assert sign_in(Role.LEAD).post(f"{stuck}reconcile/", GIVEN | {"conclusion": "not_applied"}).status_code == 302
    assert Operation.objects.get().state == "seen_gone"
    assert "why" not in record.newest("revocation.reconciled")


@both_generations
def test_what_was_never_sent_is_closed_as_already_gone(
    support: Client, sign_in: SignIn, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("rate-limit", times=1, method="DELETE")
    revoke(support, row)
    operation = look_in_vain(simulator)
    simulator.fault("html-200", method="GET")
    sign_in(Role.LEAD).post(f"/operations/{operation.pk}/reconcile/", GIVEN)
    assert Operation.objects.get().state == "already_gone"


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
