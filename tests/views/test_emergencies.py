"""Whoever breaks the glass is seen by those who answer for access, until an auditor has looked at it."""

import re
from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.conf import LazySettings
from django.test import Client

from connections.models import AuditEvent, EmergencySignIn
from connections.permissions import Role
from tests.failing_database import Failing
from tests.people import SignIn, enter

HEADING = "The account for emergencies was used"


@pytest.fixture
def used(sign_in: SignIn, settings: LazySettings) -> int:
    """The number of the event that says so; the others signed in before there was single sign-on."""
    for role in Role:
        sign_in(role)
    client = sign_in(Role.ACCESS_ADMIN, "emergency")
    client.post("/accounts/logout/")
    settings.OIDC_ISSUER, settings.OIDC_BREAK_GLASS_ACCOUNT = "https://id.example", "emergency"
    assert enter(client, "emergency")
    return int(AuditEvent.objects.filter(type="auth.signed_in").latest("seq").seq)


@pytest.fixture
def as_role(sign_in: SignIn, used: int, settings: LazySettings) -> SignIn:  # noqa: ARG001 - used before
    """Signed in with a password, which single sign-on would refuse."""

    def signed_in(role: Role, name: str = "") -> Client:
        settings.OIDC_ISSUER = ""
        return sign_in(role, name)

    return signed_in


def figures() -> dict[str, str]:
    lines = Client().get("/metrics").text.splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if line.startswith("connections_emergency"))


@pytest.mark.parametrize("role", [Role.LEAD, Role.AUDITOR, Role.ACCESS_ADMIN])
def test_those_who_answer_for_access_see_it(as_role: SignIn, used: int, role: Role) -> None:
    page = as_role(role).get("/").text
    assert HEADING in page
    assert "emergency signed in without single sign-on" in page
    assert (f'href="/audit/{used}/"' in page) == (role is Role.AUDITOR)


def test_support_does_not(as_role: SignIn) -> None:
    assert HEADING not in as_role(Role.SUPPORT).get("/").text


def test_an_auditor_reviews_it_and_it_is_gone(as_role: SignIn, used: int) -> None:
    auditor = as_role(Role.AUDITOR)
    assert f"Event {used}<" in auditor.get(f"/audit/review/?before={used + 1}").text
    assert re.search(rf'href="/audit/{used}/', auditor.get("/audit/?q=anomaly:emergency").text)
    assert figures()["connections_emergency_sign_ins_not_reviewed"] == "1.0"
    assert auditor.post(f"/audit/review/{used}/", {"verdict": "appropriate", "note": ""}).status_code == 302
    assert HEADING not in auditor.get("/").text
    assert figures() == {
        "connections_emergency_sign_ins_total": "1.0",
        "connections_emergency_sign_ins_not_reviewed": "0.0",
    }


def test_whoever_used_it_does_not_review_it(as_role: SignIn, used: int) -> None:
    answer = as_role(Role.ACCESS_ADMIN, "emergency").post(f"/audit/review/{used}/", {"verdict": "appropriate"})
    assert answer.status_code == 403


def test_after_thirty_days_it_no_longer_stands_there(as_role: SignIn) -> None:
    with time_machine.travel(EmergencySignIn.objects.get().at + timedelta(days=30, minutes=1)):
        assert HEADING not in as_role(Role.LEAD).get("/").text


@pytest.mark.usefixtures("used")
def test_operators_read_of_it_in_the_answer_about_readiness() -> None:
    assert "uses of the account for emergencies that nobody reviewed: 1" in Client().get("/readyz").text


def test_what_cannot_be_recorded_opens_nothing(sign_in: SignIn, settings: LazySettings, refuse_events: Failing) -> None:
    client = sign_in(Role.ACCESS_ADMIN, "emergency")
    client.post("/accounts/logout/")
    settings.OIDC_ISSUER, settings.OIDC_BREAK_GLASS_ACCOUNT = "https://id.example", "emergency"
    with refuse_events("auth.signed_in"):
        client.post("/accounts/login/", {"login": "emergency", "password": "correct-horse-battery-staple"})
    assert client.get("/").status_code == 302
    assert not EmergencySignIn.objects.exists()


def test_earlier_uses_are_found_in_the_log(used: int) -> None:
    EmergencySignIn.objects.all().delete()
    import_module("connections.migrations.0014_emergency_sign_ins").find(apps, None)
    assert EmergencySignIn.objects.get().seq == used
