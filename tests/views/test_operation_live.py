"""The page of an operation asks for itself again while something may change, calmly, and stops by itself."""

import re
from datetime import timedelta

import time_machine
from django.test import Client
from django.utils import timezone

from connections.models import Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import HTMX, delete, fields, revoke
from tests.marks import both_generations
from tests.working import look_in_vain, work_to_the_end, work_when_due


def url() -> str:
    return f"/operations/{Operation.objects.get().pk}/"


def left_open(client: Client, simulator: Simulator, row: Connection) -> str:
    """An operation of unknown outcome; gives its page."""
    simulator.fault("reset-applied", times=1)
    revoke(client, row)
    return client.get(url()).text


def trigger(page: str) -> str:
    found = re.search(r'hx-trigger="([^"]*)"', page[page.index('id="operation"') :])
    return found[1] if found else ""


def seen(page: str) -> str:
    found = re.search(r'"seen": "([^"]+)"', page)
    assert found is not None
    return found[1]


def revoke_all_of_its_user(lead: Client, row: Connection) -> None:
    users = f"/users/{row.user_id}/connections/"
    shown = re.search(r'name="preview" value="([0-9a-f]{64})"', lead.get(f"{users}revoke/").text)
    assert shown is not None
    delete(lead, users, fields(shown[1], confirm=row.user_id[:8]))


@both_generations
def test_it_asks_often_at_first_and_then_rarely(support: Client, simulator: Simulator, row: Connection) -> None:
    assert trigger(left_open(support, simulator, row)) == "every 2s"
    later = {40: "every 10s", 700: "every 60s"}
    for seconds, asks in later.items():
        with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
            assert trigger(support.get(url()).text) == asks


@both_generations
def test_while_nothing_changes_nothing_is_swapped(support: Client, simulator: Simulator, row: Connection) -> None:
    page = left_open(support, simulator, row)
    again = support.get(url(), {"seen": seen(page)}, headers=HTMX)
    assert (again.status_code, again.content) == (204, b"")


@both_generations
def test_what_changed_is_said_politely_and_the_asking_ends(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    page = left_open(support, simulator, row)
    work_when_due()
    answer = support.get(url(), {"seen": seen(page)}, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert trigger(answer.text) == ""
    assert re.search(r'id="announcement" hx-swap-oob="innerHTML">Revoked, seen gone\.', answer.text)
    assert "saw that Smartcar no longer lists" in answer.text


def test_asking_less_often_is_no_news(support: Client, simulator: Simulator, row: Connection) -> None:
    page = left_open(support, simulator, row)
    with time_machine.travel(timezone.now() + timedelta(seconds=40)):
        answer = support.get(url(), {"seen": seen(page)}, headers=HTMX)
    assert answer.status_code == 200
    assert "announcement" not in answer.text


def test_it_works_by_a_plain_reload(support: Client, simulator: Simulator, row: Connection) -> None:
    assert "Look now" in left_open(support, simulator, row)
    work_when_due()
    page = support.get(url()).text
    assert trigger(page) == ""
    assert "Revoked, seen gone" in page
    assert "Look now" not in page


def test_a_settled_one_never_asks(support: Client, row: Connection) -> None:
    revoke(support, row)
    assert trigger(support.get(url()).text) == ""


def test_one_that_needs_a_person_asks_no_more(support: Client, simulator: Simulator, row: Connection) -> None:
    simulator.fault("reset", times=1, method="DELETE")
    revoke(support, row)
    before = seen(support.get(url()).text)
    look_in_vain(simulator)
    answer = support.get(url(), {"seen": before}, headers=HTMX)
    assert trigger(answer.text) == ""
    assert "It needs a person." in answer.text


@both_generations
def test_each_of_its_connections_stands_there_with_its_state(
    lead: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.connect(mode="live", user_id=row.user_id)
    simulator.fault("reset-applied", times=1, method="DELETE")
    revoke_all_of_its_user(lead, row)
    items = list(Operation.objects.get().items.all())
    page = lead.get(url()).text
    assert f"{len(items)} connections" in page
    assert all(f"/connections/{item.user_id}/{item.vehicle_id}/" in page for item in items)
    assert page.count("Unknown, checking") >= 2


def test_many_connections_come_a_page_at_a_time(lead: Client, simulator: Simulator, row: Connection) -> None:
    for _ in range(120):
        simulator.connect(mode="live", vehicle_id=row.vehicle_id)
    vehicles = f"/vehicles/{row.vehicle_id}/connections/"
    shown = re.search(r'name="preview" value="([0-9a-f]{64})"', lead.get(f"{vehicles}revoke/").text)
    assert shown is not None
    delete(lead, vehicles, fields(shown[1], confirm=row.vehicle_id[:8]))
    first = lead.get(url()).text
    assert first.count('data-label="Model"') == 100
    assert f'href="{url()}?from=100"' in first
    rest = lead.get(url(), {"from": "100"}).text
    assert rest.count('data-label="Model"') == Operation.objects.get().items.count() - 100
    assert lead.get(url(), {"from": "nonsense"}).text.count('data-label="Model"') == 100


def test_long_work_says_how_far_it_is_and_when_all_can_be_sent(
    lead: Client, simulator: Simulator, row: Connection
) -> None:
    simulator.connect(mode="live", user_id=row.user_id)
    simulator.fault("rate-limit", times=1, method="DELETE")
    revoke_all_of_its_user(lead, row)
    count = Operation.objects.get().items.count()
    page = lead.get(url()).text
    assert f'<progress value="0" max="{count}"' in page
    assert re.search(rf'{count} to be sent, by <time datetime="[^"]+">[^<]+ UTC</time>', page)
    work_to_the_end()
    assert "<progress" not in lead.get(url()).text


def test_what_was_sent_says_when_it_is_looked_at_again(support: Client, simulator: Simulator, row: Connection) -> None:
    left_open(support, simulator, row)
    due = Operation.objects.get().due_at
    assert due is not None
    assert f'Looked at again at <time datetime="{due:%Y-%m-%dT%H:%M:%S}Z">' in support.get(url()).text
