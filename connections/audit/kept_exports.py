"""Whether exports that are kept for a day are those that the log tells of: who owns the tables can write others."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from connections.audit.canonical import storable
from connections.audit.events import EventType, Status
from connections.audit.stored import as_canonical, body_of
from connections.audit.verifier.verify import part
from connections.models import AuditCheckpoint, AuditDetail, AuditEvent, AuditExport

_SEARCH = "found.search"


def first_not_borne_out(of: Q) -> int | None:
    """Among these, the number under which the log should have one, and has another or none."""
    rows: QuerySet[Any] = AuditExport.objects.defer("at").annotate(made_at=as_canonical("at"))
    wrong = (row.seq for row in rows.filter(of).order_by("seq") if not _is_borne_out(row))
    return next(wrong, None)


def _is_borne_out(row: Any) -> bool:
    """Its number of events is left to its delivery, which ends with that number or breaks off."""
    event = AuditEvent.objects.filter(seq=row.seq, type=EventType.AUDIT_EXPORTED).first()
    body = body_of(event.body) if event else {}
    query = part(part(body, "found"), "query")
    pairs = (
        (part(body, "target").get("id"), str(row.id)),
        (part(body, "actor").get("id"), str(row.staff_id)),
        (part(body, "outcome").get("status"), Status.PENDING),
        (body.get("at"), row.made_at),
        (query.get("format"), row.format),
        (query.get("visible_to"), _readers(row)),
    )
    is_signed = row.size >= row.seq and AuditCheckpoint.objects.filter(size=row.size).exists()
    return all(said == here for said, here in pairs) and is_signed and _is_of_search(row, body)


def _readers(row: Any) -> str | None:
    """Whose events, as the log writes it; any text that it never holds for what is no list of them."""
    if row.visible_to is None:
        return None
    return " ".join(map(str, row.visible_to)) if isinstance(row.visible_to, list) else "?"


def _is_of_search(row: Any, body: Mapping[str, Any]) -> bool:
    """What was erased since cannot be compared any more."""
    if "search" not in part(body, "found"):
        return bool(row.search == "")
    search = AuditDetail.objects.filter(seq=row.seq, field=_SEARCH).values_list("value", flat=True).first()
    return search is None or search == storable(row.search)
