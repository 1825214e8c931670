"""
Triggers by which the database itself keeps who asked and who approved apart.

A constraint compares two columns of one row, which somebody with SQL writes
both. These compare an approval with its operation, never let the operation's
person change, and let no row come in under another's name than the log has. A
migration that alters one of the two tables calls `guard` again at its end:
SQLite rebuilds an altered table and loses its triggers.
"""

from collections.abc import Iterable

from django.db.backends.base.base import BaseDatabaseWrapper

from connections.audit.append_only import execute, path_of

_REFUSAL = "who asked cannot approve, and neither can be changed afterwards"
_ASKED = "(SELECT actor_id FROM operation WHERE id = NEW.operation_id)"
# As the log writes the id of an operation; SQLite keeps it in the row without hyphens.
_ID_IN_LOG = {
    "postgresql": "NEW.id::text",
    "sqlite": " || '-' || ".join(
        f"substr(NEW.id, {start}, {length})" for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    ),
}
_ASKED_BY_LOG = """
    (SELECT actor_id FROM audit_event WHERE operation = {id} AND type IN ('approval.requested', 'revocation.intended')
    ORDER BY seq LIMIT 1)"""
# A name can be erased, as it can be from the log.
_STAYS = " OR ".join(
    f"NEW.{column} <> OLD.{column}"
    for column in ("id", "operation_id", "requester_id", "approver_id", "decision", "digest", "seq", "at")
)
# SQLite's INSERT OR REPLACE deletes what is in its way past every trigger but those before the INSERT.
_DECIDED = """
    EXISTS (SELECT 1 FROM approval WHERE id = NEW.id
    OR operation_id = NEW.operation_id AND approver_id = NEW.approver_id)"""
_IS_WRONG = {
    "operation_keeps_actor": ("UPDATE", "operation", "NEW.actor_id <> OLD.actor_id OR NEW.id <> OLD.id"),
    # Also of one that was deleted before, or whose place it takes by SQLite's INSERT OR REPLACE. Nothing is compared
    # where the log tells of none, and nothing is sent of one.
    "operation_of_log": ("INSERT", "operation", f"NEW.actor_id <> {_ASKED_BY_LOG}"),
    "approval_by_another": (
        "INSERT",
        "approval",
        f"NEW.approver_id = {_ASKED} OR NEW.requester_id <> coalesce({_ASKED}, '') OR {_DECIDED}",
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
            CREATE TRIGGER {name} BEFORE {occasion} ON {table} WHEN {is_wrong.format(id=_ID_IN_LOG["sqlite"])}
            BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"""


def _postgresql(path: str) -> Iterable[str]:
    for name, (occasion, table, is_wrong) in _IS_WRONG.items():
        yield f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {path} AS $$
            BEGIN
                IF {is_wrong.format(id=_ID_IN_LOG["postgresql"])} THEN
                    RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END $$"""
        yield f"CREATE TRIGGER {name} BEFORE {occasion} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        # ALWAYS: an ordinary trigger sleeps under session_replication_role = replica.
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"
