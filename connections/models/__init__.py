"""Everything our database remembers."""

from connections.models.audit import AuditCheckpoint, AuditDetail, AuditEvent
from connections.models.audit_work import Review, SavedSearch, Verdict
from connections.models.revocation import Approval, Decision, Item, Operation, Preview, ScopeKind, State
from connections.models.staff import Staff

__all__ = [
    "Approval",
    "AuditCheckpoint",
    "AuditDetail",
    "AuditEvent",
    "Decision",
    "Item",
    "Operation",
    "Preview",
    "Review",
    "SavedSearch",
    "ScopeKind",
    "Staff",
    "State",
    "Verdict",
]
