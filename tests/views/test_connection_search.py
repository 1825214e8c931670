"""A text in the address of the table leads to what its ids are about, or says why not."""

import pytest
from django.test import Client

from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import asked, detail_url, revoke
from tests.marks import both_generations

URL = "/connections/"
UNKNOWN = "00000000-0000-4000-8000-00000000000"


def unknown(count: int) -> list[str]:
    return [f"{UNKNOWN}{number:x}" for number in range(1, count + 1)]


@pytest.fixture
def simulated(simulator: Simulator) -> Connection:
    return next(each for each in simulator.world.connections if each.mode == "simulated")


@both_generations
@pytest.mark.parametrize(
    "text",
    [
        "{user}",
        "  {user}\n",
        "user {user} has called",
        "Customer wrote:\n> my id is {user}, please!\n",
        "https://example.com/?id={user}&x=1",
        "“{user}”",
    ],
)
def test_a_users_id_in_any_text_leads_to_their_connections(support: Client, row: Connection, text: str) -> None:
    answer = support.get(URL, {"q": text.format(user=row.user_id)})
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{URL}?user_id={row.user_id}")


@both_generations
def test_an_id_is_known_in_capitals_and_without_hyphens(support: Client, row: Connection) -> None:
    plain = row.user_id.replace("-", "")
    for text in (row.user_id.upper(), plain, plain.upper()):
        assert f"user_id={row.user_id}" in support.get(URL, {"q": text})["Location"]


@both_generations
def test_a_vehicles_id_leads_to_its_connections(support: Client, row: Connection) -> None:
    answer = support.get(URL, {"q": f"the car {row.vehicle_id}"})
    assert answer["Location"].startswith(f"{URL}?vehicle_id={row.vehicle_id}")


def test_a_connection_id_leads_to_its_page(support: Client, row: Connection) -> None:
    answer = support.get(URL, {"q": row.connection_id})
    assert answer["Location"] == f"{URL}{row.connection_id}/"


@both_generations
def test_a_user_and_a_vehicle_lead_to_their_connection_in_either_order(support: Client, row: Connection) -> None:
    for first, second in (row.pair, row.pair[::-1]):
        answer = support.get(URL, {"q": f"{first} {second}"})
        assert answer["Location"].startswith(detail_url(row))


def test_v3_finds_what_is_simulated_and_says_so_in_the_url(support: Client, simulated: Connection) -> None:
    assert "mode=simulated" in support.get(URL, {"q": simulated.vehicle_id})["Location"]
    assert support.get(URL, {"q": " ".join(simulated.pair)})["Location"].endswith("?mode=simulated")


@both_generations
def test_where_it_leads_shows_the_connection(support: Client, row: Connection) -> None:
    page = support.get(URL, {"q": row.vehicle_id}, follow=True)
    assert page.status_code == 200
    assert row.vehicle_id in page.text


@both_generations
def test_words_beside_an_id_save_requests(support: Client, simulator: Simulator, row: Connection) -> None:
    support.get(URL, {"q": f"vehicle: {row.vehicle_id}"})
    assert len(asked(simulator)) == 1


@both_generations
def test_what_we_did_before_tells_what_an_id_is(support: Client, simulator: Simulator, row: Connection) -> None:
    other = simulator.connect(vehicle_id=row.vehicle_id, mode="live")
    revoke(support, row)
    simulator.clear_requests()
    answer = support.get(URL, {"q": other.vehicle_id})
    assert f"vehicle_id={row.vehicle_id}" in answer["Location"]
    assert len(asked(simulator)) == 1


@both_generations
def test_several_ids_are_offered_to_choose_from_for_no_request(support: Client, simulator: Simulator) -> None:
    ids = unknown(3)
    page = support.get(URL, {"q": ", ".join(ids)})
    assert page.status_code == 200
    assert asked(simulator) == []
    for each in ids:
        assert f"?user_id={each}" in page.text
        assert f"?vehicle_id={each}" in page.text


def test_in_v3_an_id_may_also_be_a_connection(support: Client) -> None:
    assert f'href="{URL}{UNKNOWN}1/"' in support.get(URL, {"q": " ".join(unknown(3))}).text


def test_the_same_id_twice_is_one(support: Client, row: Connection) -> None:
    answer = support.get(URL, {"q": f"{row.user_id} {row.user_id.upper()}"})
    assert f"user_id={row.user_id}" in answer["Location"]


def test_no_more_than_twenty_ids_are_offered(support: Client) -> None:
    page = support.get(URL, {"q": " ".join(f"{UNKNOWN[:-1]}{number:02x}" for number in range(1, 41))})
    assert page.text.count("?user_id=") == 20


@pytest.mark.parametrize(("generation", "requests"), [("v2", 2), ("v3", 5)], indirect=["generation"])
def test_an_unknown_id_is_said_to_be_unknown_for_a_bounded_cost(
    support: Client, simulator: Simulator, requests: int
) -> None:
    page = support.get(URL, {"q": unknown(1)[0]})
    assert page.status_code == 200
    assert "Smartcar does not know this id" in page.text
    assert len(asked(simulator)) == requests


@pytest.mark.parametrize(("generation", "requests"), [("v2", 2), ("v3", 4)], indirect=["generation"])
def test_an_unknown_pair_is_said_to_be_unknown_for_a_bounded_cost(
    support: Client, simulator: Simulator, requests: int
) -> None:
    page = support.get(URL, {"q": " ".join(unknown(2))})
    assert "Smartcar does not know these ids" in page.text
    assert len(asked(simulator)) == requests


@both_generations
@pytest.mark.parametrize("text", ["hello", "1e258add-fb21-4293-b9ab", "'; DROP TABLE staff; --", "x" * 9999])
def test_a_text_about_nothing_says_so_and_nothing_is_asked(support: Client, simulator: Simulator, text: str) -> None:
    page = support.get(URL, {"q": text})
    assert page.status_code == 422
    assert "Nothing in that text is known here" in page.text
    assert asked(simulator) == []


def test_spaces_alone_are_no_search(support: Client) -> None:
    assert "<table" in support.get(URL, {"q": "  \n "}).text


def test_what_was_pasted_stays_in_the_box_as_text(support: Client) -> None:
    page = support.get(URL, {"q": '"><script>alert(1)</script>'})
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


@both_generations
def test_when_smartcar_fails_it_does_not_say_unknown(support: Client, simulator: Simulator, row: Connection) -> None:
    simulator.fault("permission")
    page = support.get(URL, {"q": row.user_id})
    assert page.status_code == 502
    assert simulator.requests[-1].request_id in page.text
    assert "does not know" not in page.text


@both_generations
def test_a_search_in_vain_is_recorded_with_the_ids_that_were_sought(support: Client) -> None:
    support.get(URL, {"q": unknown(1)[0]})
    found = record.newest("connection.listed")["found"]
    assert found["query"] == {"ids": unknown(1)[0]}
    assert found["count"] == 0


@both_generations
def test_a_search_that_leads_on_is_recorded_by_the_page_it_leads_to(support: Client, row: Connection) -> None:
    support.get(URL, {"q": row.user_id}, follow=True)
    assert [body["target"]["user"] for body in record.bodies("connection.")] == [row.user_id]


@pytest.mark.usefixtures("db")
def test_it_needs_sign_in(client: Client) -> None:
    assert client.get(URL, {"q": "x"}).status_code == 302


def test_it_needs_the_permission(access_admin: Client, simulator: Simulator, row: Connection) -> None:
    assert access_admin.get(URL, {"q": row.user_id}).status_code == 403
    assert asked(simulator) == []
