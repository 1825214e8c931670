"""Everything our database remembers."""

from connections.models.audit import AuditCheckpoint, AuditDetail, AuditEvent
from connections.models.budget import RequestBudget
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
    "RequestBudget",
    "ScopeKind",
    "Staff",
    "State",
]
