"""The form of a revocation and its two buttons: what they show, refuse, send and answer."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from connections.models import Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import FORM, HTMX, asked, detail_url, fields, look, revoke, revoke_url, send, send_page
from tests.marks import both_generations
from tests.people import PASSWORD

NOBODY = "00000000-0000-4000-8000-000000000000"
BAD = pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"reason": ""}, "Choose a reason."),
        ({"reason": "boredom"}, "Choose a reason from the list."),
        ({"reason": "other"}, "Say in the note what the reason is, in a few words."),
        ({"ticket": ""}, "Write the ticket this belongs to."),
        ({"ticket": "sup-7"}, "A ticket looks like"),
        ({"ticket": "SUP-7 and more"}, "A ticket looks like"),
        ({"ticket": "SUP-" + "7" * 61}, "at most 64 characters"),
        ({"note": "x" * 2001}, "at most 2000 characters"),
        ({"note": "abc\x1b[31mdef"}, "characters that cannot be shown"),
        ({"note": "abc\u202edef"}, "characters that cannot be shown"),
        ({"preview": ""}, "Look again."),
        ({"preview": "0" * 63}, "Look again."),
        ({"preview": "g" * 64}, "Look again."),
    ],
)


@both_generations
def test_the_form_shows_exactly_what_will_be_removed_and_what_not(support: Client, row: Connection) -> None:
    page = support.get(f"{revoke_url(row)}?mode=live")
    assert page.status_code == 200
    removed, stays = page.text.split("Will stay as it is")
    for shown in (row.user_id, row.vehicle_id, row.model, str(row.year)):
        assert shown in removed
    assert "Data that your company has already read and stored" in stays
    assert "The owner's account with the car maker" in stays.replace("&#x27;", "'")


@both_generations
def test_the_form_reads_smartcar_past_every_cache(support: Client, simulator: Simulator, row: Connection) -> None:
    look(support, row)
    simulator.disconnect(*row.pair)
    assert support.get(revoke_url(row)).status_code == 404


@both_generations
def test_what_was_shown_to_whom_is_recorded(support: Client, row: Connection) -> None:
    digest = look(support, row)
    previewed = record.newest("revocation.previewed")
    assert previewed["control"] == {"preview": digest}
    assert previewed["target"]["vehicle"] == row.vehicle_id
    assert previewed["target"]["model"] == row.model
    assert previewed["found"]["count"] == 1


@both_generations
def test_htmx_gets_a_dialog_and_a_browser_without_it_a_page(support: Client, row: Connection) -> None:
    page, dialog = support.get(revoke_url(row)), support.get(revoke_url(row), headers=HTMX)
    assert f'method="post" action="{revoke_url(row)}"' in page.text
    assert f'hx-delete="{detail_url(row)}"' in dialog.text
    assert "<html" not in dialog.text
    assert "HX-Request" in page["Vary"]
    assert "HX-Request" in dialog["Vary"]


@both_generations
def test_the_button_revokes_and_the_row_tells_the_truth(support: Client, simulator: Simulator, row: Connection) -> None:
    answer = revoke(support, row)
    assert answer.status_code == 200
    assert [entry.removed for entry in simulator.deletes] == [(row.pair,)]
    assert answer["HX-Retarget"] == f'tr:has(a[href="{detail_url(row)}?mode={row.mode}"])'
    assert answer["HX-Trigger"] == "dialog:close"
    operation = Operation.objects.get()
    assert f'href="/operations/{operation.pk}/"' in answer.content.decode()
    assert "/revoke/" not in answer.content.decode()


@both_generations
def test_on_the_page_of_one_connection_its_state_is_replaced(support: Client, row: Connection) -> None:
    answer = revoke(support, row, shown_on="page")
    assert answer["HX-Retarget"] == "#connection-state"
    assert 'id="connection-state"' in answer.content.decode()


@both_generations
def test_without_javascript_the_page_posts_and_leads_to_the_operation(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    answer = send_page(support, row, look(support, row))
    assert answer.status_code == 302
    assert answer["Location"] == f"/operations/{Operation.objects.get().pk}/"
    assert len(simulator.deletes) == 1


@both_generations
def test_a_delete_without_htmx_answers_with_a_page(support: Client, row: Connection) -> None:
    body = urlencode(fields(look(support, row)))
    answer = support.delete(detail_url(row), body, content_type=FORM)
    assert answer.status_code == 200
    assert "<html" in answer.text
    assert "SUP-7" in answer.text


@both_generations
@BAD
def test_a_bad_field_is_named_beside_it_and_nothing_is_sent(
    support: Client, simulator: Simulator, row: Connection, bad: dict[str, str], words: str
) -> None:
    digest = look(support, row)
    simulator.clear_requests()
    for button in (send, send_page):
        answer = button(support, row, digest, **bad)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert asked(simulator) == []
    assert [body["why"]["reason"] for body in record.bodies("access.refused")] == ["bad_input"] * 2
    assert record.types("revocation.") == ["revocation.previewed"]


def test_what_was_typed_and_what_was_shown_survive_a_mistake(support: Client, row: Connection) -> None:
    digest = look(support, row)
    page = send_page(support, row, digest, ticket="oops", note="the <b>owner</b> called").content.decode()
    assert 'value="oops"' in page
    assert "the &lt;b&gt;owner&lt;/b&gt; called" in page
    assert f'value="{digest}"' in page
    assert row.vehicle_id in page.split("Will stay as it is")[0]


def test_a_mistake_in_the_dialog_comes_back_as_a_dialog(support: Client, row: Connection) -> None:
    answer = send(support, row, look(support, row), ticket="oops")
    assert "<html" not in answer.content.decode()
    assert "hx-delete" in answer.content.decode()


@both_generations
@pytest.mark.parametrize("reason", ["fraud", "legal_order"])
def test_a_reason_that_needs_a_second_person_is_not_carried_out_by_one(
    support: Client, simulator: Simulator, row: Connection, reason: str
) -> None:
    answer = revoke(support, row, reason=reason)
    assert answer.status_code == 422
    assert simulator.deletes == []
    assert "revocation.attempted" not in record.types()


@both_generations
def test_fields_in_the_url_do_not_count(support: Client, simulator: Simulator, row: Connection) -> None:
    url = f"{detail_url(row)}?{urlencode(fields(look(support, row)))}"
    assert support.delete(url).status_code == 422
    assert simulator.deletes == []


@both_generations
def test_a_digest_that_was_shown_to_somebody_else_revokes_nothing(
    support: Client, lead: Client, simulator: Simulator, row: Connection
) -> None:
    answer = send(lead, row, look(support, row))
    assert answer.status_code == 409
    assert "You have not looked at this connection" in answer.content.decode()
    assert simulator.deletes == []


@both_generations
def test_a_digest_of_another_connection_revokes_nothing(support: Client, simulator: Simulator, row: Connection) -> None:
    other = simulator.connect(user_id=row.user_id, mode="live")
    assert send(support, row, look(support, other)).status_code == 409
    assert simulator.deletes == []


@pytest.mark.usefixtures("support")
def test_a_form_from_elsewhere_is_refused_and_recorded(simulator: Simulator, row: Connection) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.get("/accounts/login/")
    token = strict.cookies["csrftoken"].value
    strict.post("/accounts/login/", {"login": "support", "password": PASSWORD, "csrfmiddlewaretoken": token})
    digest = look(strict, row)
    for answer in (send(strict, row, digest), send_page(strict, row, digest)):
        assert answer.status_code == 403
        assert "This form has expired" in answer.content.decode()
    assert [body["why"]["reason"] for body in record.bodies("access.refused")] == ["form_from_elsewhere"] * 2
    assert simulator.deletes == []


@pytest.mark.parametrize(
    "body",
    ["note=" + "x" * 70_000, "&".join(f"field{number}=1" for number in range(60)), "&" * 60_000],
    ids=["too long", "too many fields", "nothing but separators"],
)
def test_a_body_that_is_no_form_of_ours_is_refused_plainly(
    support: Client, simulator: Simulator, row: Connection, body: str
) -> None:
    for method, url in (("delete", detail_url(row)), ("post", revoke_url(row))):
        answer = getattr(support, method)(url, body, content_type=FORM)
        assert answer.status_code in (400, 413, 422)
    assert asked(simulator) == []


@both_generations
def test_unknown_to_smartcar_and_to_us_is_not_found(support: Client, simulator: Simulator, row: Connection) -> None:
    url = f"/connections/{row.user_id}/{NOBODY}/"
    assert support.get(f"{url}revoke/").status_code == 404
    assert support.delete(url, urlencode(fields("0" * 64)), content_type=FORM).status_code == 404
    assert simulator.deletes == []


def test_the_nil_id_names_nobody(support: Client, simulator: Simulator, row: Connection) -> None:
    nil = "00000000-0000-0000-0000-000000000000"
    for user, vehicle in ((nil, row.vehicle_id), (row.user_id, nil)):
        assert support.get(f"/connections/{user}/{vehicle}/revoke/").status_code == 404
        assert support.delete(f"/connections/{user}/{vehicle}/").status_code == 404
    assert asked(simulator) == []


@both_generations
def test_already_revoked_by_us_is_said_instead_of_a_form(support: Client, lead: Client, row: Connection) -> None:
    revoke(support, row, ticket="SUP-4711")
    page, dialog = lead.get(revoke_url(row)), lead.get(revoke_url(row), headers=HTMX)
    for answer in (page, dialog):
        assert answer.status_code == 200
        assert "Already revoked" in answer.text
        assert "SUP-4711" in answer.text
        assert 'name="preview"' not in answer.text
    assert "<html" not in dialog.text


@pytest.mark.usefixtures("db")
def test_it_needs_sign_in(client: Client, simulator: Simulator, row: Connection) -> None:
    assert client.get(revoke_url(row))["Location"] == f"/accounts/login/?next={revoke_url(row)}"
    assert client.post(revoke_url(row), fields("0" * 64)).status_code == 302
    answer = client.delete(detail_url(row), headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (401, f"/accounts/login/?next={revoke_url(row)}")
    assert asked(simulator) == []


def test_it_needs_the_permission(auditor: Client, simulator: Simulator, row: Connection) -> None:
    digest = "0" * 64
    for answer in (auditor.get(revoke_url(row)), send(auditor, row, digest), send_page(auditor, row, digest)):
        assert answer.status_code == 403
    assert [body["why"]["reason"] for body in record.bodies("access.")] == ["revoke_connection"] * 3
    assert asked(simulator) == []


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_it_rejects_other_methods(support: Client, row: Connection, method: str) -> None:
    assert getattr(support, method)(revoke_url(row)).status_code == 405


@both_generations
def test_when_smartcar_fails_there_is_no_form(support: Client, simulator: Simulator, row: Connection) -> None:
    simulator.fault("permission")
    for headers in {}, HTMX:
        answer = support.get(revoke_url(row), headers=headers)
        assert answer.status_code == 502
        assert simulator.requests[-1].request_id in answer.text
        assert 'name="preview"' not in answer.text


@both_generations
def test_when_the_read_before_the_deed_fails_nothing_is_sent(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    digest = look(support, row)
    simulator.fault("permission", method="GET")
    answer = send(support, row, digest)
    assert answer.status_code == 502
    assert simulator.requests[-1].request_id in answer.content.decode()
    assert simulator.deletes == []
    assert "revocation.attempted" not in record.types()


@pytest.mark.parametrize("generation", ["v2"], indirect=True)
def test_details_that_cannot_be_read_do_not_prevent_the_deed(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.fault("permission", generation="v3")
    assert revoke(support, row).status_code == 200
    assert len(simulator.deletes) == 1


@both_generations
def test_the_deed_is_recorded_with_reason_ticket_and_what_was_removed(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    answer = revoke(support, row, reason="vehicle_sold", ticket="SUP-4711", note="told by telephone")
    intended, completed = record.newest("revocation.intended"), record.newest("revocation.completed")
    assert (intended["why"]["reason"], intended["why"]["ticket"]) == ("vehicle_sold", "SUP-4711")
    assert "telephone" not in str(intended)
    assert intended["request"] == answer["X-Request-Id"]
    assert intended["target"]["model"] == row.model
    assert completed["outcome"]["smartcar_request_id"] == simulator.deletes[0].request_id
    assert completed["cause"] == intended["seq"]


@pytest.mark.parametrize("digest", ["\0", "0" * 63 + "\0", "\ud800", "x" * 5000])
def test_a_digest_that_is_none_is_bad_input(
    support: Client, simulator: Simulator, row: Connection, digest: str
) -> None:
    body = urlencode({"reason": "customer_request", "ticket": "SUP-7", "preview": digest}, errors="surrogatepass")
    for method, url in (("POST", revoke_url(row)), ("DELETE", detail_url(row))):
        assert support.generic(method, url, body, content_type=FORM).status_code == 422
    assert simulator.deletes == []
