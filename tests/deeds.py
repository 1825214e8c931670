"""How a person revokes: look, then send the form that was shown, by HTMX or as a page without it."""

import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client

from connections.simulator.rows import Connection
from connections.simulator.server import Simulator

HTMX = {"HX-Request": "true"}
FORM = "application/x-www-form-urlencoded"


def detail_url(row: Connection) -> str:
    return f"/connections/{row.user_id}/{row.vehicle_id}/"


def revoke_url(row: Connection) -> str:
    return f"{detail_url(row)}revoke/"


def look(client: Client, row: Connection) -> str:
    """Open the form and read from it the digest of what it shows."""
    page = client.get(f"{revoke_url(row)}?mode={row.mode}")
    assert page.status_code == 200, page.status_code
    shown = re.search(r'name="preview" value="([0-9a-f]{64})"', page.text)
    assert shown is not None
    return shown[1]


def fields(digest: str, **changes: str) -> dict[str, str]:
    """A form filled in well, but for the changes."""
    return {"reason": "customer_request", "ticket": "SUP-7", "note": "", "preview": digest} | changes


def send(client: Client, row: Connection, digest: str, **changes: str) -> HttpResponse:
    """The button of the dialog: DELETE by HTMX, its fields in the body."""
    return delete(client, detail_url(row), fields(digest, **changes))


def send_page(client: Client, row: Connection, digest: str, **changes: str) -> HttpResponse:
    """The button of the page without JavaScript."""
    answer: Any = client.post(revoke_url(row), fields(digest, **changes))
    return answer  # type: ignore[no-any-return]  # Django's stubs give the test client's answers a type of their own


def delete(client: Client, url: str, body: dict[str, str]) -> HttpResponse:
    answer: Any = client.delete(url, urlencode(body), content_type=FORM, headers=HTMX)
    return answer  # type: ignore[no-any-return]  # as above


def revoke(client: Client, row: Connection, **changes: str) -> HttpResponse:
    """Look and send."""
    return send(client, row, look(client, row), **changes)


def asked(simulator: Simulator) -> list[tuple[str, str]]:
    """Method and generation of each request about connections, oldest first; tokens are another matter."""
    return [(entry.method, entry.generation) for entry in simulator.requests if entry.generation != "token"]
