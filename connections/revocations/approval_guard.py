"""
Triggers by which the database itself keeps who asked and who approved apart.

A constraint compares two columns of one row, which somebody with SQL writes
both. These compare an approval with its operation, and never let the
operation's person change. A migration that alters one of the two tables calls
`guard` again at its end: SQLite rebuilds an altered table and loses its triggers.
"""

from collections.abc import Iterable

from django.db.backends.base.base import BaseDatabaseWrapper

from connections.audit.append_only import execute, path_of

_REFUSAL = "who asked cannot approve, and neither can be changed afterwards"
_ASKED = "(SELECT actor_id FROM operation WHERE id = NEW.operation_id)"
# A name can be erased, as it can be from the log.
_STAYS = " OR ".join(
    f"NEW.{column} <> OLD.{column}"
    for column in ("id", "operation_id", "requester_id", "approver_id", "decision", "digest", "seq", "at")
)
_IS_WRONG = {
    "operation_keeps_actor": ("UPDATE", "operation", "NEW.actor_id <> OLD.actor_id"),
    "approval_by_another": (
        "INSERT",
        "approval",
        f"NEW.approver_id = {_ASKED} OR NEW.requester_id <> coalesce({_ASKED}, '')",
    ),
    "approval_stays": ("UPDATE", "approval", f"NEW.approver_name <> '' OR {_STAYS}"),
}


def guard(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place, replacing those that are there."""
    lift(connection)
    execute(connection, _postgresql(path_of(connection)) if connection.vendor == "postgresql" else _sqlite())


def lift(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away, with the rights of the tables' owner."""
    if connection.vendor == "postgresql":
        execute(connection, (f"DROP FUNCTION IF EXISTS {name}() CASCADE" for name in _IS_WRONG))
    else:
        execute(connection, (f"DROP TRIGGER IF EXISTS {name}" for name in _IS_WRONG))


def _sqlite() -> Iterable[str]:
    for name, (occasion, table, is_wrong) in _IS_WRONG.items():
        yield f"""
            CREATE TRIGGER {name} BEFORE {occasion} ON {table} WHEN {is_wrong}
            BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"""


def _postgresql(path: str) -> Iterable[str]:
    for name, (occasion, table, is_wrong) in _IS_WRONG.items():
        yield f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {path} AS $$
            BEGIN
                IF {is_wrong} THEN
                    RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END $$"""
        yield f"CREATE TRIGGER {name} BEFORE {occasion} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        # ALWAYS: an ordinary trigger sleeps under session_replication_role = replica.
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"
