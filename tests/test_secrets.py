"""Secrets are planted, and looked for in everything that was written: no page, header, log line or row has one."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from connections import gateway
from connections.permissions import Role
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests.addresses import EVERY
from tests.deeds import revoke
from tests.marks import both_generations
from tests.people import PASSWORD, SignIn, enter

MISTYPED = "my-other-password-typed-by-mistake"


@pytest.mark.any_database
@both_generations
def test_no_secret_is_written_anywhere(
    sign_in: SignIn,
    simulator: Simulator,
    row: Connection,
    settings: LazySettings,
    *,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.DEBUG)
    simulator.fault("server-error-applied", times=1, method="DELETE")
    revoke(sign_in(Role.SUPPORT), row)
    enter(Client(), "support", MISTYPED)
    written = [*pages(sign_in, simulator), *rows()]
    call_command("audit_export", output=tmp_path / "bundle")
    written += [path.read_bytes().decode(errors="replace") for path in (tmp_path / "bundle").iterdir()]
    written += [caplog.text, repr(gateway.smartcar()), repr(gateway.api()), repr(vars(gateway.smartcar()))]
    key = Path(settings.AUDIT_SIGNING_KEY_FILE).read_text().splitlines()[1]
    planted = {
        "management token": settings.SMARTCAR_APP_MANAGEMENT_TOKEN,
        "client secret": settings.SMARTCAR_CLIENT_SECRET,
        "SECRET_KEY": settings.SECRET_KEY,
        "password": PASSWORD,
        "mistyped password": MISTYPED,
        "signing key": key,
        **{f"access token {number}": token for number, token in enumerate(simulator.access_tokens)},
    }
    found = {name for name, secret in planted.items() for text in written if secret in text}
    assert found == set()
    assert len(planted) == 6 + len(simulator.access_tokens)
    assert any(str(row.vehicle_id) in text for text in written)  # there was something to look through


def pages(sign_in: SignIn, simulator: Simulator) -> Iterator[str]:
    """Every page there is, as everybody, while Smartcar is well and while it is not."""
    clients = [Client(raise_request_exception=False), *(sign_in(role, f"a_{role}") for role in Role)]
    for fault in ("", "authentication", "html"):
        simulator.clear()
        if fault:
            simulator.fault(fault)
        for client in clients:
            for address in EVERY:
                yield told(client.get(address.url))
    simulator.clear()


def told(answer: Any) -> str:
    """Head and body."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return f"{dict(answer.headers)} {body.decode(errors='replace')}"


def rows() -> Iterator[str]:
    """Every row of every table."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            yield from (str(each) for each in cursor.fetchall())
