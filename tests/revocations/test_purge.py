"""The purge of a user at Smartcar: a deed of its own, which deletes more than connections."""

import re
from collections import Counter
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client

from connections.models import Operation
from connections.permissions import Role
from connections.revocations.restore import compare
from connections.revocations.scope import target_of_request
from connections.simulator.server import Simulator
from tests import record
from tests.faults.subjects import a_purge
from tests.marks import both_generations
from tests.people import SignIn
from tests.working import look_in_vain, work_when_due


def user_with(simulator: Simulator, least: int, most: int) -> str:
    counts = Counter(row.user_id for row in simulator.world.connections)
    return next(str(user) for user, count in counts.items() if least <= count <= most)


@pytest.fixture
def bare(simulator: Simulator) -> str:
    """A user whose owner disconnected everything, so that Smartcar lists nothing and may still know them."""
    user = user_with(simulator, 2, 5)
    for row in simulator.world.existing(user_id=user):
        simulator.disconnect(row.user_id, row.vehicle_id)
    return user


def left(simulator: Simulator, user: str) -> int:
    return sum(row.user_id == user for row in simulator.world.connections)


def url_of(user: str) -> str:
    return f"/users/{user}/purge/"


def look(client: Client, url: str) -> str:
    found = re.search(r'name="preview" value="([0-9a-f]{64})"', client.get(url).text)
    assert found is not None
    return found[1]


def purge(client: Client, url: str, shown: str, **changes: str) -> int:
    given = {"reason": "erasure_request", "ticket": "OPS-1", "preview": shown, "confirm": url.split("/")[2][:8]}
    return client.post(url, given | changes).status_code


def purged(client: Client, user: str) -> Operation:
    assert purge(client, url_of(user), look(client, url_of(user))) == 302
    return Operation.objects.latest("asked_at")


def test_a_purge_that_waited_its_turn_takes_nothing_that_nobody_looked_at(lead: Client, simulator: Simulator) -> None:
    user = user_with(simulator, 2, 5)
    url = f"/users/{user}/purge/"
    shown = look(lead, url)
    simulator.fault("rate-limit", times=1, method="DELETE")
    purge(lead, url, shown)
    assert Operation.objects.get().state == "intended"
    simulator.connect(user_id=user, mode="live")
    before = left(simulator, user)
    work_when_due()
    assert left(simulator, user) == before
    assert Operation.objects.get().state == "failed"
    page = lead.get(f"/operations/{Operation.objects.get().pk}/").text
    assert "as they were" not in page
    assert "What Smartcar lists now is not what was shown" in page
    assert len(simulator.deletes) == 1


def test_a_purge_is_not_done_because_the_connections_are_gone(lead: Client, simulator: Simulator) -> None:
    user = user_with(simulator, 2, 5)
    url = f"/users/{user}/purge/"
    shown = look(lead, url)
    simulator.fault("rate-limit", times=1, method="DELETE")
    purge(lead, url, shown)
    for row in simulator.world.existing(user_id=user):
        simulator.disconnect(row.user_id, row.vehicle_id)
    work_when_due()
    operation = Operation.objects.get()
    assert operation.state == "failed"
    assert len(simulator.deletes) == 1
    assert lead.get(f"/operations/{operation.pk}/receipt/").status_code == 409


def test_a_purge_of_what_went_meanwhile_is_not_called_done(lead: Client, simulator: Simulator) -> None:
    user = user_with(simulator, 2, 5)
    url = f"/users/{user}/purge/"
    shown = look(lead, url)
    for row in simulator.world.existing(user_id=user):
        simulator.disconnect(row.user_id, row.vehicle_id)
    assert purge(lead, url, shown) == 409
    assert not Operation.objects.exists()


def test_only_a_lead_purges_a_user_and_in_one_request(support: Client, sign_in: SignIn, simulator: Simulator) -> None:
    user = user_with(simulator, 2, 5)
    url = f"/users/{user}/purge/"
    assert support.get(url).status_code == 403
    lead = sign_in(Role.LEAD)
    shown = look(lead, url)
    assert purge(lead, url, shown) == 302
    operation = Operation.objects.get()
    assert operation.state == "seen_gone"
    assert [each.path for each in simulator.deletes] == [f"/v3/users/{user}"]
    page = lead.get(f"/operations/{operation.pk}/").text
    for words in ("<h1>Purge for OPS-1</h1>", "Purged, seen gone", "asked to purge user", "purged user"):
        assert words in page
    assert "asked to revoke" not in page


def test_a_purge_taken_up_again_is_of_the_user_however_few_are_left(lead: Client, simulator: Simulator) -> None:
    user = user_with(simulator, 2, 2)
    url = f"/users/{user}/purge/"
    shown = look(lead, url)
    purge(lead, url, shown)
    targets = {(each["target"]["kind"], each["target"].get("id")) for each in record.bodies("revocation.attempted")}
    assert targets == {("user", "purge")}
    operation = Operation.objects.get()
    one_left = list(operation.items.all())[:1]
    assert target_of_request(operation, one_left).id == "purge"


def test_a_user_without_connections_is_purged_and_nothing_is_called_seen_gone(
    lead: Client, simulator: Simulator, bare: str
) -> None:
    assert f'href="{url_of(bare)}"' in lead.get(f"/connections/?user_id={bare}").text
    assert "It lists no connection of theirs" in lead.get(url_of(bare)).text
    operation = purged(lead, bare)
    assert (operation.state, operation.due_at, operation.seen_gone_at) == ("purged", None, None)
    assert [each.path for each in simulator.deletes] == [f"/v3/users/{bare}"]
    page = lead.get(f"/operations/{operation.pk}/").text
    assert "Purged, accepted by Smartcar" in page
    assert "No list shows it" in page
    assert record.bodies("revocation.attempted")[-1]["outcome"]["expected"] == 0
    call_command("audit_verify")
    call_command("operations_rebuild", "--check")


def test_its_receipt_says_what_smartcar_was_asked_and_names_no_vehicle(lead: Client, bare: str) -> None:
    paper = lead.get(f"/operations/{purged(lead, bare).pk}/receipt/").text
    assert "Smartcar listed no connection of yours, and was asked to delete all else" in paper
    assert "<dt>Accepted by Smartcar</dt>" in paper
    assert "<dt>Seen gone</dt>" not in paper
    assert "<dt>Vehicle</dt>" not in paper


def test_of_a_user_whom_smartcar_no_longer_knows_nothing_is_called_gone(lead: Client, bare: str) -> None:
    purged(lead, bare)
    again = purged(lead, bare)
    assert (again.state, again.http) == ("already_gone", 404)
    assert "does not know a user with this id" in lead.get(f"/operations/{again.pk}/").text


def test_a_mistyped_user_is_not_known_and_there_is_no_receipt(lead: Client) -> None:
    operation = purged(lead, str(uuid4()))
    url = f"/operations/{operation.pk}/"
    for page in (lead.get(url).text, lead.get("/operations/").text):
        assert "Not known to Smartcar" in page
        assert "Already gone</a>" not in page
        assert "receipt/" not in page
    page = lead.get(url).text
    assert "compare it with what the customer sent" in page
    assert "found that Smartcar does not know user" in page
    receipt = lead.get(f"{url}receipt/")
    assert receipt.status_code == 409
    assert "Smartcar does not know a user with this id, so nothing was deleted." in receipt.text


@pytest.mark.parametrize("fault", ["reset-applied", "rate-limit"])
def test_what_a_person_concludes_is_called_so_and_nothing_seen(
    lead: Client, simulator: Simulator, bare: str, fault: str
) -> None:
    simulator.fault(fault, times=1, method="DELETE")
    url = f"/operations/{purged(lead, bare).pk}/"
    look_in_vain(simulator)
    simulator.fault("html-200", method="GET")
    lead.post(f"{url}reconcile/", {"conclusion": "gone", "note": "Smartcar's support says so"})
    operation = Operation.objects.get()
    assert (operation.state, operation.seen_gone_at, operation.needs_person) == ("purged", None, False)
    page = lead.get(url).text
    assert "Purged, as a person concluded" in page
    assert "No list shows it" in page
    assert "Accepted by Smartcar" not in page
    paper = lead.get(f"{url}receipt/").text
    assert "<dt>Concluded by a person</dt>" in paper
    assert "<dt>Accepted by Smartcar</dt>" not in paper
    assert "een gone" not in paper
    call_command("audit_verify")
    call_command("operations_rebuild", "--check")


@pytest.mark.parametrize("fault", ["reset-applied", "server-error"])
def test_where_no_list_can_tell_a_person_is_called_at_once(
    lead: Client, simulator: Simulator, bare: str, fault: str
) -> None:
    simulator.fault(fault, times=1, method="DELETE")
    operation = purged(lead, bare)
    assert operation.state == "unknown"
    work_when_due()
    operation.refresh_from_db()
    assert (operation.state, operation.needs_person, operation.due_at) == ("unknown", True, None)
    assert "no list shows whether a user is purged" in lead.get(f"/operations/{operation.pk}/").text
    assert purged(lead, bare).state in ("purged", "already_gone")
    assert len(simulator.deletes) == 2


def test_one_that_waits_is_sent_in_its_turn(lead: Client, simulator: Simulator, bare: str) -> None:
    simulator.fault("rate-limit", times=1, method="DELETE")
    operation = purged(lead, bare)
    assert operation.state == "intended"
    work_when_due()
    operation.refresh_from_db()
    assert operation.state == "purged"
    call_command("operations_rebuild", "--check")


def test_one_that_waits_takes_nothing_that_was_connected_since(lead: Client, simulator: Simulator, bare: str) -> None:
    simulator.fault("rate-limit", times=1, method="DELETE")
    operation = purged(lead, bare)
    simulator.connect(user_id=bare, mode="live")
    work_when_due()
    operation.refresh_from_db()
    assert operation.state == "failed"
    assert left(simulator, bare) == 1
    assert "What Smartcar lists now is not what was shown" in lead.get(f"/operations/{operation.pk}/").text


def test_the_clock_of_an_earlier_purge_stops_with_one_that_had_connections(
    lead: Client, simulator: Simulator, bare: str
) -> None:
    simulator.fault("validation", times=1, method="DELETE")
    purge(lead, url_of(bare), look(lead, url_of(bare)), received_at="2026-01-05")
    assert "overdue" in lead.get("/").text
    simulator.connect(user_id=bare, mode="live")
    assert purged(lead, bare).state == "seen_gone"
    assert "overdue" not in lead.get("/").text


def test_the_clock_of_an_earlier_purge_stops(lead: Client, simulator: Simulator, bare: str) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    shown = look(lead, url_of(bare))
    purge(lead, url_of(bare), shown, received_at="2026-01-05")
    assert "overdue" in lead.get("/").text
    purged(lead, bare)
    assert "overdue" not in lead.get("/").text


@pytest.mark.parametrize("looks", [0, 2])
def test_that_the_owner_disconnected_everything_does_not_show_that_they_were_purged(
    lead: Client, simulator: Simulator, looks: int
) -> None:
    user = user_with(simulator, 2, 5)
    simulator.fault("reset", times=1, method="DELETE")
    purge(lead, url_of(user), look(lead, url_of(user)), received_at="2026-01-05")
    for _ in range(looks):
        work_when_due()
    assert Operation.objects.get().state == ("failed" if looks else "unknown")
    for row in simulator.world.existing(user_id=user):
        simulator.disconnect(row.user_id, row.vehicle_id)
    operation = work_when_due()
    assert (operation.state, operation.needs_person, operation.due_at) == ("unknown", True, None)
    assert compare(operation.pk) is None
    assert "no list shows whether a user is purged" in lead.get(f"/operations/{operation.pk}/").text
    assert lead.get(f"/operations/{operation.pk}/receipt/").status_code == 409
    assert "overdue" in lead.get("/").text
    assert purged(lead, user).state == "purged"
    assert "overdue" not in lead.get("/").text


@both_generations
def test_one_that_its_owner_disconnected_calls_nobody_while_another_shows_that_nothing_was_purged(
    lead: Client, simulator: Simulator
) -> None:
    subject = a_purge(simulator, 3)
    simulator.fault("reset", times=1, method="DELETE")
    subject.revoke(lead)
    simulator.disconnect(*subject.rows[0].pair)
    for _ in range(2):
        assert not work_when_due().needs_person
    operation = Operation.objects.get()
    assert operation.state == "failed"
    assert compare(operation.pk) is None
    assert "Not purged" in lead.get(f"/operations/{operation.pk}/").text
    for row in subject.rows[1:]:
        simulator.disconnect(*row.pair)
    operation = work_when_due()
    assert (operation.state, operation.needs_person) == ("unknown", True)


def test_a_person_who_says_that_it_is_gone_does_not_answer_who_wanted_to_be_purged(
    lead: Client, simulator: Simulator
) -> None:
    user = user_with(simulator, 2, 5)
    simulator.fault("reset", times=1, method="DELETE")
    purge(lead, url_of(user), look(lead, url_of(user)), received_at="2026-01-05")
    for row in simulator.world.existing(user_id=user):
        simulator.disconnect(row.user_id, row.vehicle_id)
    operation = work_when_due()
    given = {"conclusion": "gone", "note": "Looked at it in Smartcar's dashboard"}
    assert lead.post(f"/operations/{operation.pk}/reconcile/", given).status_code == 302
    assert Operation.objects.get().state == "seen_gone"
    assert "overdue" in lead.get("/").text
    page = lead.get(f"/operations/{operation.pk}/").text
    assert "Purged, as a person concluded" in page
    assert "The customer still waits" in page
    purged(lead, user)
    assert "overdue" not in lead.get("/").text


def test_nor_does_it_where_no_connection_was_listed(lead: Client, simulator: Simulator, bare: str) -> None:
    simulator.fault("reset-applied", times=1, method="DELETE")
    purge(lead, url_of(bare), look(lead, url_of(bare)), received_at="2026-01-05")
    operation = work_when_due()
    given = {"conclusion": "gone", "note": "Looked at it in Smartcar's dashboard"}
    assert lead.post(f"/operations/{operation.pk}/reconcile/", given).status_code == 302
    assert Operation.objects.get().state == "purged"
    assert "overdue" in lead.get("/").text
    assert "The customer still waits" in lead.get(f"/operations/{operation.pk}/").text
    assert purged(lead, bare).state == "already_gone"
    assert "overdue" not in lead.get("/").text


def test_a_mistyped_user_does_not_answer_who_wanted_to_be_purged(lead: Client, bare: str) -> None:
    wrong = str(uuid4())
    purge(lead, url_of(wrong), look(lead, url_of(wrong)), received_at="2026-01-05")
    mistyped = Operation.objects.get()
    assert mistyped.state == "already_gone"
    assert "overdue" in lead.get("/").text
    assert "The customer still waits: if the id is theirs" in lead.get(f"/operations/{mistyped.pk}/").text
    purge(lead, url_of(bare), look(lead, url_of(bare)), ticket="OPS-2")
    assert "overdue" in lead.get("/").text
    purge(lead, url_of(bare), look(lead, url_of(bare)))
    assert "overdue" not in lead.get("/").text


def test_a_user_whom_smartcar_does_not_know_is_answered_when_asked_for_again(lead: Client) -> None:
    gone = str(uuid4())
    purge(lead, url_of(gone), look(lead, url_of(gone)), received_at="2026-01-05")
    assert "overdue" in lead.get("/").text
    assert purged(lead, gone).state == "already_gone"
    assert "overdue" not in lead.get("/").text
