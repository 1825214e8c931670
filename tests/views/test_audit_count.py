"""How many events a search finds, asked for by the page that shows some of them."""

import pytest
from django.test import Client

from connections.audit import counting
from connections.audit.events import Actor, ActorKind, Event, EventType
from connections.audit.ledger import append
from connections.models import AuditEvent
from tests.deeds import HTMX

COUNT = "/audit/count/"


def starts(count: int) -> None:
    for _ in range(count):
        append(Event(type=EventType.SYSTEM_STARTED, actor=Actor(kind=ActorKind.SYSTEM)))


def test_the_page_asks_for_it_with_the_search_it_shows(auditor: Client) -> None:
    page = auditor.get("/audit/", {"type": "auth"})
    assert 'hx-get="/audit/count/?type=auth"' in page.text


def test_it_is_exact_without_a_search(auditor: Client) -> None:
    assert auditor.get(COUNT, headers=HTMX).text.strip() == f"({AuditEvent.objects.count()} in all)"


def test_it_counts_what_the_search_finds(auditor: Client) -> None:
    starts(3)
    assert auditor.get(COUNT, {"type": "system"}).text.strip() == "(3 in all)"
    assert auditor.get(COUNT, {"type": "bulk"}).text.strip() == "(0 in all)"


def test_it_stops_at_a_number_of_which_nobody_needs_more(auditor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST", 2)
    starts(3)
    assert auditor.get(COUNT, {"type": "system"}).text.strip() == "(more than 2 in all)"


def test_it_gives_up_where_the_database_takes_too_long(auditor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    starts(300)
    monkeypatch.setattr(counting, "SECONDS", 0.001)
    slow = " ".join(f"-telephone{number}" for number in range(60))
    assert auditor.get(COUNT, {"q": f"type:system {slow}"}).text.strip() == "(many in all)"
    assert auditor.get("/audit/").status_code == 200


def test_it_counts_only_what_one_may_read(support: Client) -> None:
    starts(3)
    assert support.get(COUNT, {"type": "system"}).text.strip() == "(0 in all)"


def test_bad_input_is_refused(auditor: Client) -> None:
    assert auditor.get(COUNT, {"since": "yesterday"}).status_code == 422
