"""Fingerprints tell which secret is in use, to those who decide about access, and give nothing of it away."""

import hashlib
import io
import re

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client

from connections.permissions import Role
from tests.people import SignIn

URL = "/staff/configuration/"
OLD, NEW = "a-secret-that-was-replaced-0123456789", "the-secret-that-replaces-it-0123456789"


def shown(page: str) -> dict[str, list[str]]:
    rows = re.findall(r"<code>([^<]+)</code></td>\s*<td[^>]*><span class=\"\w+\">([^<]+)<", page)
    return {name: [digits for each, digits in rows if each == name] for name, _ in rows}


def test_each_secret_has_one_and_one_that_is_not_set_has_none(access_admin: Client, settings: LazySettings) -> None:
    page = access_admin.get(URL).text
    found = shown(page)
    for name in ("SMARTCAR_APP_MANAGEMENT_TOKEN", "SMARTCAR_CLIENT_ID", "SMARTCAR_CLIENT_SECRET", "SECRET_KEY"):
        assert re.fullmatch("[0-9a-f]{8}", found[name][0])
        assert getattr(settings, name) not in page
    assert found["OIDC_CLIENT_SECRET"] == ["not set"]
    used = [digits for values in found.values() for digits in values if digits != "not set"]
    assert len(set(used)) == len(used)


def test_another_value_has_another_and_the_same_the_same(access_admin: Client, settings: LazySettings) -> None:
    settings.SMARTCAR_CLIENT_SECRET = OLD
    before = shown(access_admin.get(URL).text)["SMARTCAR_CLIENT_SECRET"]
    settings.SMARTCAR_CLIENT_SECRET, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    after = shown(access_admin.get(URL).text)
    assert after["SMARTCAR_CLIENT_SECRET"] != before
    assert after["SECRET_KEY_FALLBACKS"] == before


def test_it_is_slow_to_guess(access_admin: Client, settings: LazySettings) -> None:
    """What a plain digest would show can be looked up; a fingerprint cannot without scrypt."""
    settings.SMARTCAR_CLIENT_SECRET = "password"
    digits = shown(access_admin.get(URL).text)["SMARTCAR_CLIENT_SECRET"][0]
    assert not any(hashlib.new(name, b"password").hexdigest().startswith(digits) for name in ("sha1", "sha256", "md5"))


def test_the_command_prints_the_same(access_admin: Client, settings: LazySettings) -> None:
    settings.SECRET_KEY_FALLBACKS = [OLD]
    printed = io.StringIO()
    call_command("fingerprints", stdout=printed)
    page = access_admin.get(URL).text
    lines = [line for line in printed.getvalue().splitlines() if "audit key" not in line]
    assert [(line[10:], line[:8].strip()) for line in lines] == [
        (name, digits) for name, values in shown(page).items() for digits in values
    ]
    key = re.search(r"^(\S+\+\S+)  audit key, signs$", printed.getvalue(), re.MULTILINE)
    assert key is not None
    assert key[1] in page.replace("&#x2B;", "+")
    assert OLD not in printed.getvalue()


def test_the_list_of_staff_leads_there(access_admin: Client) -> None:
    assert f'href="{URL}"' in access_admin.get("/staff/").text


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.LEAD, Role.AUDITOR])
def test_nobody_else_sees_them(sign_in: SignIn, role: Role) -> None:
    assert sign_in(role).get(URL).status_code == 403
