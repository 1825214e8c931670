"""What was typed before a sign-in, or a refusal for the moment, is there afterwards, once, and for them alone."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client

from connections.models import Operation
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import HTMX, delete, detail_url, fields, look, revoke, revoke_url, send, send_page
from tests.people import PASSWORD, SignIn, enter, known, url_of
from tests.working import look_in_vain

NOTE = "Shouted <b>twice</b>, wants it gone by “Friday”"
TYPED = {"reason": "fraud", "ticket": "SUP-4711", "note": NOTE, "received_at": "2026-11-20"}
AGAIN, HERE = "/accounts/sign-in-again/", "What you typed is here again."


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-24T08:00:00Z", tick=False) as clock:
        yield clock


def typed_in(page: str) -> dict[str, str]:
    """What stands in the fields of the form of a revocation."""
    note = re.search(r'<textarea name="note"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    reason = re.search(r'<option value="([a-z_]+)" selected>', page)
    values = dict(re.findall(r'<input [^>]*name="(ticket|received_at|confirm)" value="([^"]*)"', page))
    found = {**values, "note": note[1] if note else "", "reason": reason[1] if reason else ""}
    return {name: unescape(value) for name, value in found.items() if value}


def confirmed(client: Client, page: str) -> Any:
    """Go where the answer leads to sign in again, do so, and follow from there."""
    query = parse_qs(urlsplit(page).query)
    return client.post(page.partition("?")[0], {"password": PASSWORD, "next": query["next"][0]}, follow=True)


def entered(client: Client, page: str, name: str = "support") -> Any:
    """The same at the sign-in page."""
    query = parse_qs(urlsplit(page).query)
    answer = {"login": name, "password": PASSWORD, "next": query["next"][0]}
    return client.post("/accounts/login/", answer, follow=True)


# --- Signing in again, in the same session ---


def test_a_deed_that_needs_it_is_refused_with_everything_still_there(
    support: Client, row: Connection, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=11))
    page = send_page(support, row, look(support, row), **TYPED, confirm=row.vehicle_id[:8])
    assert page.status_code == 422
    text = page.content.decode()
    assert typed_in(text) == {**TYPED, "confirm": row.vehicle_id[:8]}
    assert f'formaction="{AGAIN}?next={revoke_url(row).replace("/", "%2F")}"' in text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_button_leads_there_and_back_and_nothing_is_sent(
    support: Client, simulator: Simulator, row: Connection, clock: time_machine.Traveller, headers: dict[str, str]
) -> None:
    clock.shift(timedelta(minutes=11))
    form = fields(look(support, row), **TYPED, confirm=row.vehicle_id[:8])
    answer = support.post(f"{AGAIN}?next={revoke_url(row)}", form, headers=headers)
    url = answer["HX-Redirect"] if headers else answer["Location"]
    assert url.startswith("/accounts/reauthenticate/?next=")
    assert not [value for value in (NOTE, "4711", "fraud", f"{row.vehicle_id[:8]}&") if value in url]
    page = confirmed(support, url)
    assert page.request["PATH_INFO"] == revoke_url(row)
    assert HERE in page.text
    assert "Nothing was sent yet." in page.text
    assert typed_in(page.text) == {**TYPED, "confirm": row.vehicle_id[:8]}
    assert not Operation.objects.exists()
    assert simulator.deletes == []
    assert send_page(support, row, look(support, row), **TYPED, confirm=row.vehicle_id[:8]).status_code == 302


def test_it_is_there_once_and_on_no_other_page(support: Client, simulator: Simulator, row: Connection) -> None:
    other = simulator.connect(user_id=row.user_id, mode="live")
    support.post(f"{AGAIN}?next={revoke_url(row)}", fields(look(support, row), **TYPED))
    assert typed_in(support.get(revoke_url(other)).text) == {}
    assert support.head(revoke_url(row)).status_code == 200
    assert typed_in(support.get(revoke_url(row)).text) == TYPED
    assert typed_in(support.get(revoke_url(row)).text) == {}


def test_it_is_forgotten_after_ten_minutes(support: Client, row: Connection, clock: time_machine.Traveller) -> None:
    support.post(f"{AGAIN}?next={revoke_url(row)}", fields(look(support, row), **TYPED))
    clock.shift(timedelta(minutes=10, seconds=1))
    assert typed_in(support.get(revoke_url(row)).text) == {}


def test_it_is_forgotten_at_sign_out(support: Client, row: Connection) -> None:
    support.post(f"{AGAIN}?next={revoke_url(row)}", fields(look(support, row), **TYPED))
    support.post("/accounts/logout/")
    assert enter(support, "support")
    assert typed_in(support.get(revoke_url(row)).text) == {}


def test_what_changed_meanwhile_is_said_and_must_be_confirmed_anew(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    form = fields(look(support, row), **TYPED, confirm=row.vehicle_id[:8])
    support.post(f"{AGAIN}?next={revoke_url(row)}", form)
    simulator.reconnect(row.user_id, row.vehicle_id)
    page = support.get(revoke_url(row)).text
    assert typed_in(page) == TYPED
    assert "What it is about has changed since: look at it again." in page


def test_it_is_nowhere_readable(support: Client, row: Connection, settings: LazySettings) -> None:
    support.post(f"{AGAIN}?next={revoke_url(row)}", fields(look(support, row), **TYPED))
    for session in Session.objects.all():
        stored = str(session.get_decoded())
        assert "typed" in stored
        assert not [secret for secret in (NOTE, "4711", "fraud") if secret in stored]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key-of-fifty-characters-or-more-0123456789", []
    assert enter(support, "support")
    assert typed_in(support.get(revoke_url(row)).text) == {}


def test_no_more_is_kept_than_a_few_forms_of_a_usual_size(support: Client, row: Connection) -> None:
    def stored() -> int:
        return max(len(session.session_data) for session in Session.objects.all())

    users = [f"/users/00000000-0000-4000-8000-00000000000{number}/connections/revoke/" for number in range(1, 8)]
    for url in users:
        support.post(f"{AGAIN}?next={url}", TYPED | {"note": "x" * 4000})
    assert stored() < 25_000
    for url in users:
        support.post(f"{AGAIN}?next={url}", TYPED | {"note": "x" * 60_000})
    assert stored() < 25_000
    assert typed_in(support.get(revoke_url(row)).text) == {}


@pytest.mark.parametrize(
    "page", ["", "//elsewhere.example/", "https://elsewhere.example/", "/nothing-here/", "/\\e.com"]
)
def test_it_leads_nowhere_else(support: Client, page: str) -> None:
    assert support.post(f"{AGAIN}?next={page}", TYPED).status_code == 404


def test_a_new_account_is_typed_once_but_for_its_password(access_admin: Client, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(minutes=11))
    form = {"name": "zoe", "role": "auditor", "team": "North", "password": "a-password-typed-here"}
    assert access_admin.post("/staff/new/", form).status_code == 422
    page = confirmed(access_admin, access_admin.post(f"{AGAIN}?next=/staff/new/", form)["Location"]).text
    assert re.search(r'name="name" value="zoe"', page)
    assert '<option value="auditor" selected>' in page
    assert re.search(r'name="team" value="North"', page)
    assert "a-password-typed-here" not in page


def test_a_wished_role_is_there_again(access_admin: Client, sign_in: SignIn, clock: time_machine.Traveller) -> None:
    sign_in(Role.SUPPORT, "sam")
    clock.shift(timedelta(minutes=11))
    url = url_of("sam", "role")
    wish = {"role": "lead", "team": "South"}
    assert f'formaction="{AGAIN}?next={url.replace("/", "%2F")}"' in access_admin.get(url, wish).text
    page = confirmed(access_admin, access_admin.post(f"{AGAIN}?next={url}", wish)["Location"]).text
    assert "Would change" in page
    assert '<input type="hidden" name="team" value="South">' in page
    assert known("sam").role_names() == ("support",)


def test_an_approver_is_led_back_to_what_waits(
    support: Client, sign_in: SignIn, row: Connection, clock: time_machine.Traveller
) -> None:
    revoke(support, row, reason="fraud", confirm=row.vehicle_id[:8])
    lead = sign_in(Role.LEAD)
    clock.shift(timedelta(minutes=11))
    operation = Operation.objects.get()
    refused = lead.post(f"/approvals/{operation.pk}/", {"decision": "granted"})
    assert refused.status_code == 422
    found = re.search(r'href="(/accounts/reauthenticate/[^"]*)"', refused.text)
    assert found is not None
    page = confirmed(lead, unescape(found[1]))
    assert page.redirect_chain[-1][0] == f"/approvals/#approval-{operation.pk}"
    operation.refresh_from_db()
    assert operation.state == "awaiting_approval"


# --- A refusal that a person waits out ---


@dataclass(frozen=True, slots=True)
class Scene:
    support: Client
    lead: Client
    simulator: Simulator
    row: Connection
    settings: LazySettings


@pytest.fixture
def scene(support: Client, lead: Client, simulator: Simulator, row: Connection, settings: LazySettings) -> Scene:
    return Scene(support, lead, simulator, row, settings)


def _another_is_under_way(scene: Scene) -> None:
    scene.simulator.fault("reset", times=1, method="DELETE")
    revoke(scene.lead, scene.row)


def _it_is_made_anew(scene: Scene) -> None:
    scene.simulator.reconnect(scene.row.user_id, scene.row.vehicle_id)


def _too_many_are_asked_for(scene: Scene) -> None:
    scene.settings.REVOCATIONS_PER_HOUR = 1
    revoke(scene.support, scene.simulator.connect(user_id=scene.row.user_id, mode="live"))


def _smartcar_fails(scene: Scene) -> None:
    scene.simulator.fault("html-200", times=1, method="GET")


@pytest.mark.parametrize("send_it", [send, send_page], ids=["htmx", "page"])
@pytest.mark.parametrize(
    ("happens", "status"),
    [
        (_another_is_under_way, 409),
        (_it_is_made_anew, 409),
        (_too_many_are_asked_for, 429),
        (_smartcar_fails, 502),
    ],
)
def test_what_was_refused_for_now_is_in_the_form_that_tries_again(
    scene: Scene, happens: Callable[[Scene], None], status: int, send_it: Callable[..., HttpResponse]
) -> None:
    digest = look(scene.support, scene.row)
    happens(scene)
    given = TYPED | {"reason": "vehicle_sold"}
    answer = send_it(scene.support, scene.row, digest, **given)
    assert answer.status_code == status
    assert f'href="{revoke_url(scene.row)}"' in answer.content.decode()
    page = scene.support.get(revoke_url(scene.row)).text
    assert HERE in page
    assert typed_in(page) == given


# --- After the session has ended ---


def test_a_form_sent_after_half_an_hour_comes_back_as_it_was(
    support: Client, simulator: Simulator, row: Connection, clock: time_machine.Traveller
) -> None:
    digest = look(support, row)
    clock.shift(timedelta(minutes=31))
    answer: Any = send_page(support, row, digest, **TYPED)
    assert answer["Location"] == f"/accounts/login/?next={revoke_url(row)}"
    assert "nothing was sent. Sign in within ten minutes" in support.get(answer["Location"]).text
    page = entered(support, answer["Location"])
    assert page.request["PATH_INFO"] == revoke_url(row)
    assert typed_in(page.text) == TYPED
    assert simulator.deletes == []


def test_so_does_one_of_a_dialog_on_the_page_of_its_form(
    support: Client, simulator: Simulator, row: Connection, clock: time_machine.Traveller
) -> None:
    digest = look(support, row)
    clock.shift(timedelta(minutes=31))
    answer = delete(support, detail_url(row), fields(digest, **TYPED))
    assert answer.status_code == 401
    page = entered(support, answer["HX-Redirect"])
    assert page.request["PATH_INFO"] == revoke_url(row)
    assert typed_in(page.text) == TYPED
    assert simulator.deletes == []


def test_somebody_else_at_the_same_browser_does_not_see_it(
    support: Client, sign_in: SignIn, row: Connection, clock: time_machine.Traveller
) -> None:
    sign_in(Role.LEAD)
    digest = look(support, row)
    clock.shift(timedelta(minutes=31))
    answer: Any = send_page(support, row, digest, **TYPED)
    page = entered(support, answer["Location"], "lead")
    assert page.request["PATH_INFO"] == revoke_url(row)
    assert typed_in(page.text) == {}


@pytest.mark.usefixtures("support")
def test_nothing_is_kept_of_a_browser_that_nobody_signed_in_with(row: Connection) -> None:
    stranger, before = Client(), Session.objects.count()
    stranger.post(revoke_url(row), TYPED)
    assert Session.objects.count() == before
    entered(stranger, f"/accounts/login/?next={revoke_url(row)}")
    assert typed_in(stranger.get(revoke_url(row)).text) == {}


def test_what_a_lead_found_out_comes_back_too(
    support: Client, sign_in: SignIn, simulator: Simulator, row: Connection, clock: time_machine.Traveller
) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, row)
    operation = look_in_vain(simulator)
    lead = sign_in(Role.LEAD)
    clock.shift(timedelta(minutes=31))
    url = f"/operations/{operation.pk}/"
    answer = lead.post(f"{url}reconcile/", {"conclusion": "gone", "note": NOTE})
    assert answer["Location"] == f"/accounts/login/?next={url}"
    page = entered(lead, answer["Location"], "lead").text
    assert HERE in page
    assert NOTE.replace("<b>", "&lt;b&gt;").replace("</b>", "&lt;/b&gt;") in page
    assert '<option value="gone" selected>' in page


@pytest.mark.parametrize(
    ("url", "leads_to"),
    [("/accounts/sessions/end/", "/accounts/2fa/"), ("/accounts/sign-in-again/", "/"), ("/audit/searches/", "/audit/")],
)
def test_what_has_no_page_to_come_back_to_leads_to_the_next_best(
    support: Client, clock: time_machine.Traveller, url: str, leads_to: str
) -> None:
    clock.shift(timedelta(minutes=31))
    answer = support.post(url)
    assert answer["Location"] == f"/accounts/login/?next={leads_to}"
    assert "so nothing was done" in support.get(answer["Location"]).text


def test_whoever_was_never_signed_in_reads_nothing_of_a_session() -> None:
    page = Client().get("/operations/", follow=True)
    assert "session" not in page.text
