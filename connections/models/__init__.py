"""Everything our database remembers."""

from connections.models.audit import AuditCheckpoint, AuditDetail, AuditEvent, AuditNode
from connections.models.audit_export import AuditExport
from connections.models.audit_work import EmergencySignIn, Review, SavedSearch, Verdict
from connections.models.breach import PolicyBreach
from connections.models.budget import RequestBudget
from connections.models.clock_turn import ClockTurn
from connections.models.retention import AuditHold, AuditTombstone, HoldKind
from connections.models.revocation import Approval, Decision, Item, Operation, Preview, ScopeKind, State
from connections.models.staff import Staff

__all__ = [
    "Approval",
    "AuditCheckpoint",
    "AuditDetail",
    "AuditEvent",
    "AuditExport",
    "AuditHold",
    "AuditNode",
    "AuditTombstone",
    "ClockTurn",
    "Decision",
    "EmergencySignIn",
    "HoldKind",
    "Item",
    "Operation",
    "PolicyBreach",
    "Preview",
    "RequestBudget",
    "Review",
    "SavedSearch",
    "ScopeKind",
    "Staff",
    "State",
    "Verdict",
]
