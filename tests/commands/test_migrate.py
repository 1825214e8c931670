"""Migrations that may find what they cannot decide."""

import sqlite3
from pathlib import Path

from tests.processes import MANAGE, run

_BEFORE = "0013"


def test_names_that_differ_in_case_alone_stop_it_and_are_named(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    variables = {"DATABASE_URL": f"sqlite:///{path}"}
    assert run(MANAGE, "migrate", "-v0", "connections", _BEFORE, **variables).returncode == 0
    with sqlite3.connect(path) as database:
        for name in ("ana", "Ana", "ben"):
            database.execute(
                "INSERT INTO connections_staff (username, password, first_name, last_name, email, team, is_superuser, "
                "is_staff, is_active, date_joined) VALUES (?, '', '', '', '', '', 0, 0, 1, '2026-01-01')",
                [name],
            )
    stopped = run(MANAGE, "migrate", "-v0", **variables)
    assert stopped.returncode != 0
    assert "Ana and ana" in stopped.stderr
    assert "ben" not in stopped.stderr
    with sqlite3.connect(path) as database:
        database.execute("UPDATE connections_staff SET username = 'ana-2' WHERE username = 'Ana'")
    migrated = run(MANAGE, "migrate", "-v0", **variables)
    assert migrated.returncode == 0, migrated.stderr
