"""The one box: whatever is pasted, it offers what that may be, asks Smartcar nothing, and leads on when it is sent."""

import re
from html import unescape

import pytest
from django.test import Client

from connections.models import Operation
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import HTMX, asked, detail_url, look, revoke
from tests.people import SignIn

URL = "/find/"


def offered(client: Client, text: str) -> dict[str, list[str]]:
    """What is offered while it is typed: the links of each thing, by its kind and words."""
    answer = client.post(URL, {"q": text}, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    offers = {}
    for item in re.findall(r"<li>(.*?)</li>", answer.text, re.DOTALL):
        words = re.sub(r"<[^>]+>", "", item.partition("</span></span>")[0])
        offers[unescape(words)] = [unescape(url) for url in re.findall(r'href="([^"]+)"', item)]
    return offers


def sent(client: Client, text: str) -> str:
    """Where the text leads when it is sent."""
    answer = client.post(URL, {"q": text})
    assert answer.status_code == 302, answer.text
    return str(answer["Location"])


def ticket_text(row: Connection, ticket: str = "OPS-4711") -> str:
    return f"{ticket}: please disconnect\n\nuser id: {row.user_id}\nvehicle id: {row.vehicle_id}\n\nThanks, Jo"


def test_a_tickets_text_offers_its_connection_its_ids_and_its_ticket(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    offers = offered(support, ticket_text(row))
    assert list(offers) == [
        "Connection of these two ids",
        f"Id {row.user_id}",
        f"Id {row.vehicle_id}",
        "Ticket OPS-4711, no operation yet",
    ]
    assert offers["Connection of these two ids"] == [f"{detail_url(row)}?ticket=OPS-4711"]
    assert offers[f"Id {row.vehicle_id}"][0].startswith(f"/connections/?vehicle_id={row.vehicle_id}")
    assert asked(simulator) == []


def test_sent_it_leads_to_the_connection_and_its_ticket_stands_in_the_form(support: Client, row: Connection) -> None:
    place = sent(support, ticket_text(row))
    assert place == f"{detail_url(row)}?mode=live&ticket=OPS-4711"
    form = support.get(f"{detail_url(row)}revoke/?mode=live&ticket=OPS-4711")
    assert re.search(r'name="ticket" value="OPS-4711"', form.text)


@pytest.mark.parametrize("ticket", ["no ticket", '"><script>', "x" * 500])
def test_what_is_no_ticket_stays_out_of_the_form(support: Client, row: Connection, ticket: str) -> None:
    form = support.get(f"{detail_url(row)}revoke/", {"ticket": ticket})
    assert re.search(r'<input type="text" name="ticket"(?![^>]* value)', form.text)


def test_of_several_tickets_none_goes_along(support: Client, row: Connection) -> None:
    assert "ticket=" not in sent(support, f"OPS-1 OPS-2 {row.user_id} {row.vehicle_id}")


def test_an_id_without_a_word_beside_it_is_offered_to_be_looked_up(support: Client, row: Connection) -> None:
    [(words, links)] = offered(support, row.user_id).items()
    assert words == f"Id {row.user_id}"
    assert links[0] == f"/connections/?q={row.user_id}"
    assert f"/connections/{row.user_id}/" in links
    assert support.get(links[0])["Location"].startswith(f"/connections/?user_id={row.user_id}")


def test_what_an_id_was_before_comes_first(support: Client, row: Connection) -> None:
    revoke(support, row)
    assert offered(support, row.vehicle_id)[f"Id {row.vehicle_id}"][0].startswith("/connections/?vehicle_id=")


def test_an_operation_is_known_by_its_id_and_by_its_ticket(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    revoke(support, row, ticket="SUP-7")
    operation = Operation.objects.get()
    simulator.clear_requests()
    assert offered(support, f"see {operation.id}") == {
        "Operation for SUP-7: Revoked, seen gone": [f"/operations/{operation.id}/"]
    }
    assert sent(support, str(operation.id)) == f"/operations/{operation.id}/"
    assert offered(support, "sup-7")["Ticket SUP-7, 1 operation"] == [
        "/operations/?ticket=SUP-7",
        "/audit/?ticket=SUP-7",
    ]
    assert sent(support, "SUP-7") == "/operations/?ticket=SUP-7"
    assert asked(simulator) == []


def test_what_only_looks_like_a_ticket_is_left_out_beside_others(support: Client, row: Connection) -> None:
    revoke(support, row, ticket="SUP-7")
    assert list(offered(support, "Re: SUP-7, encoded as UTF-8 (ISO-8859)")) == ["Ticket SUP-7, 1 operation"]


def test_an_event_is_known_by_its_number(auditor: Client) -> None:
    auditor.get("/audit/")
    assert [list(offered(auditor, text).values()) for text in ("#1", "event 1")] == [[["/audit/1/"]]] * 2


def test_colleagues_are_found_by_name_with_what_each_role_may_see_of_them(sign_in: SignIn, row: Connection) -> None:
    ana, lead, auditor, access = (
        sign_in(role, name)
        for role, name in [
            (Role.SUPPORT, "ana"),
            (Role.LEAD, "leo"),
            (Role.AUDITOR, "ada"),
            (Role.ACCESS_ADMIN, "max"),
        ]
    )
    assert offered(lead, "an") == {}  # has asked for nothing yet
    revoke(ana, row)
    assert offered(lead, "an") == {"Staff ana": ["/operations/?actor=ana", f"/audit/?actor={_id(ana)}"]}
    assert offered(auditor, "leo") == {"Staff leo": ["/operations/?actor=leo", f"/audit/?actor={_id(lead)}"]}
    assert offered(access, "leo") == {"Staff leo": [f"/staff/{_id(lead)}/"]}
    assert sent(access, "leo") == f"/staff/{_id(lead)}/"


def _id(client: Client) -> str:
    return str(client.session["_auth_user_id"])


def test_what_a_role_may_not_see_is_not_offered(
    access_admin: Client, support: Client, lead: Client, row: Connection
) -> None:
    revoke(lead, row, ticket="SUP-7")
    operation = Operation.objects.get()
    for text in (row.user_id, f"{row.user_id} {row.vehicle_id}", str(operation.id), "SUP-7", "#1"):
        assert offered(access_admin, text) == {}
        assert access_admin.post(URL, {"q": text}).status_code == 422
    assert offered(support, "#1") == {}  # nobody's deed but the command's
    assert offered(support, "lead") == {"Staff lead": ["/operations/?actor=lead"]}  # whose events are not theirs


def test_several_things_are_offered_to_choose_from_when_it_is_sent(support: Client, simulator: Simulator) -> None:
    ids = [f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3)]
    page = support.post(URL, {"q": " ".join(ids)})
    assert page.status_code == 200
    assert all(f"?user_id={each}" in page.text for each in ids)
    assert asked(simulator) == []


@pytest.mark.parametrize(
    "text", ["hello there", "'; DROP TABLE staff; --", "\0", "-" * 20_000, "(a-" * 5000, "\N{FULLWIDTH PERCENT SIGN}"]
)
def test_what_is_about_nothing_says_so_and_asks_nothing(support: Client, simulator: Simulator, text: str) -> None:
    assert offered(support, text) == {}
    page = support.post(URL, {"q": text})
    assert (page.status_code, "Nothing in that text is known here" in page.text) == (422, True)
    assert asked(simulator) == []


def test_without_a_text_it_says_what_can_be_pasted(support: Client) -> None:
    for page in (support.get(URL), support.post(URL, {"q": " "})):
        assert (page.status_code, "Paste what you were sent" in page.text) == (200, True)


def test_the_box_is_on_every_page_and_sends_the_text_in_the_body(support: Client, access_admin: Client) -> None:
    for client in (support, access_admin):
        assert re.search(r'<form action="/find/" method="post">', client.get("/").text)


def test_what_was_typed_stays_in_the_box_as_text(support: Client) -> None:
    page = support.post(URL, {"q": '"><script>alert(1)</script>'})
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


def test_looking_at_the_form_from_a_ticket_binds_the_same_set(support: Client, row: Connection) -> None:
    assert look(support, row) in support.get(f"{detail_url(row)}revoke/?mode=live&ticket=OPS-1").text


@pytest.mark.usefixtures("db")
def test_it_needs_sign_in(client: Client) -> None:
    assert client.post(URL, {"q": "x"})["Location"] == "/accounts/login/?next=/find/"
