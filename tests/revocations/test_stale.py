"""What changed since one looked is not revoked: 409, with then and now side by side."""

from datetime import datetime

from django.test import Client

from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import look, send, send_page
from tests.marks import both_generations


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


@both_generations
def test_one_that_was_connected_again_is_not_revoked_but_shown_as_then_and_now(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    digest = look(support, row)
    renewed = simulator.reconnect(*row.pair)
    for button in (send, send_page):
        answer = button(support, row, digest)
        assert answer.status_code == 409
        page = answer.content.decode()
        assert "Changed since you looked" in page
        assert page.index(moment(row.connected_at)) < page.index(moment(renewed.connected_at))
    assert simulator.deletes == []
    assert renewed in simulator.world.connections


@both_generations
def test_the_dialog_stays_a_dialog(support: Client, simulator: Simulator, row: Connection) -> None:
    digest = look(support, row)
    simulator.reconnect(*row.pair)
    assert "<html" not in send(support, row, digest).content.decode()
    assert "<html" in send_page(support, row, digest).content.decode()


@both_generations
def test_that_it_was_refused_is_recorded(support: Client, simulator: Simulator, row: Connection) -> None:
    digest = look(support, row)
    simulator.reconnect(*row.pair)
    send(support, row, digest)
    refused = record.newest("access.refused")
    assert refused["why"]["reason"] == "preview_stale"
    assert refused["outcome"]["http"] == 409
    assert (refused["target"]["user"], refused["target"]["vehicle"]) == row.pair
    assert record.types("revocation.") == ["revocation.previewed"]


@both_generations
def test_after_looking_again_it_can_be_revoked(support: Client, simulator: Simulator, row: Connection) -> None:
    digest = look(support, row)
    renewed = simulator.reconnect(*row.pair)
    assert send(support, row, digest).status_code == 409
    assert send(support, row, look(support, renewed)).status_code == 200
    assert renewed not in simulator.world.connections


@both_generations
def test_what_is_beside_it_may_change_freely(support: Client, simulator: Simulator, row: Connection) -> None:
    digest = look(support, row)
    simulator.connect(user_id=row.user_id, mode="live")
    assert send(support, row, digest).status_code == 200
