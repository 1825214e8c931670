"""In which language a page is, and what no language changes."""

import json
import re

import pytest
from django.conf import LazySettings
from django.test import Client

from connections.models import Operation
from connections.permissions import Role
from connections.simulator.rows import Connection
from tests import record
from tests.deeds import revoke
from tests.exports import exported
from tests.people import SignIn, url_of

pytestmark = pytest.mark.usefixtures("db")
LOGIN = "/accounts/login/"
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


def test_a_page_is_in_the_language_that_the_browser_asks_for(client: Client) -> None:
    answer = client.get(LOGIN, headers=GERMAN)
    assert '<html lang="de"' in answer.text
    assert "<h1>Anmelden</h1>" in answer.text
    assert answer["Content-Language"] == "de"


@pytest.mark.parametrize("asked", [{}, {"Accept-Language": "fr"}, {"Accept-Language": "en-GB"}], ids=str)
def test_everybody_else_gets_english(client: Client, asked: dict[str, str]) -> None:
    answer = client.get(LOGIN, headers=asked)
    assert '<html lang="en"' in answer.text
    assert "<h1>Sign in</h1>" in answer.text


def test_caches_are_told_that_pages_vary_by_it(client: Client) -> None:
    varies_on = {each.strip() for each in client.get(LOGIN)["Vary"].split(",")}
    assert {"Accept-Language", "Cookie"} <= varies_on


def test_what_machines_ask_is_in_none(client: Client) -> None:
    answer = client.get("/healthz", headers=GERMAN)
    assert "Content-Language" not in answer
    assert "Accept-Language" not in answer.get("Vary", "")


def test_a_choice_counts_for_more_than_the_browser_and_leads_back(client: Client) -> None:
    answer = client.post(
        "/language/", {"language": "de"}, headers={"Referer": f"http://testserver{LOGIN}?next=/audit/"}
    )
    assert answer["Location"] == f"http://testserver{LOGIN}?next=/audit/"
    assert "<h1>Anmelden</h1>" in client.get(LOGIN, headers={"Accept-Language": "en"}).text


def test_the_cookie_is_read_by_nobody_else(client: Client) -> None:
    client.post("/language/", {"language": "de"})
    cookie = client.cookies["language"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_it_leads_nowhere_else(client: Client, elsewhere: str) -> None:
    answer = client.post("/language/", {"language": "de", "next": elsewhere}, headers={"Referer": elsewhere})
    assert answer["Location"] == "/"


@pytest.mark.parametrize("language", ["", "xx", "../../etc", "de\r\nX: y", "fr"])
def test_a_language_that_is_none_of_ours_changes_nothing(client: Client, language: str) -> None:
    client.post("/language/", {"language": language})
    assert '<html lang="en"' in client.get(LOGIN).text


def test_a_stranger_cannot_choose_for_somebody_else() -> None:
    answer = Client(enforce_csrf_checks=True).post("/language/", {"language": "de"})
    assert answer.status_code == 403


def test_a_request_that_is_refused_early_does_not_speak_the_language_of_the_one_before(client: Client) -> None:
    client.get(LOGIN, headers=GERMAN)
    answer = client.post(LOGIN, b"x" * 70_000, content_type="text/plain")
    assert (answer.status_code, "<h1>This is too large</h1>" in answer.text) == (413, True)


def german(client: Client) -> Client:
    """The same browser, which asks for German from now on."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    return client


def test_figures_are_grouped_as_the_language_does_it(sign_in: SignIn, settings: LazySettings) -> None:
    settings.SMARTCAR_RATE_CAPACITY, settings.SMARTCAR_RATE_RESERVE = 12_000, 0
    lead = sign_in(Role.LEAD)
    assert "of 12,000 requests left" in lead.get("/").text
    assert "von 12.000 Anfragen übrig" in german(lead).get("/").text


def test_drawings_keep_their_numbers(sign_in: SignIn, row: Connection) -> None:
    support = german(sign_in(Role.SUPPORT))
    revoke(support, row)
    numbers = re.findall(r'<(?:rect|svg)[^>]* (?:x|y|width|height)="([^"]*)"', support.get("/").text)
    assert numbers
    assert [each for each in numbers if "," in each] == []


def test_the_log_holds_the_same_whoever_acts(sign_in: SignIn, row: Connection) -> None:
    support = german(sign_in(Role.SUPPORT))
    assert "Widerrufen, entfernt" in revoke(support, row).content.decode()
    bodies = json.dumps(record.bodies(""), ensure_ascii=False)
    assert re.findall(r"erbindung|iderruf|gelistet|Personal|Leitung", bodies) == []


def test_an_account_is_changed_in_english_whoever_changes_it(sign_in: SignIn) -> None:
    sign_in(Role.SUPPORT)
    access = german(sign_in(Role.ACCESS_ADMIN))
    shown = access.get(url_of("support", "role"), {"role": "auditor"}).text
    assert "Prüfung" in shown
    digest = re.search(r'name="shown" value="([^"]+)"', shown)
    assert digest is not None
    access.post(url_of("support", "role"), {"role": "auditor", "team": "", "shown": digest[1]})
    assert record.newest("staff.changed")["why"]["reason"] == "role support to auditor"


def test_what_failed_is_kept_in_english_and_shown_in_german(sign_in: SignIn, row: Connection) -> None:
    support = german(sign_in(Role.SUPPORT))
    revoke(support, row, reason="fraud", confirm=row.vehicle_id[:8])
    operation = Operation.objects.get()
    support.post(f"/operations/{operation.pk}/withdraw/")
    operation.refresh_from_db()
    assert operation.failure == "Withdrawn by who asked for it."
    assert "Von der Person zurückgezogen" in support.get(f"/operations/{operation.pk}/").text


@pytest.mark.parametrize("name", ["csv", "ocsf"])
def test_an_export_is_in_english_whoever_asks_for_it(sign_in: SignIn, row: Connection, name: str) -> None:
    revoke(sign_in(Role.SUPPORT), row)
    auditor = german(sign_in(Role.AUDITOR))
    assert "hat die Verbindung" in auditor.get("/audit/").text
    file = exported(auditor, format=name).decode()
    assert "revoked the connection of user" in file
    assert "hat die Verbindung" not in file


def test_the_file_about_a_user_is_in_english(sign_in: SignIn, row: Connection) -> None:
    revoke(sign_in(Role.SUPPORT), row)
    auditor, url = german(sign_in(Role.AUDITOR)), f"/audit/subjects/{row.user_id}/"
    assert "Jemand aus dem Personal hat" in auditor.get(url).text
    file = b"".join(auditor.get(url, {"format": "json"}).streaming_content).decode()  # type: ignore[attr-defined]
    assert "A member of staff revoked" in file
    assert "Jemand" not in file


def test_a_receipt_is_in_the_language_of_its_page_and_its_event_says_which(sign_in: SignIn, row: Connection) -> None:
    support = german(sign_in(Role.SUPPORT))
    revoke(support, row)
    url = f"/operations/{Operation.objects.get().pk}/receipt/"
    page, file = support.get(url), support.get(url, {"format": "file"})
    for answer in (page, file):
        assert "<h1>Bestätigung der Entfernung</h1>" in answer.text
    assert '<html lang="de">' in file.text
    assert [each["found"]["query"]["language"] for each in record.bodies("receipt.issued")] == ["de", "de"]
