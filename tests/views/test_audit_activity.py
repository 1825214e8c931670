"""The plot of activity, and the same numbers as a table."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from connections.audit.events import Actor, ActorKind, Event, EventType, Outcome, Status
from connections.audit.ledger import append
from connections.models import AuditEvent

URL = "/audit/activity/"
SYSTEM = Actor(kind=ActorKind.SYSTEM)


def happened(day: datetime, *statuses: Status) -> None:
    with time_machine.travel(day, tick=False):
        for status in statuses:
            append(Event(type=EventType.REVOCATION_COMPLETED, actor=SYSTEM, outcome=Outcome(status=status)))


@pytest.fixture
def two_days(auditor: Client) -> tuple[Client, datetime]:
    """Two good ends and an unknown one five days ago, a refusal the day after."""
    day = datetime.now(UTC).replace(hour=12) - timedelta(days=5)
    happened(day, Status.SUCCESS, Status.UNKNOWN, Status.ALREADY_GONE)
    happened(day + timedelta(days=1), Status.REFUSED)
    return auditor, day


def test_each_day_shows_how_things_ended(two_days: tuple[Client, datetime]) -> None:
    auditor, day = two_days
    plot = auditor.get(URL, {"type": "revocation"}).context["plot"]
    columns = {column.day: column.counts for column in plot.columns}
    assert len(columns) == 30
    assert columns[day.date().isoformat()] == (2, 0, 0, 0, 1, 0)
    assert columns[(day + timedelta(days=1)).date().isoformat()] == (0, 0, 1, 0, 0, 0)
    assert sum(map(sum, columns.values())) == 4
    assert plot.most == 3


def test_the_table_says_the_same_and_leads_to_the_events(two_days: tuple[Client, datetime]) -> None:
    auditor, day = two_days
    page = auditor.get(URL, {"type": "revocation"})
    written = day.date().isoformat()
    url = f"/audit/?type=revocation&since={written}&until={written}"
    assert f'href="{url.replace("&", "&amp;")}"' in page.text
    assert [entry.outcome for entry in auditor.get(url).context["page"].entries] == [
        "already gone",
        "unknown",
        "success",
    ]


def test_it_shows_ninety_days_at_most_and_says_so(auditor: Client) -> None:
    page = auditor.get(URL, {"since": "2020-01-01"})
    assert len(page.context["plot"].columns) == 90
    assert "Only the last 90 days" in page.text


@pytest.mark.parametrize("query", [{"since": "2999-01-01"}, {"until": "1990-01-01"}, {"ticket": "=NONE-1"}])
def test_a_range_without_events_is_a_quiet_one(auditor: Client, query: dict[str, str]) -> None:
    page = auditor.get(URL, query)
    assert page.status_code == 200
    assert page.context["activity"].total == 0


def test_it_shows_only_what_one_may_read(two_days: tuple[Client, datetime], support: Client) -> None:
    assert two_days
    assert support.get(URL, {"type": "revocation"}).context["activity"].total == 0


def test_looking_at_it_is_recorded(auditor: Client) -> None:
    auditor.get(URL, {"type": "auth"})
    assert AuditEvent.objects.filter(type="audit.viewed").count() == 1


def test_bad_input_is_named(auditor: Client) -> None:
    page = auditor.get(URL, {"since": "yesterday"})
    assert page.status_code == 422
    assert "Write a day" in page.text


@pytest.mark.parametrize("until", ["1970-01-01", "1970-02-01T00:00:00-23:59"])
def test_the_first_days_there_are_can_be_asked_for(auditor: Client, until: str) -> None:
    assert auditor.get(URL, {"q": f"until:{until}"}).status_code == 200
