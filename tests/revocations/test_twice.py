"""One preview is one revocation, however often, by however many, and however quickly it is sent."""

from collections.abc import Callable

import pytest
from django.test import Client

from connections.models import Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import look, revoke, send, send_page
from tests.marks import both_generations
from tests.together import at_once


@both_generations
@pytest.mark.parametrize("again", [send, send_page])
def test_the_same_form_twice_is_one_operation_and_one_delete(
    support: Client, simulator: Simulator, row: Connection, again: Callable[..., object]
) -> None:
    digest = look(support, row)
    assert send(support, row, digest).status_code == 200
    again(support, row, digest)
    assert Operation.objects.count() == 1
    assert len(simulator.deletes) == 1
    assert record.types("revocation.intended") == ["revocation.intended"]


@both_generations
def test_the_second_answer_tells_of_the_first_operation(support: Client, row: Connection) -> None:
    digest = look(support, row)
    first, second = send(support, row, digest, ticket="SUP-1"), send(support, row, digest, ticket="SUP-2")
    url = f"/operations/{Operation.objects.get().pk}/"
    assert second.status_code == 200
    assert url in first.content.decode()
    assert url in second.content.decode()
    assert Operation.objects.get().ticket == "SUP-1"


@both_generations
def test_a_double_click_is_one_operation_and_one_delete(support: Client, simulator: Simulator, row: Connection) -> None:
    digest = look(support, row)
    simulator.fault("drip-applied", method="DELETE", seconds=0.001)
    clients = [Client() for _ in range(2)]
    for client in clients:
        client.cookies.update(support.cookies)
    at_once(*(lambda client=client: send(client, row, digest) for client in clients))
    assert Operation.objects.count() == 1
    assert len(simulator.deletes) == 1


@both_generations
def test_two_people_who_both_looked_are_one_delete_and_no_error(
    support: Client, lead: Client, simulator: Simulator, row: Connection
) -> None:
    digests = look(support, row), look(lead, row)
    assert send(support, row, digests[0]).status_code == 200
    second = send(lead, row, digests[1])
    assert second.status_code == 200
    assert "Already gone" in second.content.decode()
    assert len(simulator.deletes) == 1
    assert [operation.state for operation in Operation.objects.order_by("id")] == ["seen_gone", "already_gone"]
    assert record.types("revocation.")[-2:] == ["revocation.intended", "revocation.reconciled"]


@both_generations
def test_two_people_at_the_same_moment_revoke_one_connection_once(
    support: Client, lead: Client, simulator: Simulator, row: Connection
) -> None:
    digests = look(support, row), look(lead, row)
    before = simulator.world.count
    at_once(lambda: send(support, row, digests[0]), lambda: send(lead, row, digests[1]))
    assert simulator.world.count == before - 1
    assert {operation.state for operation in Operation.objects.all()} <= {"seen_gone", "already_gone"}


@both_generations
def test_whoever_comes_later_without_having_looked_hears_that_it_was_revoked(
    support: Client, lead: Client, simulator: Simulator, row: Connection
) -> None:
    revoke(support, row, ticket="SUP-4711")
    answer = send(lead, row, "0" * 64)
    assert answer.status_code == 200
    assert "SUP-4711" in answer.content.decode()
    assert Operation.objects.count() == 1
    assert len(simulator.deletes) == 1


@both_generations
def test_what_the_owner_removed_meanwhile_is_already_gone_and_nothing_is_sent(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    digest = look(support, row)
    simulator.disconnect(*row.pair)
    answer = send(support, row, digest)
    assert answer.status_code == 200
    assert "Already gone" in answer.content.decode()
    assert simulator.deletes == []
    assert Operation.objects.get().state == "already_gone"
    assert "revocation.attempted" not in record.types()


@both_generations
def test_an_old_form_never_touches_a_newer_connection(support: Client, simulator: Simulator, row: Connection) -> None:
    digest = look(support, row)
    send(support, row, digest)
    renewed = simulator.reconnect(*row.pair)
    for button in (send, send_page):
        button(support, row, digest)
    assert renewed in simulator.world.connections
    assert len(simulator.deletes) == 1
