"""All of a user's connections, and a vehicle for all users."""

import re
from collections import Counter

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from connections.models import Approval, AuditEvent, Operation
from connections.permissions import Role
from connections.simulator.server import Simulator
from tests.people import SignIn
from tests.together import at_once

BOTH = pytest.mark.parametrize("generation", ["v2", "v3"], indirect=True)


def user_with(simulator: Simulator, least: int, most: int) -> str:
    counts = Counter(row.user_id for row in simulator.world.connections)
    return next(str(user) for user, count in counts.items() if least <= count <= most)


def digest(client: Client, url: str) -> str:
    found = re.search(r'name="preview" value="([0-9a-f]{64})"', client.get(f"{url}revoke/").content.decode())
    assert found is not None
    return found[1]


def revoke(client: Client, url: str, **fields: str) -> int:
    given = {"reason": "customer_request", "ticket": "OPS-1", **fields}
    if "preview" not in given:
        given["preview"] = digest(client, url)
    body = "&".join(f"{name}={value}" for name, value in given.items())
    answer = client.delete(url, body, content_type="application/x-www-form-urlencoded")
    return answer.status_code


def left(simulator: Simulator, user: str) -> int:
    return sum(row.user_id == user for row in simulator.world.connections)


@BOTH
def test_a_users_few_go_after_a_typed_confirmation(support: Client, simulator: Simulator) -> None:
    user = user_with(simulator, 2, 5)
    url = f"/users/{user}/connections/"
    assert revoke(support, url) == 422
    assert not simulator.deletes
    assert revoke(support, url, confirm=user[:8]) == 200
    operation = Operation.objects.get()
    assert operation.state == "seen_gone"
    assert left(simulator, user) == 0


@pytest.mark.parametrize("generation", ["v3"], indirect=True)
def test_one_form_sent_six_times_at_once_is_one_revocation_and_says_so_each_time(
    support: Client, simulator: Simulator
) -> None:
    """The later ones find fewer connections than were shown, since the first has begun: that is no change by others."""
    for user in sorted({row.user_id for row in simulator.world.connections})[:8]:
        url = f"/users/{user}/connections/"
        shown = digest(support, url)

        def sent(url: str = url, shown: str = shown, user: str = str(user)) -> int:
            client = Client()
            client.cookies.update(support.cookies)
            return revoke(client, url, preview=shown, confirm=user[:8])

        assert at_once(*[sent] * 6) == [200] * 6
    assert [operation.state for operation in Operation.objects.all()] == ["seen_gone"] * 8


@BOTH
def test_a_vehicle_for_all_users_waits_for_a_second_person(
    support: Client, sign_in: SignIn, simulator: Simulator
) -> None:
    row = simulator.world.connections[0]
    url = f"/vehicles/{row.vehicle_id}/connections/"
    assert revoke(support, url, confirm=row.vehicle_id[:8]) == 200
    operation = Operation.objects.get()
    assert operation.state == "awaiting_approval"
    assert not simulator.deletes
    assert support.post(f"/approvals/{operation.pk}/", {"decision": "granted"}).status_code == 403
    lead = sign_in(Role.LEAD)
    assert lead.post(f"/approvals/{operation.pk}/", {"decision": "granted"}).status_code == 302
    operation.refresh_from_db()
    assert operation.state == "seen_gone"
    assert not [each for each in simulator.world.connections if each.vehicle_id == row.vehicle_id]
    call_command("audit_verify")


def test_who_asked_cannot_approve(lead: Client, simulator: Simulator) -> None:
    row = simulator.world.connections[0]
    url = f"/vehicles/{row.vehicle_id}/connections/"
    assert revoke(lead, url, confirm=row.vehicle_id[:8]) == 200
    operation = Operation.objects.get()
    assert lead.post(f"/approvals/{operation.pk}/", {"decision": "granted"}).status_code == 409
    assert not simulator.deletes
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(
            operation=operation,
            requester_id=operation.actor_id,
            approver_id=operation.actor_id,
            decision="granted",
            seq=1,
            at=operation.asked_at,
        )


def test_a_changed_set_voids_the_approval(support: Client, sign_in: SignIn, simulator: Simulator) -> None:
    row = simulator.world.connections[0]
    url = f"/vehicles/{row.vehicle_id}/connections/"
    revoke(support, url, confirm=row.vehicle_id[:8])
    simulator.reconnect(row.user_id, row.vehicle_id)
    operation = Operation.objects.get()
    sign_in(Role.LEAD).post(f"/approvals/{operation.pk}/", {"decision": "granted"})
    operation.refresh_from_db()
    assert operation.state == "cancelled"
    assert not simulator.deletes
    assert AuditEvent.objects.filter(type="approval.voided").exists()


def test_a_confirmation_is_the_id_or_its_first_eight_characters(support: Client, simulator: Simulator) -> None:
    user = user_with(simulator, 2, 5)
    url = f"/users/{user}/connections/"
    assert revoke(support, url, confirm=f"{user[:8]}-anything") == 422
    assert revoke(support, url, confirm=user) == 200
