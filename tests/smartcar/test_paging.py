"""From page to page to the end, and no further."""

import pytest

from connections.smartcar.client import ConnectionsAPI
from connections.smartcar.errors import InvalidRequest, ServerFailed, Unreadable
from connections.smartcar.types import Filters, Generation
from tests.smartcar.material import CONNECTION, EVERYTHING, LIVE, USER, v2_list, v2_row, v3_item, v3_list
from tests.smartcar.scripted import Reply, ScriptedServer, json_reply, reply


def v2_page(number: int, cursor: str | None) -> Reply:
    """A page with one row of its own."""
    return json_reply(200, v2_list(v2_row(vehicleId=f"22222222-2222-4222-8222-{number:012}"), cursor=cursor))


def test_every_page_is_read_to_the_end(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(v2_page(1, "a"), v2_page(2, "b"), v2_page(3, None))

    pages = list(v2.every(Filters(user_id=USER), limit=50))

    assert len({row.vehicle_id for page in pages for row in page.connections}) == 3
    assert [seen.query.get("cursor") for seen in server.requests] == [None, "a", "b"]
    assert {(seen.query["limit"], seen.query["user_id"]) for seen in server.requests} == {("50", str(USER))}


def test_a_page_is_read_when_it_is_taken(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(v2_page(1, "a"), v2_page(2, None))

    pages = v2.every(EVERYTHING)
    assert len(server.requests) == 0
    next(pages)
    assert len(server.requests) == 1


def test_v3_goes_by_page_numbers(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    other = v3_item(id="44444444-4444-4444-8444-444444444444")
    server.script(json_reply(200, v3_list(v3_item(), total=2, following="x")), json_reply(200, v3_list(other, total=2)))

    pages = list(v3.every(LIVE, limit=1))

    assert [page.connections[0].connection_id == CONNECTION for page in pages] == [True, False]
    assert [seen.query["page[number]"] for seen in server.requests] == ["1", "2"]


def test_nothing_is_removed_in_silence(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(v2_page(1, "a"), v2_page(1, "b"), v2_page(2, None))

    assert sum(len(page.connections) for page in v2.every(EVERYTHING)) == 3


def test_a_cursor_that_comes_back_is_a_circle(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(v2_page(1, "a"), v2_page(2, "b"), v2_page(3, "a"))

    with pytest.raises(Unreadable, match="circle") as caught:
        list(v2.every(EVERYTHING))

    assert caught.value.generation is Generation.V2
    assert len(server.requests) == 3


def test_pages_that_bring_nothing_new_are_a_circle(v3: ConnectionsAPI, server: ScriptedServer) -> None:
    """A server that ignores the page number would answer the first page for ever."""
    server.otherwise = json_reply(200, v3_list(v3_item(), total=900, following="x"))

    with pytest.raises(Unreadable, match="circle"):
        list(v3.every(LIVE))

    assert len(server.requests) == 4


def test_an_empty_page_in_between_is_passed(v2: ConnectionsAPI, server: ScriptedServer) -> None:
    server.script(v2_page(1, "a"), json_reply(200, v2_list(cursor="b")), v2_page(2, None))

    assert [len(page.connections) for page in v2.every(EVERYTHING)] == [1, 0, 1]


@pytest.mark.parametrize(("answer", "kind"), [(reply(400), InvalidRequest), (reply(500), ServerFailed)])
def test_a_list_that_breaks_off_does_not_look_like_its_end(
    v2: ConnectionsAPI, server: ScriptedServer, answer: Reply, kind: type[Exception]
) -> None:
    server.script(v2_page(1, "a"))
    server.otherwise = answer

    with pytest.raises(kind):
        list(v2.every(EVERYTHING))
