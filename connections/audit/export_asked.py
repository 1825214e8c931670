"""Whether the row of a prepared export still says what the log says was asked for."""

import json

from connections.audit.canonical import storable
from connections.audit.events import EventType
from connections.audit.verifier.verify import part
from connections.models import AuditDetail, AuditEvent, AuditExport


def is_as_asked(row: AuditExport) -> bool:
    """
    By the event that was recorded before anything could be delivered, which nobody can change.

    What was searched for can be erased from the log, and is then not compared.
    """
    asked = AuditEvent.objects.filter(seq=row.seq, type=EventType.AUDIT_EXPORTED).first()
    if asked is None or row.size < row.seq or row.at != asked.at:
        return False
    body = json.loads(asked.body)
    if (part(body, "target").get("id"), part(body, "actor").get("id")) != (str(row.pk), str(row.staff_id)):
        return False
    query = part(part(body, "found"), "query")
    return (query.get("format"), query.get("visible_to")) == (row.format, _readers(row)) and _is_same_search(row)


def _readers(row: AuditExport) -> str | None:
    """Whose events, as the log writes it."""
    return None if row.visible_to is None else " ".join(map(str, row.visible_to))


def _is_same_search(row: AuditExport) -> bool:
    searched = AuditDetail.objects.filter(seq=row.seq, field="found.search").first()
    if searched is None:
        return not row.search
    return searched.redacted_at is not None or searched.value == storable(row.search)
