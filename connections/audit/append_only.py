"""
Triggers by which the database itself refuses to change or delete audit rows.

What is left open are the deeds of retention, each only in the transaction in
which its event is the newest, or for what a tombstone covers: erasing a detail,
deleting what is archived, bringing it back, and ending a tombstone or a hold.

A migration that alters an audit table calls `protect` again at its end: SQLite
rebuilds an altered table and loses its triggers.
"""
# ruff: noqa: S608 - all that is put together here are constants of this module

from collections.abc import Collection, Iterable, Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

_REFUSAL = "the audit log is append-only"
TABLES = ("audit_event", "audit_detail", "audit_checkpoint", "audit_node", "audit_tombstone", "audit_hold")

_NEWEST = "(SELECT max(seq) FROM audit_event)"
_OLDEST = "(SELECT min(seq) FROM audit_event)"
_ARCHIVED = "(SELECT coalesce(max(last), 0) FROM audit_tombstone WHERE restored_seq IS NULL)"
_LEAVES_KEPT = "(SELECT coalesce(max(idx) + 1, 0) FROM audit_node WHERE level = 0)"


def _is_just_recorded(seq: str, kind: str) -> str:
    """That the newest event of the log is of this type, and has this number."""
    return f"EXISTS (SELECT 1 FROM audit_event WHERE seq = {_NEWEST} AND seq = {seq} AND type = '{kind}')"


def _is_kept(seq: str, leaf: str) -> str:
    """That the tree keeps this leaf of an event."""
    return f"EXISTS (SELECT 1 FROM audit_node WHERE level = 0 AND idx = {seq} - 1 AND hash = {leaf})"


# What lets an operation through, by table. Value and salt go together, once, and nothing else moves.
_IS_ERASED = """
    OLD.redacted_at IS NULL AND NEW.redacted_at IS NOT NULL AND NEW.value IS NULL AND NEW.salt IS NULL
    AND NEW.seq = OLD.seq AND NEW.field = OLD.field
"""
_IS_NEXT = f"NEW.seq = coalesce({_NEWEST}, 0) + 1"
_IS_OF_NEWEST = f"NEW.seq = {_NEWEST}"
_IS_NEXT_NODE = "NEW.idx = (SELECT coalesce(max(idx) + 1, 0) FROM audit_node WHERE level = NEW.level)"
_BEFORE_RETENTION = {
    ("audit_event", "INSERT"): _IS_NEXT,
    ("audit_detail", "INSERT"): _IS_OF_NEWEST,
    ("audit_detail", "UPDATE"): _IS_ERASED,
    ("audit_node", "INSERT"): _IS_NEXT_NODE,
    ("audit_checkpoint", "INSERT"): "1 = 1",  # any that is new
}
_ALLOWED = _BEFORE_RETENTION | {
    # Back comes only what a tombstone covers, from its end downwards, each with the leaf that was kept of it.
    ("audit_event", "INSERT"): f"""
        {_IS_NEXT} OR NEW.seq = {_OLDEST} - 1 AND NEW.seq <= {_ARCHIVED} AND {_is_kept("NEW.seq", "NEW.leaf")}""",
    ("audit_event", "DELETE"): f"OLD.seq <= {_ARCHIVED} AND {_is_kept('OLD.seq', 'OLD.leaf')}",
    ("audit_detail", "INSERT"): f"{_IS_OF_NEWEST} OR NEW.seq >= {_OLDEST} AND NEW.seq <= {_ARCHIVED}",
    ("audit_detail", "UPDATE"): f"""
        {_IS_ERASED} AND {_is_just_recorded(_NEWEST, "audit.redacted")}
        AND NOT EXISTS (SELECT 1 FROM audit_held WHERE seq = OLD.seq)""",
    ("audit_detail", "DELETE"): f"OLD.seq <= {_ARCHIVED}",
    ("audit_node", "INSERT"): f"""
        {_IS_NEXT_NODE} AND (NEW.level > 0 OR EXISTS
        (SELECT 1 FROM audit_event WHERE seq = NEW.idx + 1 AND leaf = NEW.hash))""",
    ("audit_tombstone", "INSERT"): f"""
        NEW.restored_seq IS NULL AND NEW.first = {_ARCHIVED} + 1 AND NEW.last >= NEW.first
        AND NEW.last <= {_LEAVES_KEPT} AND EXISTS (SELECT 1 FROM audit_checkpoint WHERE size = NEW.last)
        AND {_is_just_recorded("NEW.seq", "audit.archived")}
        AND NOT EXISTS (SELECT 1 FROM audit_held WHERE seq <= NEW.last)""",
    ("audit_tombstone", "UPDATE"): f"""
        OLD.restored_seq IS NULL AND {_is_just_recorded("NEW.restored_seq", "audit.restored")}
        AND OLD.last = {_ARCHIVED} AND {_OLDEST} <= OLD.first AND NEW.seq = OLD.seq AND NEW.first = OLD.first
        AND NEW.last = OLD.last AND NEW.last_at = OLD.last_at AND NEW.location = OLD.location
        AND NEW.note = OLD.note""",
    ("audit_hold", "INSERT"): f"NEW.lifted_seq IS NULL AND {_is_just_recorded('NEW.seq', 'audit.hold_placed')}",
    ("audit_hold", "UPDATE"): f"""
        OLD.lifted_seq IS NULL AND {_is_just_recorded("NEW.lifted_seq", "audit.hold_lifted")}
        AND NEW.seq = OLD.seq AND NEW.kind = OLD.kind AND NEW.value = OLD.value""",
}

# BEFORE UPDATE and BEFORE DELETE do not see INSERT OR REPLACE of SQLite, which deletes the row in its way
# without a word: hence the guards BEFORE INSERT, one for every unique key there is, and for SQLite's own rowid.
_IN_THE_WAY = {
    "audit_event": "seq = NEW.seq OR leaf = NEW.leaf",
    "audit_detail": "seq = NEW.seq AND field = NEW.field",
    "audit_checkpoint": "size = NEW.size",
    "audit_node": "level = NEW.level AND idx = NEW.idx",
    "audit_tombstone": "seq = NEW.seq",
    "audit_hold": "seq = NEW.seq",
}
_OCCASIONS = ("UPDATE", "DELETE", "INSERT")
_ROWID = "ROWID"
_REFUSED = "audit_refuse"
# Functions that triggers of PostgreSQL had before there was retention.
_FORMER = ("audit_event_in_order", "audit_detail_in_order", "audit_node_in_order", "audit_detail_erasure")


def protect(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place, replacing those that are there; on the tables that the migrations have made so far."""
    lift(connection)
    made = set(connection.introspection.table_names())
    tables = [table for table in TABLES if table in made]
    is_postgresql = connection.vendor == "postgresql"
    execute(connection, _postgresql(tables, path_of(connection)) if is_postgresql else _sqlite(tables))


def path_of(connection: BaseDatabaseWrapper) -> str:
    """
    A clause for trigger functions of PostgreSQL: where they look for tables, whoever fires them.

    Without it they look where the session does, which may put a temporary
    table, or a function, in the way of the real one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        return f"SET search_path = pg_catalog, {cursor.fetchone()[0]}, pg_temp"


def lift(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: for the reverse of the migration, with the rights of the tables' owner."""
    names = [_name(table, occasion) for table in TABLES for occasion in (*_OCCASIONS, _ROWID)]
    if connection.vendor == "postgresql":
        functions = ", ".join(f"{name}()" for name in (*names, *_FORMER, _REFUSED))
        execute(connection, [f"DROP FUNCTION IF EXISTS {functions} CASCADE"])
    else:
        execute(connection, (f"DROP TRIGGER IF EXISTS {name}" for name in names))


def _name(table: str, occasion: str) -> str:
    return f"{table}_{occasion.lower()}"


def _conditions(tables: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Of each table and occasion what lets it through, if anything; a trigger cannot ask a table not made yet."""
    allowed = _ALLOWED if "audit_hold" in tables else _BEFORE_RETENTION
    for table in tables:
        for occasion in _OCCASIONS:
            yield table, occasion, allowed.get((table, occasion), "")


def _sqlite(tables: Collection[str]) -> Iterable[str]:
    for table, occasion, allowed in _conditions(tables):
        when = f"WHEN CASE WHEN {allowed} THEN {_collides(table, occasion)} ELSE 1 END" if allowed else ""
        yield _sqlite_trigger(_name(table, occasion), f"BEFORE {occasion} ON {table} {when}")
    for table in tables:
        # Before an INSERT that names no rowid it is -1, which hence no row may have.
        yield _sqlite_trigger(_name(table, _ROWID), f"AFTER INSERT ON {table} WHEN NEW.rowid < 1")


def _collides(table: str, occasion: str) -> str:
    """What an operation that is allowed must not do all the same: take another row's place."""
    if occasion == "INSERT":
        return f"EXISTS (SELECT 1 FROM {table} WHERE {_IN_THE_WAY[table]} OR rowid = NEW.rowid)"
    return "NEW.rowid <> OLD.rowid" if occasion == "UPDATE" else "0"


def _sqlite_trigger(name: str, when: str) -> str:
    return f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"


def _postgresql(tables: Collection[str], path: str) -> Iterable[str]:
    yield _function(_REFUSED, path, "")
    for table, occasion, allowed in _conditions(tables):
        name = _name(table, occasion)
        if allowed:
            row = "OLD" if occasion == "DELETE" else "NEW"
            yield _function(name, path, f"IF {allowed} THEN RETURN {row}; END IF;")
        yield _trigger(name, table, occasion, f"FOR EACH ROW EXECUTE FUNCTION {name if allowed else _REFUSED}()")
    for table in tables:
        yield _trigger(_name(table, "TRUNCATE"), table, "TRUNCATE", f"EXECUTE FUNCTION {_REFUSED}()")


def _function(name: str, path: str, exception: str) -> str:
    return f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {path} AS $$
        BEGIN {exception}
            RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation';
        END $$"""


def _trigger(name: str, table: str, occasion: str, what: str) -> str:
    # ALWAYS: an ordinary trigger sleeps under session_replication_role = replica.
    return f"""
        CREATE TRIGGER {name} BEFORE {occasion} ON {table} {what};
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"""


def execute(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    """One after the other, as they are."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
