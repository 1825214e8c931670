"""A revocation of several connections of which some went and some did not."""

import pytest
from django.conf import LazySettings
from django.test import Client

from connections.models import Operation
from connections.permissions import Role
from connections.revocations.restore import compare
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import revoke
from tests.faults.settling import work_until_nothing_is_due
from tests.faults.subjects import all_of_a_user
from tests.people import SignIn
from tests.working import work_when_due

pytestmark = pytest.mark.parametrize("generation", ["v3"], indirect=True)


@pytest.fixture
def partly(support: Client, simulator: Simulator) -> tuple[str, str]:
    """Of a user's three connections the first was refused; the vehicles of that one and of another."""
    subject = all_of_a_user(simulator, 3)
    simulator.fault("validation", times=1, method="DELETE")
    subject.revoke(support)
    work_until_nothing_is_due()
    items = list(Operation.objects.get().items.values_list("vehicle_id", flat=True))
    return str(items[0]), str(items[1])


@pytest.mark.usefixtures("partly")
def test_it_is_called_so_and_not_not_revoked(support: Client) -> None:
    operation = Operation.objects.get()
    assert operation.state == "partly_revoked"
    page = support.get(f"/operations/{operation.pk}/").text
    assert "Partly revoked" in page
    assert "2 Revoked, seen gone" in page
    assert "1 Not revoked" in page
    assert "Not all seen gone" in page
    assert "Smartcar finds the request invalid" in page
    assert compare(operation.pk) is None
    listed = support.get("/operations/", {"state": "partly_revoked"}).text
    assert str(operation.pk) in listed


def test_there_is_a_receipt_for_what_is_gone_that_does_not_say_more(support: Client, partly: tuple[str, str]) -> None:
    stays, gone = partly
    page = support.get(f"/operations/{Operation.objects.get().pk}/receipt/")
    assert page.status_code == 200
    assert gone in page.text
    assert stays not in page.text
    assert "1 more connection is not confirmed as removed" in page.text


def test_accepted_is_said_of_no_more_than_was(support: Client, simulator: Simulator) -> None:
    """The first is applied and its answer lost; the second is accepted."""
    subject = all_of_a_user(simulator, 2)
    simulator.fault("server-error-applied", times=1, method="DELETE")
    subject.revoke(support)
    work_until_nothing_is_due()
    operation = Operation.objects.get()
    assert (operation.state, operation.accepted) == ("seen_gone", 1)
    page = support.get(f"/operations/{operation.pk}/").text
    assert "Smartcar accepted 1 of 2, and lists none of them any more." in page
    assert "Accepted by Smartcar at" not in page
    assert compare(operation.pk) is None


def test_what_is_sent_of_it_is_not_called_waiting(
    support: Client, simulator: Simulator, settings: LazySettings
) -> None:
    subject = all_of_a_user(simulator, 3)
    filled_in = subject.look(support)
    # Two to read again, two for deletes.
    settings.SMARTCAR_RATE_CAPACITY, settings.SMARTCAR_RATE_REFILL_PER_MINUTE = 4, 1
    subject.send(support, filled_in)
    operation = Operation.objects.get()
    assert (operation.state, len(simulator.deletes)) == ("intended", 2)
    url = f"/operations/{operation.pk}/"
    for page in (url, "/operations/"):
        assert "Partly sent, the rest waits" in support.get(page).text
    assert "Waiting, not sent" not in support.get("/operations/").text.split("<tbody", 1)[1]
    assert "A part of it has not been sent yet." in support.get(f"{url}receipt/").text


def test_what_smartcar_put_off_is_not_partly_sent_because_another_was_gone(
    support: Client, simulator: Simulator
) -> None:
    subject = all_of_a_user(simulator, 2)
    simulator.fault("rate-limit", times=2, method="DELETE")
    subject.revoke(support)
    simulator.disconnect(subject.rows[1].user_id, subject.rows[1].vehicle_id)
    operation = work_when_due()
    assert set(operation.items.values_list("state", flat=True)) == {"intended", "already_gone"}
    for page in (f"/operations/{operation.pk}/", "/operations/"):
        text = support.get(page).text
        assert "Partly sent" not in text
        assert "Waiting, not sent" in text


def test_a_row_says_what_became_of_itself(support: Client, simulator: Simulator) -> None:
    subject = all_of_a_user(simulator, 3)
    simulator.fault("delayed-visibility", seconds=60)
    simulator.fault("rate-limit", times=1, method="DELETE")
    subject.revoke(support)
    simulator.clear()
    simulator.fault("delayed-visibility", seconds=60)
    states = set(Operation.objects.get().items.values_list("state", flat=True))
    assert states == {"intended"}
    page = support.get("/connections/", {"user_id": subject.rows[0].user_id}).text
    assert page.count("Waiting, not sent") == 2


def test_the_customer_waits_until_the_last_of_it_is_gone(
    sign_in: SignIn, simulator: Simulator, row: Connection
) -> None:
    client = sign_in(Role.SUPPORT, "careful")
    simulator.fault("validation", times=1, method="DELETE")
    revoke(client, row, received_at="2026-11-20")
    assert "Customers waiting" in client.get("/").text
    simulator.disconnect(row.user_id, row.vehicle_id)
    page = client.get(f"/connections/{row.user_id}/{row.vehicle_id}/revoke/").text
    assert "No longer connected" in page
    assert "this revocation did not remove it" in page
    operation = Operation.objects.get()
    assert operation.state == "already_gone"
    assert compare(operation.pk) is None
    assert "Customers waiting" not in client.get("/").text
