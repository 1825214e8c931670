"""Every URL there is, walked through the URLconf: none may be forgotten when a view is added."""

from typing import Any

import pytest
from django.test import Client

from connections.permissions import Role
from connections.simulator.server import Simulator
from tests import access_table
from tests.addresses import EVERY, FOR_WHO_READS_ALL, Address
from tests.deeds import HTMX
from tests.people import SignIn

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Open to every member of staff, whatever their role; what it shows depends on the role.
FOR_ALL_STAFF = {
    *("overview", "find", "account_change_password"),
    *("mfa_index", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn", "mfa_remove_webauthn"),
    *("mfa_generate_recovery_codes", "mfa_view_recovery_codes", "session-end", "sessions-end", "sign-in-again"),
}

# What the design lets each role do, written down a second time so that a slip in the code is one.
_AUDIT = {"view_audit", "export_audit", "verify_audit"}
_WIDE = {"revoke_wide", "bulk_revoke", "approve_revocation"}
MAY = {
    Role.SUPPORT: {"view_connection", "revoke_connection", *_AUDIT},
    Role.LEAD: {"view_connection", "revoke_connection", *_WIDE, *_AUDIT},
    Role.AUDITOR: {"view_connection", *_AUDIT},
    Role.ACCESS_ADMIN: {"manage_staff"},
}
OURS = [address for address in EVERY if address.is_ours and not address.is_open]


def test_the_walk_has_found_the_urls() -> None:
    assert {"overview", "connection-list", "connection-revoke", "audit-event", "account_login"} <= {
        a.name for a in EVERY
    }
    assert len({address.name for address in EVERY}) == len(EVERY)


@pytest.mark.any_database
@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("method", METHODS)
def test_whoever_is_not_signed_in_is_sent_to_the_sign_in_page(client: Client, method: str) -> None:
    answers = {a.name: client.generic(method, a.url) for a in EVERY if not a.is_open}
    login = {name: answer.get("Location", "").split("?")[0] for name, answer in answers.items()}
    assert login == dict.fromkeys(answers, "/accounts/login/")


@pytest.mark.any_database
@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("method", METHODS)
def test_htmx_that_is_not_signed_in_is_told_to_go_there(client: Client, method: str) -> None:
    answers = {a.name: client.generic(method, a.url, headers=HTMX) for a in EVERY if not a.is_open}
    told = {name: (answer.status_code, answer["HX-Redirect"].split("?")[0]) for name, answer in answers.items()}
    assert told == dict.fromkeys(answers, (401, "/accounts/login/"))


def test_every_view_of_ours_says_whom_it_is_for() -> None:
    silent = {address.name for address in OURS if "required_permission" not in vars(address.view)}
    assert silent == FOR_ALL_STAFF


def test_every_view_of_ours_says_which_methods_it_takes() -> None:
    assert [address.name for address in OURS if not address.allowed_methods] == []


@pytest.mark.any_database
@pytest.mark.parametrize("role", list(Role))
def test_403_where_the_role_lacks_it_and_405_for_methods_that_are_none(
    sign_in: SignIn, simulator: Simulator, role: Role
) -> None:
    client = sign_in(role)
    expected = {(a.name, method): _expected(a, method, role) for a in OURS for method in METHODS}
    found = {(a.name, method): _verdict(client.generic(method, a.url)) for a in OURS for method in METHODS}
    assert found == expected
    assert simulator.deletes == []


def test_the_table_of_the_document_is_that_of_the_code() -> None:
    assert access_table.documented() == access_table.table(), "run: python -m tests.access_table"


# On both databases: so each page there is has been asked for on each of them, as everybody.
@pytest.mark.parametrize("who", access_table.WHO)
def test_everybody_gets_what_the_document_says(sign_in: SignIn, simulator: Simulator, who: str) -> None:
    said = {key: verdict for key, verdict in access_table.told().items() if key[2] == who}
    by_pattern = {address.pattern: address for address in EVERY}
    assert {url for url, _, _ in said} == set(by_pattern)
    client, found = Client() if who == access_table.NOBODY else sign_in(Role(who)), {}
    for url, method, _ in said:
        found[url, method, who] = _given(client.generic(method, by_pattern[url].url))
        if (url, method) == ("/accounts/logout/", "POST") and who != access_table.NOBODY:
            client = sign_in(Role(who))
    assert found == said
    assert simulator.deletes == []


def _given(answer: Any) -> str:
    """In the words of the document."""
    if answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next="):
        return access_table.SENT_AWAY
    return {"served": access_table.SERVED}.get(verdict := _verdict(answer), verdict)


def _expected(address: Address, method: str, role: Role) -> str:
    if method not in address.allowed_methods:
        return "405"
    if address.name in FOR_WHO_READS_ALL and role is not Role.AUDITOR:
        return "403"
    permission = address.permission(method)
    return "served" if permission is None or permission in MAY[role] else "403"


def _verdict(answer: Any) -> str:
    if answer.status_code in (403, 405):
        return str(answer.status_code)
    return "served" if answer.status_code < 500 else f"failed with {answer.status_code}"


@pytest.mark.parametrize(
    "path", ["/nothing-here/", "/connections/not-an-id/", "/audit/-1/", "/admin/", "/.env", "/%00"]
)
def test_an_address_that_is_none_is_not_found_whoever_asks(support: Client, path: str) -> None:
    for client in (support, Client()):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "There is nothing here" in answer.text
