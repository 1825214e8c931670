"""The tables refuse every way of changing or deleting a row, in the database and in Python."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from connections.audit import append_only
from connections.audit.events import Actor, Event, EventType
from connections.audit.ledger import append
from connections.audit.selfcheck import SelfCheckFailed, check_append_only
from connections.models import AuditCheckpoint, AuditDetail, AuditEvent
from connections.models.audit import AppendOnly

pytestmark = pytest.mark.django_db(transaction=True)

on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a statement of SQLite's")
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a statement of PostgreSQL's")

COPIES = "id, at, type, operation, actor_id, actor_name, target_user, target_vehicle, target_connection"
COLUMNS = f"{COPIES}, outcome, ticket, request_id, body, leaf"
BY_ROWID = f"INSERT OR REPLACE INTO audit_event (rowid, seq, {COLUMNS})"
COPIED = COLUMNS.replace("leaf", "substr(leaf, 2)")
AGAIN = f"INSERT INTO audit_event (seq, {COLUMNS}) SELECT {{}}, {COLUMNS} FROM audit_event WHERE seq = {{}}"
ERASE = "UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = CURRENT_TIMESTAMP"


@pytest.fixture(autouse=True)
def recorded(revocation: Callable[[], UUID]) -> None:
    revocation()
    AuditCheckpoint(size=3, root=b"r" * 32, note="n", created_at=datetime.now(UTC)).save()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET ticket = 'X-1' WHERE seq = 2",
        "UPDATE audit_event SET seq = 9 WHERE seq = 3",
        "DELETE FROM audit_event WHERE seq = 3",
        "DELETE FROM audit_event",
        AGAIN.replace("body, leaf FROM", "body, substr(leaf, 2) FROM").format(5, 1),
        AGAIN.format(4, 1),
        AGAIN.format(3, 3) + " ON CONFLICT (seq) DO UPDATE SET ticket = 'X-1'",
        AGAIN.format(3, 3) + " ON CONFLICT DO NOTHING",
        "UPDATE audit_detail SET value = 'x' WHERE seq = 1",
        "UPDATE audit_detail SET value = NULL WHERE seq = 1",
        "UPDATE audit_detail SET value = NULL, redacted_at = CURRENT_TIMESTAMP WHERE seq = 1",
        f"{ERASE}, seq = 2 WHERE seq = 1",
        "DELETE FROM audit_detail WHERE seq = 1",
        "INSERT INTO audit_detail (seq, field, value) VALUES (1, 'late', 'x')",
        "INSERT INTO audit_detail (seq, field, value) VALUES (3, 'actor.name', 'x')",
        "UPDATE audit_checkpoint SET note = 'x'",
        "DELETE FROM audit_checkpoint",
        pytest.param("INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE seq = 3", marks=on_sqlite),
        pytest.param("INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE seq = 1", marks=on_sqlite),
        pytest.param(AGAIN.replace("INSERT", "INSERT OR REPLACE").format(4, 1), marks=on_sqlite),
        pytest.param("INSERT OR REPLACE INTO audit_detail SELECT * FROM audit_detail WHERE seq = 3", marks=on_sqlite),
        pytest.param("INSERT OR REPLACE INTO audit_checkpoint SELECT * FROM audit_checkpoint", marks=on_sqlite),
        pytest.param(f"{BY_ROWID} SELECT 2, 4, {COPIED} FROM audit_event WHERE seq = 1", marks=on_sqlite),
        pytest.param(f"{BY_ROWID} SELECT -1, 4, {COPIED} FROM audit_event WHERE seq = 1", marks=on_sqlite),
        pytest.param(
            "INSERT OR REPLACE INTO audit_detail (oid, seq, field, value) VALUES (1, 3, 'late', 'x')", marks=on_sqlite
        ),
        pytest.param(
            "INSERT OR REPLACE INTO audit_checkpoint (_rowid_, size, root, note, created_at)"
            " SELECT rowid, 2, root, note, created_at FROM audit_checkpoint",
            marks=on_sqlite,
        ),
        pytest.param("UPDATE OR REPLACE audit_event SET seq = 2 WHERE seq = 3", marks=on_sqlite),
        pytest.param("TRUNCATE audit_event", marks=on_postgresql),
        pytest.param("TRUNCATE audit_detail", marks=on_postgresql),
        pytest.param("TRUNCATE audit_checkpoint", marks=on_postgresql),
        pytest.param("TRUNCATE audit_event, audit_detail CASCADE", marks=on_postgresql),
    ],
)
def test_the_database_refuses(statement: str) -> None:
    before = _rows()
    with pytest.raises(DatabaseError):
        _execute(statement)
    assert _rows() == before


@on_postgresql
def test_the_triggers_hold_for_a_replica_as_well() -> None:
    with transaction.atomic():
        _execute("SET LOCAL session_replication_role = replica")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            _execute("DELETE FROM audit_event")


SHADOWS = {
    "detail": """
        CREATE TEMPORARY TABLE audit_event ON COMMIT DROP AS SELECT 1::bigint AS seq, ''::text AS type;
        INSERT INTO public.audit_detail (seq, field, value) VALUES (1, 'why.more', 'late')""",
    "event": f"""
        CREATE TEMPORARY TABLE audit_event ON COMMIT DROP AS SELECT 8::bigint AS seq, ''::bytea AS leaf;
        INSERT INTO public.audit_event (seq, {COLUMNS})
        SELECT 9, {COPIES}, outcome, ticket, request_id, body, substr(leaf, 2) FROM public.audit_event WHERE seq = 1""",
    "function": """
        CREATE SCHEMA evil;
        CREATE FUNCTION evil.max(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
        SET LOCAL search_path = evil, public, pg_catalog;
        INSERT INTO public.audit_detail (seq, field, value) VALUES (1, 'why.more', 'late')""",
}


@on_postgresql
@pytest.mark.parametrize("shadow", SHADOWS)
def test_what_a_session_puts_in_the_way_misleads_no_trigger(shadow: str) -> None:
    before = _rows()
    with pytest.raises(DatabaseError, match="append-only"):
        _execute(SHADOWS[shadow])
    assert _rows() == before


@on_postgresql
def test_the_self_check_finds_a_trigger_that_can_be_misled() -> None:
    _execute("ALTER FUNCTION audit_detail_insert() RESET search_path")
    with pytest.raises(SelfCheckFailed, match="CREATE TEMPORARY TABLE audit_event"):
        check_append_only()


def test_erasing_takes_value_and_salt_once_and_only_just_after_its_event(system: Actor) -> None:
    erase = f"{ERASE} WHERE seq = 1"
    with pytest.raises(DatabaseError):
        _execute(erase)
    append(Event(type=EventType.AUDIT_REDACTED, actor=system))
    _execute(erase)
    assert set(AuditDetail.objects.filter(seq=1).values_list("value", "salt")) == {(None, None)}
    with pytest.raises(DatabaseError):
        _execute(erase)
    append(Event(type=EventType.AUDIT_VIEWED, actor=system))
    with pytest.raises(DatabaseError):
        _execute(f"{ERASE} WHERE seq = 2")


@on_sqlite
def test_erasing_takes_no_other_row_along(system: Actor) -> None:
    append(Event(type=EventType.AUDIT_REDACTED, actor=system))
    erase = ERASE.replace("UPDATE", "UPDATE OR REPLACE")
    with pytest.raises(DatabaseError):
        _execute(f"{erase}, rowid = 9 WHERE rowid = 1")
    assert AuditDetail.objects.count() == 12


@on_sqlite
def test_the_self_check_finds_rows_whose_place_can_be_taken() -> None:
    _execute("DROP TRIGGER audit_node_insert")
    _execute(
        "CREATE TRIGGER audit_node_insert BEFORE INSERT ON audit_node WHEN EXISTS"
        " (SELECT 1 FROM audit_node WHERE level = NEW.level AND idx = NEW.idx) BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    with pytest.raises(SelfCheckFailed, match=r"REPLACE INTO audit_node \(rowid"):
        check_append_only()


@pytest.mark.parametrize(
    "change",
    [
        lambda events: events.update(ticket="X-1"),
        lambda events: events.delete(),
        lambda events: events.filter(seq=1)._raw_delete("default"),
        lambda events: events.bulk_create([AuditEvent(seq=4)]),
        lambda events: events.bulk_update(list(events), ["ticket"]),
        lambda events: events.update_or_create(seq=1, defaults={"ticket": "X-1"}),
        lambda events: events.get(seq=1).save(),
        lambda events: events.get(seq=1).save(force_update=True),
        lambda events: events.get(seq=1).delete(),
        lambda _events: AuditEvent._base_manager.filter(seq=1).delete(),
    ],
)
def test_python_refuses(change: Callable[[Any], object]) -> None:
    with pytest.raises(AppendOnly):
        change(AuditEvent.objects.all())


def test_saving_over_an_event_under_its_number_is_refused() -> None:
    with pytest.raises(DatabaseError):
        AuditEvent(seq=2, id="x", at=datetime.now(UTC), type="x", body="x", leaf=b"x").save()


def test_the_self_check_passes_and_leaves_nothing_behind() -> None:
    before = _rows()
    check_append_only()
    assert _rows() == before


def test_the_self_check_finds_triggers_that_are_gone() -> None:
    append_only.lift(connection)
    with pytest.raises(SelfCheckFailed, match=r"UPDATE audit_event.*DELETE FROM audit_event"):
        check_append_only()
    assert AuditEvent.objects.count() == 3


def test_the_self_check_finds_a_single_trigger_that_is_gone() -> None:
    missing = "audit_event_insert" if connection.vendor == "sqlite" else "audit_event_truncate ON audit_event"
    _execute(f"DROP TRIGGER {missing}")
    with pytest.raises(SelfCheckFailed, match=r"REPLACE INTO audit_event|TRUNCATE audit_event"):
        check_append_only()
    assert AuditEvent.objects.count() == 3


def test_the_self_check_fails_where_nothing_can_be_appended() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_detail RENAME TO away")
    try:
        with pytest.raises(SelfCheckFailed, match="appended"):
            check_append_only()
    finally:
        _execute("ALTER TABLE away RENAME TO audit_detail")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _rows() -> list[list[tuple[Any, ...]]]:
    def rows(table: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
            return [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in cursor.fetchall()]

    return [rows("audit_event"), rows("audit_detail"), rows("audit_checkpoint")]
