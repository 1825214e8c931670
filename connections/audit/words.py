"""
Free text over tickets and notes, found by any three letters of it.

SQLite keeps an FTS5 table of trigrams beside the log, filled and emptied by
triggers; PostgreSQL two trigram indexes, where the extension is to be had.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat

from connections.audit.reach import WHOLE, Reach
from connections.models import AuditDetail, AuditEvent

NOTE = "why.note"
_NEAR = 4_000

SHORTEST = 3
"""Letters that a text must have to be looked for: an index of trigrams knows nothing shorter."""

# A ticket stands in the even rows and a note in the odd ones, so that both come in the order of their events.
_SOURCE = """
    CREATE VIEW audit_words_source AS
    SELECT seq * 2 AS id, ticket, NULL AS note FROM audit_event WHERE ticket IS NOT NULL
    UNION ALL
    SELECT seq * 2 + 1, NULL, value FROM audit_detail WHERE field = 'why.note' AND value IS NOT NULL
"""
_TABLE = """
    CREATE VIRTUAL TABLE audit_words
    USING fts5(ticket, note, content = 'audit_words_source', content_rowid = 'id', tokenize = 'trigram')
"""
_ADD_TICKET = "INSERT INTO audit_words (rowid, ticket) VALUES (NEW.seq * 2, NEW.ticket)"
_TAKE_TICKET = "INSERT INTO audit_words (audit_words, rowid, ticket) VALUES ('delete', OLD.seq * 2, OLD.ticket)"
_ADD_NOTE = "INSERT INTO audit_words (rowid, note) VALUES (NEW.seq * 2 + 1, NEW.value)"
_TAKE_NOTE = "INSERT INTO audit_words (audit_words, rowid, note) VALUES ('delete', OLD.seq * 2 + 1, OLD.value)"
_HAS_NOTE = "field = 'why.note' AND {0}.value IS NOT NULL"
# What is taken out of the log, by erasure or by its owner, is taken out of the words as well.
_TRIGGERS = {
    "audit_words_event_insert": f"AFTER INSERT ON audit_event WHEN NEW.ticket IS NOT NULL BEGIN {_ADD_TICKET}",
    "audit_words_event_delete": f"AFTER DELETE ON audit_event WHEN OLD.ticket IS NOT NULL BEGIN {_TAKE_TICKET}",
    "audit_words_event_before": f"AFTER UPDATE ON audit_event WHEN OLD.ticket IS NOT NULL BEGIN {_TAKE_TICKET}",
    "audit_words_event_after": f"AFTER UPDATE ON audit_event WHEN NEW.ticket IS NOT NULL BEGIN {_ADD_TICKET}",
    "audit_words_note_insert": f"AFTER INSERT ON audit_detail WHEN NEW.{_HAS_NOTE.format('NEW')} BEGIN {_ADD_NOTE}",
    "audit_words_note_delete": f"AFTER DELETE ON audit_detail WHEN OLD.{_HAS_NOTE.format('OLD')} BEGIN {_TAKE_NOTE}",
    "audit_words_note_before": f"AFTER UPDATE ON audit_detail WHEN OLD.{_HAS_NOTE.format('OLD')} BEGIN {_TAKE_NOTE}",
    "audit_words_note_after": f"AFTER UPDATE ON audit_detail WHEN NEW.{_HAS_NOTE.format('NEW')} BEGIN {_ADD_NOTE}",
}
_INDEXES = {
    "audit_words_ticket": "audit_event USING gin (upper(ticket) gin_trgm_ops)",
    "audit_words_note": "audit_detail USING gin (upper(value) gin_trgm_ops) WHERE field = 'why.note'",
}


def install(on: BaseDatabaseWrapper) -> None:
    """Make what the search needs, and fill it with what is in the log already."""
    if on.vendor == "sqlite":
        triggers = (f"CREATE TRIGGER {name} {what}; END" for name, what in _TRIGGERS.items())
        _execute(on, [_SOURCE, _TABLE, "INSERT INTO audit_words (audit_words) VALUES ('rebuild')", *triggers])
    elif _has_trigrams(on):
        _execute(on, (f"CREATE INDEX {name} ON {what}" for name, what in _INDEXES.items()))


def remove(on: BaseDatabaseWrapper) -> None:
    if on.vendor == "sqlite":
        triggers = (f"DROP TRIGGER IF EXISTS {name}" for name in _TRIGGERS)
        tables = ["DROP TABLE IF EXISTS audit_words", "DROP VIEW IF EXISTS audit_words_source"]
        _execute(on, [*triggers, *tables])
    else:
        _execute(on, (f"DROP INDEX IF EXISTS {name}" for name in _INDEXES))


def in_ticket(text: str, reach: Reach = WHOLE) -> Q:
    """Events whose ticket holds this text, in capitals or not."""
    if connection.vendor == "sqlite":
        return _matching(f"ticket : {_phrase(text)}", reach)
    return Q(ticket__icontains=text)


def in_text(text: str, reach: Reach = WHOLE) -> Q:
    """Events whose ticket or note holds this text, in capitals or not."""
    if connection.vendor == "sqlite":
        return _matching(_phrase(text), reach)
    near = _near(text, reach)
    if near is not None:
        return Q(seq__in=near)
    tickets = AuditEvent.objects.filter(ticket__icontains=text)
    notes = AuditDetail.objects.filter(field=NOTE, value__icontains=text)
    return Q(seq__in=either(reached(found, reach) for found in (tickets, notes)))


def either(selections: Iterable[QuerySet[Any]]) -> RawSQL:
    """The sequence numbers of several selections together. SQLite takes ordered and limited ones as subqueries only."""
    compiled = []
    for found in selections:
        with suppress(EmptyResultSet):  # Django writes no SQL for what cannot find anything
            compiled.append(found.values("seq").query.sql_with_params())
    if not compiled:
        return RawSQL("SELECT seq FROM audit_event WHERE 1 = 0", [])
    union = " UNION ".join(f"SELECT seq FROM ({sql}) part{n}" for n, (sql, _) in enumerate(compiled))  # noqa: S608 - as Django wrote it, its values as parameters
    return RawSQL(union, [value for _, values in compiled for value in values])  # noqa: S611 - likewise


def _near(text: str, reach: Reach) -> list[int] | None:
    """
    What the newest events within reach hold, if that is as much as is wanted.

    The trigrams of a frequent word find every event that has it, of which a
    page wants the newest few: those are found sooner by reading them.
    """
    if reach.limit is None or reach.is_from_below:
        return None
    last = reach.before or (AuditEvent.objects.order_by("-seq").values_list("seq", flat=True).first() or 0) + 1
    near = replace(reach, after=max(reach.after, last - _NEAR))
    tickets = AuditEvent.objects.annotate(text=_unindexed("ticket")).filter(text__icontains=text)
    notes = AuditDetail.objects.annotate(text=_unindexed("value")).filter(field=NOTE, text__icontains=text)
    found = {seq for part in (tickets, notes) for seq in reached(part, near).values_list("seq", flat=True)}
    return sorted(found, reverse=True)[: reach.limit] if len(found) >= reach.limit else None


def _unindexed(column: str) -> Concat:
    """The same text, but in a shape that no index answers for."""
    return Concat(column, Value(""), output_field=TextField())


def _matching(phrase: str, reach: Reach) -> Q:
    """Each event has at most two rows, so that twice the limit of rows is enough."""
    sql, values = (
        "SELECT rowid / 2 FROM audit_words WHERE audit_words MATCH %s AND rowid > %s",
        [phrase, reach.after * 2 + 1],
    )
    if reach.before is not None:
        sql, values = f"{sql} AND rowid < %s", [*values, reach.before * 2]
    if reach.limit is not None:
        sql, values = (
            f"{sql} ORDER BY rowid {'ASC' if reach.is_from_below else 'DESC'} LIMIT %s",
            [*values, reach.limit * 2],
        )
    return Q(seq__in=RawSQL(sql, values))  # noqa: S611 - values as parameters


def reached(found: QuerySet[Any], reach: Reach) -> QuerySet[Any]:
    """What of a selection is within reach, and no more than is wanted."""
    within = found.filter(reach.condition())
    return within if reach.limit is None else within.order_by(reach.order)[: reach.limit]


def _phrase(text: str) -> str:
    """As a string of FTS5, in which nothing but the quote has a meaning."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _has_trigrams(on: BaseDatabaseWrapper) -> bool:
    """Without the extension, or the right to create it, the search works all the same, only slowly."""
    try:
        with transaction.atomic(using=on.alias):
            _execute(on, ["CREATE EXTENSION IF NOT EXISTS pg_trgm"])
    except DatabaseError:
        return False
    return True


def _execute(on: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with on.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
