"""
Triggers by which the database itself refuses to change or delete audit rows.

A migration that alters an audit table calls `protect` again at its end: SQLite
rebuilds an altered table and loses its triggers.
"""

from collections.abc import Collection, Iterable

from django.db.backends.base.base import BaseDatabaseWrapper

_REFUSAL = "the audit log is append-only"

# What `audit_detail` lets through: value and salt go together, once, and nothing else moves.
_IS_ERASURE = """
    OLD.redacted_at IS NULL AND NEW.redacted_at IS NOT NULL AND NEW.value IS NULL AND NEW.salt IS NULL
    AND NEW.seq = OLD.seq AND NEW.field = OLD.field
"""

# BEFORE UPDATE and BEFORE DELETE do not see INSERT OR REPLACE, which deletes the row in its way without
# a word: hence the guards BEFORE INSERT, one for every unique key there is.
_SQLITE = {
    "audit_event_update": "BEFORE UPDATE ON audit_event",
    "audit_event_delete": "BEFORE DELETE ON audit_event",
    "audit_event_insert": """BEFORE INSERT ON audit_event WHEN
        NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit_event)
        OR EXISTS (SELECT 1 FROM audit_event WHERE leaf = NEW.leaf)""",
    "audit_detail_update": f"BEFORE UPDATE ON audit_detail WHEN NOT ({_IS_ERASURE})",
    "audit_detail_delete": "BEFORE DELETE ON audit_detail",
    "audit_detail_insert": """BEFORE INSERT ON audit_detail WHEN
        NEW.seq IS NOT (SELECT max(seq) FROM audit_event)
        OR EXISTS (SELECT 1 FROM audit_detail WHERE seq = NEW.seq AND field = NEW.field)""",
    "audit_checkpoint_update": "BEFORE UPDATE ON audit_checkpoint",
    "audit_checkpoint_delete": "BEFORE DELETE ON audit_checkpoint",
    "audit_checkpoint_insert": """BEFORE INSERT ON audit_checkpoint WHEN
        EXISTS (SELECT 1 FROM audit_checkpoint WHERE size = NEW.size)""",
    "audit_node_update": "BEFORE UPDATE ON audit_node",
    "audit_node_delete": "BEFORE DELETE ON audit_node",
    "audit_node_insert": """BEFORE INSERT ON audit_node WHEN
        NEW.idx IS NOT (SELECT coalesce(max(idx) + 1, 0) FROM audit_node WHERE level = NEW.level)""",
}

_POSTGRESQL_FUNCTIONS = {
    "audit_refuse": "",
    "audit_event_in_order": """
        IF NEW.seq = (SELECT coalesce(max(seq), 0) + 1 FROM audit_event) THEN RETURN NEW; END IF;""",
    "audit_detail_in_order": """
        IF NEW.seq = (SELECT max(seq) FROM audit_event) THEN RETURN NEW; END IF;""",
    "audit_node_in_order": """
        IF NEW.idx = (SELECT coalesce(max(idx) + 1, 0) FROM audit_node WHERE level = NEW.level)
        THEN RETURN NEW; END IF;""",
    "audit_detail_erasure": f"""
        IF {_IS_ERASURE} THEN RETURN NEW; END IF;""",
}
_POSTGRESQL_TRIGGERS = (
    ("audit_event", "BEFORE UPDATE OR DELETE", "ROW", "audit_refuse"),
    ("audit_event", "BEFORE TRUNCATE", "STATEMENT", "audit_refuse"),
    ("audit_event", "BEFORE INSERT", "ROW", "audit_event_in_order"),
    ("audit_detail", "BEFORE UPDATE", "ROW", "audit_detail_erasure"),
    ("audit_detail", "BEFORE DELETE", "ROW", "audit_refuse"),
    ("audit_detail", "BEFORE TRUNCATE", "STATEMENT", "audit_refuse"),
    ("audit_detail", "BEFORE INSERT", "ROW", "audit_detail_in_order"),
    ("audit_checkpoint", "BEFORE UPDATE OR DELETE", "ROW", "audit_refuse"),
    ("audit_checkpoint", "BEFORE TRUNCATE", "STATEMENT", "audit_refuse"),
    ("audit_node", "BEFORE UPDATE OR DELETE", "ROW", "audit_refuse"),
    ("audit_node", "BEFORE TRUNCATE", "STATEMENT", "audit_refuse"),
    ("audit_node", "BEFORE INSERT", "ROW", "audit_node_in_order"),
)


def protect(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place, replacing those that are there; on the tables that the migrations have made so far."""
    lift(connection)
    tables = set(connection.introspection.table_names())
    execute(connection, _postgresql(tables) if connection.vendor == "postgresql" else _sqlite(tables))


def lift(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: for the reverse of the migration, with the rights of the tables' owner."""
    if connection.vendor == "postgresql":
        execute(connection, (f"DROP FUNCTION IF EXISTS {name}() CASCADE" for name in _POSTGRESQL_FUNCTIONS))
    else:
        execute(connection, (f"DROP TRIGGER IF EXISTS {name}" for name in _SQLITE))


def _sqlite(tables: Collection[str]) -> Iterable[str]:
    for name, occasion in _SQLITE.items():
        if name.rpartition("_")[0] in tables:
            yield f"CREATE TRIGGER {name} {occasion} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"


def _postgresql(tables: Collection[str]) -> Iterable[str]:
    for name, exception in _POSTGRESQL_FUNCTIONS.items():
        yield f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN {exception}
                RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation';
            END $$"""
    for number, (table, occasion, level, function) in enumerate(_POSTGRESQL_TRIGGERS):
        if table not in tables:
            continue
        name = f"{table}_{number}"
        yield f"CREATE TRIGGER {name} {occasion} ON {table} FOR EACH {level} EXECUTE FUNCTION {function}()"
        # ALWAYS: an ordinary trigger sleeps under session_replication_role = replica.
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"


def execute(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    """One after the other, as they are."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
