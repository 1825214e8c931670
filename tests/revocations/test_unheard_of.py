"""Rows that hold a word there is none of, of a newer version or written with SQL: pages stand, nothing is sent."""

import pytest
from django.test import Client

from connections.models import Item, Operation
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import revoke
from tests.faults.subjects import all_of_a_user
from tests.people import SignIn
from tests.working import work, work_to_the_end

WORDS = [{"reason": "heirs_asked"}, {"scope": "fleet"}, {"state": "recalled"}]


@pytest.mark.parametrize("word", WORDS, ids=str)
def test_pages_show_it_as_it_is(sign_in: SignIn, support: Client, row: Connection, word: dict[str, str]) -> None:
    revoke(support, row)
    Operation.objects.update(**word)
    if "state" in word:
        Item.objects.update(**word)
    lead, operation = sign_in(Role.LEAD), Operation.objects.get()
    pages = {
        url: lead.get(url)
        for url in (
            "/",
            "/operations/",
            f"/operations/{operation.pk}/",
            "/approvals/",
            "/connections/",
            f"/connections/{row.user_id}/{row.vehicle_id}/",
            "/readyz",
        )
    }
    assert {url: page.status_code for url, page in pages.items()} == dict.fromkeys(pages, 200)
    if "scope" not in word:
        assert next(iter(word.values())) in pages[f"/operations/{operation.pk}/"].text
    found = lead.post("/find/", {"q": operation.ticket}, headers={"HX-Request": "true"})
    assert (found.status_code, operation.ticket in found.text) == (200, True)


def test_nobody_is_told_that_a_state_without_words_is_done(support: Client, row: Connection) -> None:
    revoke(support, row)
    Operation.objects.update(state="recalled")
    url = f"/operations/{Operation.objects.get().pk}/"
    assert "This version has no words for where it stands" in support.get(url).text
    assert support.get(f"{url}receipt/").status_code == 409


def test_a_connection_of_which_no_word_is_known_calls_for_a_person_and_keeps_no_other_from_its_end(
    support: Client, simulator: Simulator
) -> None:
    simulator.fault("reset-applied", times=1)
    subject = all_of_a_user(simulator, 3)
    subject.revoke(support)
    Item.objects.filter(position=1).update(state="recalled")
    work_to_the_end()
    operation = Operation.objects.get()
    assert (operation.state, operation.needs_person) == ("recalled", True)
    assert list(operation.items.values_list("state", flat=True)) == ["seen_gone", "recalled", "seen_gone"]
    assert len(simulator.deletes) == 2  # nor was it sent


@pytest.mark.parametrize("word", WORDS[:2], ids=str)
def test_it_is_not_granted_and_can_be_denied(
    support: Client, lead: Client, simulator: Simulator, word: dict[str, str]
) -> None:
    assert all_of_a_user(simulator, 6).revoke(support).status_code == 200
    Operation.objects.update(**word)
    url = f"/approvals/{Operation.objects.get().pk}/"
    page = lead.get("/approvals/")
    assert (page.status_code, next(iter(word.values())) in page.text.casefold()) == (200, True)
    assert lead.post(url, {"decision": "granted"}).status_code == 409
    assert Operation.objects.get().state == "awaiting_approval"
    assert lead.post(url, {"decision": "denied"}).status_code == 302
    assert record.types("approval.") == ["approval.requested", "approval.denied"]
    assert simulator.deletes == []


@pytest.mark.parametrize("word", WORDS[:2], ids=str)
def test_it_is_withdrawn_or_expires(support: Client, simulator: Simulator, word: dict[str, str]) -> None:
    subject = all_of_a_user(simulator, 6)
    assert subject.revoke(support).status_code == 200
    Operation.objects.update(**word)
    work(3601)
    assert Operation.objects.get().state == "cancelled"
    assert simulator.deletes == []
