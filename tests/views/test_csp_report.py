"""Browsers report what the content security policy stopped: counted, bounded, and not believed."""

import json
from typing import Any

import pytest
import time_machine
from django.test import Client

from connections.models import PolicyBreach

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/csp-report/"

OLD = {"csp-report": {"document-uri": "http://127.0.0.1/", "effective-directive": "script-src-elem"}}
NEW = {"type": "csp-violation", "body": {"effectiveDirective": "img-src", "blockedURL": "https://evil.example"}}


def send(client: Client, report: Any, kind: str = "application/csp-report") -> int:
    text = report if isinstance(report, bytes | str) else json.dumps(report)
    return int(client.post(URL, text, content_type=kind).status_code)


def counted() -> dict[str, int]:
    return dict(PolicyBreach.objects.values_list("directive", "count"))


def test_both_kinds_of_report_are_counted_and_stand_in_the_figures(client: Client) -> None:
    assert send(client, OLD) == 204
    assert send(client, [NEW, NEW], "application/reports+json") == 204
    assert counted() == {"script-src-elem": 1, "img-src": 2}
    lines = client.get("/metrics").text.splitlines()
    assert 'connections_policy_breaches_total{directive="img-src"} 2.0' in lines


def test_nothing_of_what_a_report_says_is_kept(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    canary = "canary-7\n2026 ERROR forged"
    directives: tuple[Any, ...] = (canary, ["img-src"], {}, None, "x" * 5000)
    for directive in directives:
        assert send(client, {"csp-report": {"effective-directive": directive, "blocked-uri": canary}}) == 204
    assert counted() == {"other": 5}
    assert "canary" not in caplog.text


@pytest.mark.parametrize("report", ["", "{", "{}", "[" * 10_000, b"\xff", "7", "null", '"csp-report"'])
def test_what_is_no_report_is_refused(client: Client, report: bytes | str) -> None:
    assert send(client, report) == 400
    assert counted() == {}


def test_a_report_too_large_is_refused(client: Client) -> None:
    assert send(client, json.dumps(OLD) + " " * 17_000) == 413
    assert send(client, json.dumps(OLD) + " " * 70_000) == 413
    assert counted() == {}


def test_many_in_one_are_counted_up_to_a_bound(client: Client) -> None:
    assert send(client, [NEW] * 100) == 204
    assert counted() == {"img-src": 20}


def test_more_than_a_minute_may_have_are_not_counted(client: Client) -> None:
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False) as clock:
        assert {send(client, OLD) for _ in range(60)} == {204}
        assert send(client, OLD) == 429
        assert counted() == {"script-src-elem": 60}
        clock.shift(61)
        assert send(client, OLD) == 204


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_it_rejects_other_methods(client: Client, method: str) -> None:
    assert getattr(client, method)(URL).status_code == 405
