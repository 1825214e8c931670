"""The rules of a deed: an attempt has an intent, an outcome has an attempt of the same operation."""

import sqlite3
from collections.abc import Mapping
from typing import Any, Self

from connections.audit.events import EventType

_NEEDS = {
    EventType.REVOCATION_ATTEMPTED: EventType.REVOCATION_INTENDED,
    EventType.REVOCATION_COMPLETED: EventType.REVOCATION_ATTEMPTED,
}
_STAGES = {*_NEEDS, *_NEEDS.values()}


class Deeds:
    """
    The stages seen so far, kept in a temporary file of SQLite's.

    Ten million events hold millions of operations: in memory they would grow
    with the log, which verification must not.
    """

    def __init__(self) -> None:
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.execute("CREATE TABLE stage (operation, type, PRIMARY KEY (operation, type)) WITHOUT ROWID")
        self._seen.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._seen.close()

    def problem(self, body: Mapping[str, Any]) -> str | None:
        """Take the next event; says which rule it breaks, or None."""
        stage, operation = body["type"], body.get("operation")
        if stage not in _STAGES:
            return None
        needed = _NEEDS.get(EventType(stage))
        if needed and not self._has(operation, needed):
            return f"{stage} without a {needed} of the same operation before it"
        self._seen.execute("INSERT OR IGNORE INTO stage VALUES (?, ?)", (operation, stage))
        return None

    def _has(self, operation: str | None, stage: str) -> bool:
        row = self._seen.execute("SELECT 1 FROM stage WHERE operation = ? AND type = ?", (operation, stage))
        return row.fetchone() is not None
