"""Searches under a name: one's own to keep, anybody's to open."""

from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.test import Client

from connections.models import SavedSearch
from connections.permissions import Role
from tests.people import SignIn

URL = "/audit/searches/"


def test_a_search_is_kept_and_listed(auditor: Client) -> None:
    answer = auditor.post(URL, {"name": "Unknown ends", "query": "outcome=unknown&before=7"})
    assert answer.status_code == 302
    assert answer["Location"] == "/audit/?outcome=unknown"
    assert '<a href="/audit/?outcome=unknown">Unknown ends</a>' in auditor.get("/audit/").text


def test_the_same_name_replaces_it(auditor: Client) -> None:
    for outcome in ("unknown", "failed"):
        auditor.post(URL, {"name": "Mine", "query": f"outcome={outcome}"})
    assert [search.query for search in SavedSearch.objects.all()] == ["outcome=failed"]


def test_it_is_listed_for_nobody_else_and_opens_for_everybody(auditor: Client, lead: Client) -> None:
    auditor.post(URL, {"name": "Mine", "query": "outcome=unknown"})
    assert "Mine" not in lead.get("/audit/").text
    assert lead.get(f"/audit/?{SavedSearch.objects.get().query}").status_code == 200


def test_one_deletes_ones_own_only(auditor: Client, lead: Client) -> None:
    auditor.post(URL, {"name": "Mine", "query": "outcome=unknown"})
    delete = f"{URL}{SavedSearch.objects.get().pk}/delete/"
    assert lead.post(delete).status_code == 404
    assert auditor.post(delete).status_code == 302
    assert not SavedSearch.objects.exists()
    assert auditor.post(f"{URL}{UUID(int=7)}/delete/").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "query": "outcome=unknown"},
        {"name": "Mine", "query": ""},
        {"name": "Mine", "query": "next=https://evil.example"},
        {"name": "Mine", "query": "since=yesterday"},
        {"name": "x" * 81, "query": "outcome=unknown"},
        {"name": "Mine", "query": f"q={'ä' * 900}"},  # six bytes each, as it stands in an address
        {"name": "\u200b\ufeff\u0301", "query": "outcome=unknown"},
    ],
)
def test_what_is_no_search_is_not_kept(auditor: Client, fields: dict[str, str]) -> None:
    assert auditor.post(URL, fields).status_code == 422
    assert not SavedSearch.objects.exists()


def test_what_is_too_long_for_a_url_is_said(auditor: Client) -> None:
    """However it comes: written out, or as the page has it."""
    for query in ("q=" + "ü" * 999, urlencode({"q": "ü" * 999})):
        answer = auditor.post(URL, {"name": "Mine", "query": query})
        assert answer.status_code == 422
        assert "This search is too long to be saved." in answer.text
    assert auditor.post(URL, {"name": "Mine", "query": urlencode({"q": "ü" * 600})}).status_code == 302


def test_fifty_are_enough(auditor: Client) -> None:
    for number in range(50):
        auditor.post(URL, {"name": f"Search {number}", "query": "outcome=unknown"})
    answer = auditor.post(URL, {"name": "One more", "query": "outcome=unknown"})
    assert (answer.status_code, SavedSearch.objects.count()) == (422, 50)
    assert auditor.post(URL, {"name": "Search 7", "query": "outcome=failed"}).status_code == 302


def test_it_needs_the_permission(sign_in: SignIn) -> None:
    assert sign_in(Role.ACCESS_ADMIN).post(URL, {"name": "Mine", "query": "outcome=unknown"}).status_code == 403
