"""A request that waits for others ends in one way: granted, denied, withdrawn, voided or expired."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError, InternalError, connection, transaction
from django.test import Client
from django.utils import timezone

from connections.models import Approval, Item, Operation, Staff
from connections.permissions import Role
from connections.revocations import approval_guard
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import asked, revoke
from tests.failing_database import Failing
from tests.faults.orders import until
from tests.faults.subjects import all_of_a_user
from tests.people import SignIn
from tests.together import at_once
from tests.working import work


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


def test_a_grant_that_slept_through_its_lease_finds_what_was_decided_meanwhile(
    sign_in: SignIn, simulator: Simulator, waiting: Operation
) -> None:
    first, second = sign_in(Role.LEAD, "first"), sign_in(Role.LEAD, "second")
    simulator.clear_requests()
    simulator.fault("drip", times=1, seconds=0.001, method="GET")

    def deny_meanwhile() -> int:
        until(lambda: asked(simulator), "a read before the grant")
        Operation.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        return decide(second, waiting, "denied")

    assert at_once(lambda: decide(first, waiting), deny_meanwhile) == [409, 302]
    assert (Operation.objects.get().state, simulator.deletes) == ("cancelled", [])
    assert record.types("approval.") == ["approval.requested", "approval.denied"]
    call_command("operations_rebuild", "--check")


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


def test_the_same_decision_twice_is_one_and_leads_to_what_came_of_it(lead: Client, waiting: Operation) -> None:
    for _ in range(2):
        answer = lead.post(f"/approvals/{waiting.pk}/", {"decision": "granted"})
        assert (answer.status_code, answer["Location"]) == (302, f"/operations/{waiting.pk}/")
    assert record.types("approval.") == ["approval.requested", "approval.granted"]


def test_a_decision_too_late_reads_what_became_of_it(lead: Client, sign_in: SignIn, waiting: Operation) -> None:
    decide(lead, waiting)
    page = sign_in(Role.LEAD, "late").post(f"/approvals/{waiting.pk}/", {"decision": "denied"})
    assert page.status_code == 409
    assert "Nothing was sent" not in page.text
    assert "Revoked, seen gone" in page.text


def test_who_approves_reads_the_note_and_each_connection(support: Client, lead: Client, simulator: Simulator) -> None:
    subject = all_of_a_user(simulator, 6)
    subject.revoke(support, note="Two of the cars were sold last week")
    page = lead.get("/approvals/").text
    assert "Two of the cars were sold last week" in page
    assert page.count("</span> connected 20") == 6


@pytest.mark.parametrize("ended", ["expired", "denied", "withdrawn"])
def test_a_customer_waits_on_when_nobody_decided(
    support: Client, lead: Client, simulator: Simulator, ended: str
) -> None:
    all_of_a_user(simulator, 6).revoke(support, received_at=f"{datetime.now(UTC):%Y-%m-%d}")
    operation = Operation.objects.get()
    if ended == "expired":
        work(3601)
    elif ended == "denied":
        decide(lead, operation, "denied")
    else:
        withdraw(support, operation)
    assert Operation.objects.get().state == "cancelled"
    assert ("Customers waiting" in support.get("/").text) is (ended == "expired")
    assert ("due in" in support.get(f"/operations/{operation.pk}/").text) is (ended == "expired")


def test_a_wider_deed_answers_the_customer_too(support: Client, simulator: Simulator) -> None:
    subject = all_of_a_user(simulator, 2)
    simulator.fault("validation", times=1, method="DELETE")
    revoke(support, subject.rows[0], received_at=f"{datetime.now(UTC):%Y-%m-%d}")
    assert "Customers waiting" in support.get("/").text
    subject.revoke(support)
    assert "Customers waiting" not in support.get("/").text


@pytest.mark.parametrize("change", ["disabled", "another role"])
def test_what_somebody_asked_who_may_no_longer_is_void(
    lead: Client, simulator: Simulator, waiting: Operation, change: str
) -> None:
    asked = Staff.objects.get(pk=waiting.actor_id)
    if change == "disabled":
        asked.is_active = False
        asked.save()
    else:
        asked.groups.set([Group.objects.get(name=Role.AUDITOR)])
    assert decide(lead, waiting) == 302
    assert simulator.deletes == []
    operation = Operation.objects.get()
    assert (operation.state, operation.failure) == ("cancelled", "Who asked for it may no longer ask for it.")
    assert record.types("approval.") == ["approval.requested", "approval.voided"]


def test_nothing_is_granted_while_another_revocation_of_the_same_is_unknown(
    lead: Client, sign_in: SignIn, simulator: Simulator
) -> None:
    subject = all_of_a_user(simulator, 6)
    subject.revoke(sign_in(Role.SUPPORT, "first"))
    simulator.fault("reset", times=1, method="DELETE")
    revoke(sign_in(Role.SUPPORT, "second"), subject.rows[0])
    waiting = Operation.objects.get(state="awaiting_approval")
    page = lead.post(f"/approvals/{waiting.pk}/", {"decision": "granted"})
    assert page.status_code == 409
    assert "is under way" in page.text
    assert len(simulator.deletes) == 1
    assert record.types("approval.") == ["approval.requested"]
    assert Operation.objects.get(pk=waiting.pk).state == "awaiting_approval"
    refused = record.newest("access.refused")
    assert (refused["why"]["reason"], refused["outcome"]["http"]) == ("under_way", 409)
    assert (refused["operation"], refused["target"]["user"]) == (str(waiting.pk), str(waiting.user_id))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE operation SET actor_id = '0'",
        (
            "INSERT INTO approval (operation_id, requester_id, approver_id, approver_name, decision, digest, seq, at)"
            " SELECT id, '0', actor_id, 'x', 'granted', '', 1, asked_at FROM operation"
        ),
        (
            "INSERT INTO approval (operation_id, requester_id, approver_id, approver_name, decision, digest, seq, at)"
            " SELECT id, '0', '1', 'x', 'granted', '', 1, asked_at FROM operation"
        ),
    ],
)
def test_the_database_keeps_who_asked_and_who_approves_apart(waiting: Operation, statement: str) -> None:
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Operation.objects.get().actor_id == waiting.actor_id


def test_no_row_comes_back_under_another_name_than_the_log_has(waiting: Operation) -> None:
    Item.objects.all().delete()
    Operation.objects.all().delete()
    waiting.actor_id = "0"
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        waiting.save(force_insert=True)
    assert not Operation.objects.exists()


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has no INSERT OR REPLACE")
def test_no_row_takes_the_place_of_another(lead: Client, waiting: Operation) -> None:
    decide(lead, waiting, "denied")
    before = [*Operation.objects.values_list("id", "actor_id"), *Approval.objects.values_list("id", "decision")]
    for model, column, value in [(Operation, "actor_id", "'0'"), (Approval, "decision", "'granted'")]:
        columns = [str(field.column) for field in model._meta.concrete_fields]
        values = [value if each == column else each for each in columns]
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT OR REPLACE INTO {model._meta.db_table} ({', '.join(columns)})"
                f" SELECT {', '.join(values)} FROM {model._meta.db_table}"
            )
    assert [*Operation.objects.values_list("id", "actor_id"), *Approval.objects.values_list("id", "decision")] == before


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite's triggers see their own tables alone")
def test_a_temporary_table_misleads_no_guard(waiting: Operation) -> None:
    with pytest.raises(IntegrityError, match="cannot approve"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("""
            CREATE TEMPORARY TABLE operation ON COMMIT DROP AS SELECT id, '0'::text AS actor_id FROM public.operation;
            INSERT INTO approval (operation_id, requester_id, approver_id, approver_name, decision, digest, seq, at)
            SELECT id, '0', actor_id, '', 'granted', '', 1, asked_at FROM public.operation""")
    assert waiting.state == "awaiting_approval"


def test_an_approval_cannot_be_rewritten(lead: Client, waiting: Operation) -> None:
    decide(lead, waiting)
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        Approval.objects.update(approver_name="Somebody else")


def test_who_asked_is_who_the_log_says(support: Client, waiting: Operation) -> None:
    approval_guard.lift(connection)
    try:
        Operation.objects.update(actor_id="0")
        assert decide(support, waiting) == 403
        Group.objects.get(name=Role.LEAD).user_set.add(Staff.objects.get(pk=waiting.actor_id))
        assert decide(support, waiting) == 409
    finally:
        approval_guard.guard(connection)
    assert Operation.objects.get().state == "awaiting_approval"


def test_those_that_ended_stay_listed_page_by_page(support: Client, simulator: Simulator) -> None:
    for _ in range(12):
        all_of_a_user(simulator, 6).revoke(support)
        withdraw(support, Operation.objects.latest("id"))
    newest, oldest = Operation.objects.latest("id").pk, Operation.objects.earliest("id").pk
    first = support.get("/approvals/")
    assert (str(newest) in first.text, str(oldest) in first.text) == (True, False)
    second = support.get(first.context["page"].older_url)
    assert (str(newest) in second.text, str(oldest) in second.text) == (False, True)
    assert str(newest) in support.get(second.context["page"].newer_url).text
    astray = support.get("/approvals/?before=x")
    assert (astray.status_code, "This is not a page of this list" in astray.text) == (422, True)
