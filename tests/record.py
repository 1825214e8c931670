"""What the audit log says, read back as a reader of the log would."""

from typing import Any

from connections.audit.verifier.verify import parsed
from connections.models import AuditDetail, AuditEvent


def types(prefix: str = "") -> list[str]:
    """Types of the events whose type begins so, oldest first."""
    events = AuditEvent.objects.filter(type__startswith=prefix).order_by("seq")
    return list(events.values_list("type", flat=True))


def bodies(prefix: str) -> list[dict[str, Any]]:
    """Bodies of the events whose type begins so, oldest first."""
    return [parsed(event.body) for event in AuditEvent.objects.filter(type__startswith=prefix).order_by("seq")]


def details(field: str) -> list[str]:
    """Personal values of one kind, oldest first."""
    return list(AuditDetail.objects.filter(field=field).order_by("seq").values_list("value", flat=True))


def newest(prefix: str) -> dict[str, Any]:
    return bodies(prefix)[-1]
