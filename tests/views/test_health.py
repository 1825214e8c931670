"""The health pages: for machines, without sign-in, and honest about the database."""

import pytest
from django.test import Client

from connections.models import Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import revoke
from tests.failing_database import Failing
from tests.working import look_in_vain

pytestmark = pytest.mark.django_db(transaction=True)


NOTHING_OPEN = (
    "operations that need a person: 0\noperations with an unknown outcome: 0\n"
    "uses of the account for emergencies that nobody reviewed: 0\n"
)


@pytest.mark.parametrize(("url", "text"), [("/healthz", "alive\n"), ("/readyz", f"ready\n{NOTHING_OPEN}")])
def test_it_answers_without_sign_in_and_records_nothing(client: Client, url: str, text: str) -> None:
    answer = client.get(url)
    assert (answer.status_code, answer.text) == (200, text)
    assert answer["Content-Type"] == "text/plain"
    assert not answer.cookies
    assert record.types() == []


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_head_is_enough(client: Client, url: str) -> None:
    answer = client.head(url)
    assert (answer.status_code, answer.content) == (200, b"")


def test_without_a_usable_database_it_is_alive_and_not_ready(client: Client, without_table: Failing) -> None:
    with without_table("audit_event"):
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "the database does not answer\n")


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_rejects_other_methods(client: Client, url: str, method: str) -> None:
    assert getattr(client, method)(url).status_code == 405


def test_what_operators_should_know_is_counted_and_takes_no_server_out_of_service(
    client: Client, support: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, row)
    unknown = client.get("/readyz")
    assert (unknown.status_code, unknown.text.splitlines()[0]) == (200, "ready")
    assert "operations with an unknown outcome: 1\n" in unknown.text
    look_in_vain(simulator)
    given_up = client.get("/readyz")
    assert given_up.status_code == 200
    assert "operations that need a person: 1\noperations with an unknown outcome: 0\n" in given_up.text
    assert str(Operation.objects.get().pk) not in given_up.text
