"""
The view `audit_held`: the number of every event that a legal hold covers.

A hold on a user, a vehicle or a ticket covers also the other events of each
revocation in which one of its events stands, and each covers its own. The triggers ask this view, and so
does everything that erases or archives.
"""

from collections.abc import Iterable

from django.db.backends.base.base import BaseDatabaseWrapper

from connections.audit.append_only import execute

VIEW = "audit_held"
_COLUMNS = {"user": "target_user", "vehicle": "target_vehicle", "ticket": "ticket"}


def install(on: BaseDatabaseWrapper) -> None:
    """Make the view."""
    execute(on, [f"CREATE VIEW {VIEW} AS {' UNION ALL '.join(_parts())}"])


def remove(on: BaseDatabaseWrapper) -> None:
    execute(on, [f"DROP VIEW IF EXISTS {VIEW}"])


def _parts() -> Iterable[str]:
    """One for each index that answers it."""
    yield "SELECT seq FROM audit_hold WHERE lifted_seq IS NULL"
    yield _part("everything", "JOIN audit_event e ON 1 = 1")
    yield _part("operation", "JOIN audit_event e ON e.operation = h.value")
    for kind, column in _COLUMNS.items():
        yield _part(kind, f"JOIN audit_event e ON e.{column} = h.value")
        yield _part(kind, f"JOIN audit_event o ON o.{column} = h.value JOIN audit_event e ON e.operation = o.operation")


def _part(kind: str, joined: str) -> str:
    return f"SELECT e.seq FROM audit_hold h {joined} WHERE h.lifted_seq IS NULL AND h.kind = '{kind}'"  # noqa: S608 - constants of this module
