"""A request that waits for others ends in one way: granted, denied, withdrawn, voided or expired."""

import pytest
from django.core.management import call_command
from django.test import Client

from connections.models import Operation
from connections.permissions import Role
from connections.simulator.server import Simulator
from tests import record
from tests.failing_database import Failing
from tests.faults.subjects import all_of_a_user
from tests.people import SignIn
from tests.together import at_once


@pytest.fixture
def waiting(support: Client, simulator: Simulator) -> Operation:
    """Support asked for more of a user's connections than one person may revoke."""
    assert all_of_a_user(simulator, 6).revoke(support).status_code == 200
    return Operation.objects.get()


def decide(client: Client, operation: Operation, decision: str = "granted") -> int:
    return client.post(f"/approvals/{operation.pk}/", {"decision": decision}).status_code


def withdraw(client: Client, operation: Operation) -> int:
    return client.post(f"/operations/{operation.pk}/withdraw/").status_code


@pytest.mark.parametrize("page", ["/approvals/", "/operations/{}/"])
def test_who_asked_finds_the_button_and_takes_it_back(
    support: Client, simulator: Simulator, waiting: Operation, page: str
) -> None:
    assert "Withdraw the request" in support.get(page.format(waiting.pk)).text
    assert withdraw(support, waiting) == 302
    answer = support.get(page.format(waiting.pk))
    assert "Withdraw the request" not in answer.text
    assert "Withdrawn by who asked for it." in answer.text
    assert Operation.objects.get().state == "cancelled"
    assert simulator.deletes == []
    (voided,) = record.bodies("approval.voided")
    assert voided["actor"]["id"] == waiting.actor_id
    call_command("audit_verify")


def test_nobody_else_finds_the_button_or_may(lead: Client, waiting: Operation) -> None:
    assert "Withdraw the request" not in lead.get(f"/operations/{waiting.pk}/").text
    assert withdraw(lead, waiting) == 409
    assert Operation.objects.get().state == "awaiting_approval"


def test_once_withdrawn_it_can_be_neither_granted_nor_withdrawn_again(
    support: Client, lead: Client, simulator: Simulator, waiting: Operation
) -> None:
    withdraw(support, waiting)
    assert withdraw(support, waiting) == 409
    assert decide(lead, waiting) == 409
    assert record.types("approval.") == ["approval.requested", "approval.voided"]
    assert simulator.deletes == []


def test_once_granted_it_cannot_be_withdrawn(support: Client, lead: Client, waiting: Operation) -> None:
    assert decide(lead, waiting) == 302
    assert withdraw(support, waiting) == 409
    assert Operation.objects.get().state == "seen_gone"


def test_granted_denied_and_withdrawn_at_once_it_ends_in_one_way(
    support: Client, sign_in: SignIn, simulator: Simulator, waiting: Operation
) -> None:
    first, second = sign_in(Role.LEAD, "first"), sign_in(Role.LEAD, "second")
    answers = at_once(
        lambda: decide(first, waiting), lambda: decide(second, waiting, "denied"), lambda: withdraw(support, waiting)
    )
    assert sorted(answers) == [302, 409, 409]
    is_granted = answers[0] == 302
    assert Operation.objects.get().state == ("seen_gone" if is_granted else "cancelled")
    assert bool(simulator.deletes) == is_granted
    assert len([each for each in record.types("approval.") if each != "approval.requested"]) == 1
    call_command("audit_verify")


def test_the_last_grant_and_the_intent_are_recorded_together_or_not_at_all(
    lead: Client, simulator: Simulator, waiting: Operation, refuse_events: Failing
) -> None:
    with refuse_events("revocation.intended"):
        assert decide(lead, waiting) == 503
    assert record.types("approval.") == ["approval.requested"]
    assert Operation.objects.get().state == "awaiting_approval"
    assert simulator.deletes == []
    assert decide(lead, waiting) == 302
    assert Operation.objects.get().state == "seen_gone"
