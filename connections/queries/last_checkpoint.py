"""The newest checkpoint of the audit log, and what came after it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from connections.audit.ledger import tail
from connections.models import AuditCheckpoint
from connections.queries.operations import moment_of


@dataclass(frozen=True, slots=True)
class LastCheckpoint:
    """How many events it signs, when it was made (relative, exact, ISO), and how many events it does not sign."""

    size: int
    made: tuple[str, str, str] | None
    unsigned: int


def last_checkpoint() -> LastCheckpoint:
    """A log that was never signed has one of no events."""
    newest, events = AuditCheckpoint.objects.order_by("-size").first(), tail()[0]
    if newest is None:
        return LastCheckpoint(0, None, events)
    return LastCheckpoint(newest.size, moment_of(newest.created_at, datetime.now(UTC)), max(0, events - newest.size))
