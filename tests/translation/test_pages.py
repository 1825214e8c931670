"""Pages as a reader meets them: no word on them that did not go through gettext but for names and values."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from connections.audit.events import EventType, Status
from connections.models import AuditDetail, AuditEvent, Operation
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.deeds import HTMX, detail_url, revoke, revoke_url
from tests.marks import both_generations
from tests.people import SignIn, url_of
from tests.translation import bracketed

_WORD = re.compile(r"[^\W\d_]{2,}")
# Values that are what they are in every language, and names that the tests made up.
_VALUES = {
    *("UTC", "Esc", "SUP", "English", "CSV", "OCSF"),
    *(word for role in Role for word in role.value.split("_")),
    *(word for each in (*EventType, *Status) for word in re.split(r"[._]", each.value)),
}


@pytest.fixture(autouse=True)
def brackets(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    bracketed.write(tmp_path)
    settings.LOCALE_PATHS = [tmp_path]
    yield
    settings.LOCALE_PATHS = [settings.BASE_DIR / "locale"]


def reader(client: Client) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    return client


def plain(
    client: Client, url: str, *values: object, status: int = 200, headers: dict[str, str] | None = None
) -> set[str]:
    """Words of a page without brackets that are no values."""
    answer = client.get(url, headers=headers)
    assert answer.status_code == status
    assert bracketed.LEFT in answer.text
    known = _VALUES | {word for value in values for word in _WORD.findall(str(value))}
    return set(_WORD.findall(bracketed.outside(answer.text))) - known


@pytest.fixture
def of_row(simulator: Simulator, row: Connection) -> tuple[object, ...]:
    """Cars, also as they are made readable, and the ids of this one."""
    cars = " ".join(f"{each.make} {each.model}" for each in simulator.world.connections)
    return cars, cars.title(), row.user_id, row.vehicle_id


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(("url", "status"), [("/accounts/login/", 200), ("/accounts/inactive/", 200)])
def test_before_one_is_signed_in(client: Client, url: str, status: int) -> None:
    assert plain(reader(client), url, status=status) == set()


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/", 200),
        ("/connections/", 200),
        ("/connections/?user_id=x", 422),
        ("/connections/?user_id=00000000-0000-4000-8000-000000000001", 200),
        ("/operations/", 200),
        ("/operations/?ticket=NONE-1", 200),
        ("/approvals/", 200),
        ("/audit/", 200),
        ("/audit/?q=ab", 422),
        ("/audit/activity/", 200),
        ("/audit/export/", 200),
        ("/audit/verify/", 200),
        ("/find/", 200),
        ("/accounts/2fa/", 200),
        ("/accounts/password/change/", 200),
        ("/staff/", 403),
        ("/nothing/", 404),
        ("/language/", 405),
    ],
)
def test_pages_of_a_lead(sign_in: SignIn, row: Connection, of_row: tuple[object, ...], url: str, status: int) -> None:
    lead = reader(sign_in(Role.LEAD))
    revoke(lead, row)
    cars = [text for each in lead.get("/connections/").context["rows"] for text in (each.car, each.mode)]
    assert plain(lead, url, *cars, *of_row, "NONE", "ab", status=status) == set()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
def test_a_connection_and_the_form_to_revoke_it(
    sign_in: SignIn, row: Connection, of_row: tuple[object, ...], headers: dict[str, str]
) -> None:
    support = reader(sign_in(Role.SUPPORT))
    assert plain(support, f"{detail_url(row)}?mode={row.mode}", *of_row, row.mode, "ICE", "BEV", "PHEV", "HEV") == set()
    assert plain(support, f"{revoke_url(row)}?mode={row.mode}", *of_row, row.mode, headers=headers) == set()


def test_an_operation_and_its_receipt(sign_in: SignIn, row: Connection, of_row: tuple[object, ...]) -> None:
    support = reader(sign_in(Role.SUPPORT))
    revoke(support, row)
    url = f"/operations/{Operation.objects.get().pk}/"
    assert plain(support, url, *of_row) == set()
    assert plain(support, f"{url}receipt/", *of_row, "testserver") == set()


def test_pages_of_an_auditor(
    sign_in: SignIn, row: Connection, of_row: tuple[object, ...], settings: LazySettings
) -> None:
    settings.AUDIT_REVIEW_PERCENT = 100
    revoke(sign_in(Role.SUPPORT), row)
    auditor = reader(sign_in(Role.AUDITOR))
    newest = AuditEvent.objects.order_by("-seq").first()
    assert newest is not None
    assert plain(auditor, f"/audit/{newest.seq}/", *newest.body.split('"')) == set()
    assert plain(auditor, f"/audit/subjects/{row.user_id}/", *of_row, "customer", "request") == set()
    for url in ("/audit/review/", "/audit/retention/"):
        recorded = [
            *AuditEvent.objects.values_list("body", flat=True),
            *AuditDetail.objects.values_list("value", flat=True),
        ]
        assert plain(auditor, url, *of_row, *recorded) == set()


_FAILING = (
    *("authentication", "validation", "permission", "not-found", "billing", "rate-limit", "server-error", "html"),
    *("html-200", "empty-body", "unparsable", "truncated", "reset", "closed", "huge", "empty-401", "plain-text"),
    *("error-string", "redirect", "row-without-uuid"),
)


@both_generations
@pytest.mark.parametrize("fault", _FAILING)
def test_what_the_client_says_of_smartcar(lead: Client, simulator: Simulator, fault: str) -> None:
    simulator.fault(fault, times=9)
    answer = reader(lead).get("/connections/")
    assert answer.status_code == 502
    of_smartcar = re.findall("„(.*?)“", answer.text)
    assert set(_WORD.findall(bracketed.outside(answer.text))) - _VALUES - set(_WORD.findall(str(of_smartcar))) == set()


@both_generations
def test_why_a_revocation_failed(lead: Client, simulator: Simulator, row: Connection) -> None:
    simulator.fault("validation", times=1, method="DELETE")
    revoke(lead, row)
    page = reader(lead).get(f"/operations/{Operation.objects.get().pk}/").text
    assert "Smartcar hält die Anfrage für ungültig" in page
    assert "Smartcar finds" not in page


def test_pages_of_an_access_administrator(sign_in: SignIn) -> None:
    sign_in(Role.SUPPORT)
    access = reader(sign_in(Role.ACCESS_ADMIN))
    for url in (
        "/",
        "/staff/",
        "/staff/new/",
        url_of("support"),
        url_of("support", "disable"),
        url_of("support", "role"),
    ):
        assert plain(access, url) == set(), url
