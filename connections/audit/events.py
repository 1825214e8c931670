"""
What can happen, and what is said about it.

These are plain values: how they become the body of a row is in `body`, how a
row is appended in `ledger`. A part that is left at its default is left out of
the body.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID


class EventType(StrEnum):
    """`subject.verb[.stage]`; one that was ever recorded keeps its name for good."""

    AUTH_SIGNED_IN = "auth.signed_in"
    AUTH_SIGNED_OUT = "auth.signed_out"
    AUTH_SIGN_IN_FAILED = "auth.sign_in_failed"
    AUTH_PASSWORD_CHANGED = "auth.password_changed"  # noqa: S105 - a name
    AUTH_SECOND_FACTOR_CHANGED = "auth.second_factor_changed"
    AUTH_REAUTHENTICATED = "auth.reauthenticated"
    ACCESS_REFUSED = "access.refused"
    CONNECTION_LISTED = "connection.listed"
    CONNECTION_VIEWED = "connection.viewed"
    REVOCATION_PREVIEWED = "revocation.previewed"
    REVOCATION_INTENDED = "revocation.intended"
    REVOCATION_ATTEMPTED = "revocation.attempted"
    REVOCATION_COMPLETED = "revocation.completed"
    REVOCATION_RECONCILED = "revocation.reconciled"
    REVOCATION_SEEN_GONE = "revocation.seen_gone"
    REVOCATION_ALARMED = "revocation.alarmed"
    APPROVAL_REQUESTED = "approval.requested"
    APPROVAL_GRANTED = "approval.granted"
    APPROVAL_DENIED = "approval.denied"
    APPROVAL_EXPIRED = "approval.expired"
    APPROVAL_VOIDED = "approval.voided"
    BULK_UPLOADED = "bulk.uploaded"
    BULK_STARTED = "bulk.started"
    BULK_PAUSED = "bulk.paused"
    BULK_RESUMED = "bulk.resumed"
    BULK_CANCELLED = "bulk.cancelled"
    BULK_FINISHED = "bulk.finished"
    RECEIPT_ISSUED = "receipt.issued"
    AUDIT_VIEWED = "audit.viewed"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_VERIFIED = "audit.verified"
    AUDIT_CHECKPOINTED = "audit.checkpointed"
    AUDIT_REDACTED = "audit.redacted"
    AUDIT_ARCHIVED = "audit.archived"
    AUDIT_RESTORED = "audit.restored"
    AUDIT_HOLD_PLACED = "audit.hold_placed"
    AUDIT_HOLD_LIFTED = "audit.hold_lifted"
    AUDIT_KEY_ROTATED = "audit.key_rotated"
    AUDIT_KEY_RETIRED = "audit.key_retired"
    AUDIT_EPOCH_STARTED = "audit.epoch_started"
    AUDIT_REVIEWED = "audit.reviewed"
    STAFF_CREATED = "staff.created"
    STAFF_CHANGED = "staff.changed"
    STAFF_DISABLED = "staff.disabled"
    SYSTEM_STARTED = "system.started"
    SYSTEM_SPOOL_REPLAYED = "system.spool_replayed"
    SYSTEM_SELFCHECK_FAILED = "system.selfcheck_failed"


class Status(StrEnum):
    """How something ended, or where it stands."""

    PENDING = "pending"
    SENT = "sent"
    SUCCESS = "success"
    ALREADY_GONE = "already_gone"
    FAILED = "failed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SEEN_GONE = "seen_gone"
    SUPERSEDED = "superseded"


class ActorKind(StrEnum):
    STAFF = "staff"
    SYSTEM = "system"
    COMMAND = "command"
    ANONYMOUS = "anonymous"


class TargetKind(StrEnum):
    CONNECTION = "connection"
    USER = "user"
    VEHICLE = "vehicle"
    BULK = "bulk"
    EXPORT = "export"
    AUDIT = "audit"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How and when the actor proved who they are."""

    method: str
    at: datetime | None = None
    second_factor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """
    Who did it. `name`, `ip` and `user_agent` are personal and can be erased later.

    `session` is a keyed hash, never the session's own key.
    """

    kind: ActorKind
    id: str | None = None
    name: str | None = None
    roles: tuple[str, ...] = ()
    session: str | None = None
    auth: Auth | None = None
    ip: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    What it was done to: a snapshot, since Smartcar's answer to a delete no longer says what was deleted.

    `id` names what is not a connection: a member of staff, an export, one event.
    """

    kind: TargetKind
    id: str | None = None
    user: UUID | None = None
    vehicle: UUID | None = None
    connection: UUID | None = None
    mode: str | None = None
    connected_at: datetime | None = None
    make: str | None = None
    model: str | None = None
    year: int | None = None
    permissions: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The reason given; `note` is free text, personal, and can be erased later."""

    reason: str | None = None
    ticket: str | None = None
    note: str | None = None
    received_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One decision of another person; `seq` is that decision's own event."""

    actor: str
    decision: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What allowed it: the policy applied, the digest of what was shown, who approved."""

    policy_version: str | None = None
    policy_tier: int | None = None
    preview: str | None = None
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    How it ended; `expected` and `removed` count connections, `ms` is what Smartcar took.

    `answered_at` is when Smartcar answered, where that could be recorded only later.
    """

    status: Status
    http: int | None = None
    smartcar_request_id: str | None = None
    ms: int | None = None
    attempt: int | None = None
    expected: int | None = None
    removed: int | None = None
    alarm: str | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """
    What a read returned: how many, a digest of which, and for which filters. Never the rows.

    `search` is free text that somebody typed, personal, and can be erased later.
    """

    count: int | None = None
    digest: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    search: str | None = None

    @classmethod
    def of(cls, ids: Iterable[object], query: Mapping[str, str] | None = None, search: str | None = None) -> Self:
        """The digest is SHA-256 over the sorted ids, each followed by a line feed."""
        lines = sorted(f"{each}\n" for each in ids)
        digest = hashlib.sha256("".join(lines).encode()).hexdigest()
        return cls(count=len(lines), digest=digest, query=query or {}, search=search)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    One thing that happened.

    `operation`, `bulk` and `item` tie the stages of a deed together, `request`
    the events of one click, `cause` is the sequence number of the intent.
    """

    type: EventType
    actor: Actor
    target: Target | None = None
    why: Why | None = None
    control: Control | None = None
    outcome: Outcome | None = None
    found: Found | None = None
    operation: UUID | None = None
    bulk: UUID | None = None
    item: int | None = None
    request: UUID | None = None
    cause: int | None = None
