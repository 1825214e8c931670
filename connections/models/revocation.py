"""
What was shown before a revocation, the revocation itself, and each connection it covers.

The audit events are the truth; these rows are for work, and `revocations.rebuild`
makes an operation's state from its events alone.
"""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connections.ids import uuid7
from connections.smartcar.types import PairScope


class ScopeKind(models.TextChoices):
    PAIR = "pair", _("one connection")
    USER = "user", _("all connections of a user")
    VEHICLE = "vehicle", _("all connections of a vehicle")
    PURGE = "purge", _("a user with all that Smartcar keeps of them")


class Preview(models.Model):
    """
    Exactly the set of connections that was shown to one person, and its digest.

    Spent by at most one operation, so that a form sent twice revokes once.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.CharField(max_length=64)
    actor_id = models.CharField(max_length=64)
    scope = models.CharField(max_length=8, choices=ScopeKind)
    user_id = models.UUIDField(null=True)
    vehicle_id = models.UUIDField(null=True)
    connections = models.JSONField()
    shown_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "preview"
        default_permissions = ()
        indexes = [models.Index(fields=["digest", "actor_id"])]

    @property
    def count(self) -> int:
        """How many connections were shown; 0 for rows that somebody wrote and that are no list."""
        return len(self.connections) if isinstance(self.connections, list) else 0

    @property
    def lists_none(self) -> bool:
        """Whether it is of a user alone, of whom no connection was listed."""
        return self.scope == ScopeKind.PURGE and self.connections == []


class State(models.TextChoices):
    """
    Where an operation, or one connection of it, stands.

        awaiting approval ─► cancelled
                    └─► intended ─► attempted ─► succeeded ─► seen gone
                                             ├─► already gone
                                             ├─► failed
                                             └─► unknown ─► (read again) seen gone, failed or superseded

    An operation's state is that of its connections taken together; partly revoked is only an operation.
    Purged is a user of whom no connection was listed, so that no list can show them gone: Smartcar accepted it, or a
    person concluded it.
    """

    AWAITING_APPROVAL = "awaiting_approval", _("Awaiting approval")
    CANCELLED = "cancelled", _("Cancelled, nothing sent")
    INTENDED = "intended", _("Waiting, not sent")
    ATTEMPTED = "attempted", _("Sent, no answer recorded")
    SUCCEEDED = "succeeded", _("Revoked, accepted by Smartcar")
    ALREADY_GONE = "already_gone", _("Already gone")
    FAILED = "failed", _("Not revoked")
    UNKNOWN = "unknown", _("Unknown, checking")
    SUPERSEDED = "superseded", _("Superseded by a newer connection")
    SEEN_GONE = "seen_gone", _("Revoked, seen gone")
    PARTLY_REVOKED = "partly_revoked", _("Partly revoked")
    PURGED = "purged", _("Purged, accepted by Smartcar")


class Operation(models.Model):
    """One revocation from intent to seen gone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    preview = models.OneToOneField(Preview, on_delete=models.PROTECT, related_name="operation")
    scope = models.CharField(max_length=8, choices=ScopeKind)
    user_id = models.UUIDField(null=True)
    vehicle_id = models.UUIDField(null=True)
    connection_id = models.UUIDField(null=True)
    connected_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=20, choices=State, default=State.INTENDED)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=32)
    ticket = models.CharField(max_length=64)
    failure = models.CharField(max_length=200, blank=True, default="")
    http = models.PositiveSmallIntegerField(null=True)
    smartcar_request_id = models.CharField(max_length=100, blank=True, default="")
    alarm = models.CharField(max_length=200, blank=True, default="")
    tier = models.PositiveSmallIntegerField(default=0)
    approvals_needed = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(default=timezone.now)
    # How many of its items Smartcar accepted by an answer that could be read.
    accepted = models.PositiveIntegerField(default=0)
    # The law's clock: when the customer asked us, and until when they must have an answer.
    received_at = models.DateTimeField(null=True)
    answer_by = models.DateTimeField(null=True)
    intended_seq = models.BigIntegerField(null=True)
    intended_at = models.DateTimeField(null=True)
    attempted_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    seen_gone_at = models.DateTimeField(null=True)
    # The worker's clock: when to take it up next; None when it has reached its end.
    due_at = models.DateTimeField(null=True)
    needs_person = models.BooleanField(default=False)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "operation"
        default_permissions = ()
        permissions = [
            ("view_connection", "See connections and operations"),
            ("revoke_connection", "Revoke one connection, or a user's few"),
            ("revoke_wide", "Revoke a vehicle for all users, or many"),
            ("bulk_revoke", "Revoke in bulk"),
            ("approve_revocation", "Approve what another person prepared"),
            ("view_audit", "Read the audit log"),
            ("export_audit", "Export the audit log"),
            ("verify_audit", "Verify the audit log"),
            ("manage_staff", "Manage staff accounts and roles"),
        ]
        indexes = [
            models.Index(fields=["user_id", "vehicle_id"]),
            models.Index(fields=["vehicle_id"]),
            models.Index(fields=["connection_id"]),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="operation_due"),
            models.Index(fields=["answer_by"], condition=models.Q(answer_by__isnull=False), name="operation_answer"),
            models.Index(fields=["id"], condition=models.Q(needs_person=True), name="operation_person"),
            models.Index(fields=["state", "id"]),
            models.Index(fields=["ticket", "id"]),
            models.Index(fields=["actor_id", "asked_at"]),
        ]


class Item(models.Model):
    """
    One connection of an operation: what it was when it was shown, and what became of it.

    The one item without a vehicle is the user themselves, where a purge found no connection.
    """

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveIntegerField()
    user_id = models.UUIDField()
    vehicle_id = models.UUIDField(null=True)
    connection_id = models.UUIDField(null=True)
    connected_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=20, choices=State, default=State.INTENDED)
    attempts = models.PositiveSmallIntegerField(default=0)
    # How often it was looked at since it was sent, how often Smartcar answered, and when the next look counts.
    looks = models.PositiveSmallIntegerField(default=0)
    good_looks = models.PositiveSmallIntegerField(default=0)
    look_at = models.DateTimeField(null=True)
    # Taken for not applied after an answer that did not tell: followed, since a delete may become visible late.
    may_still_go = models.BooleanField(default=False)
    # Smartcar answered that there was none to remove, and no read has shown it since: absent, it was gone before.
    answered_gone = models.BooleanField(default=False)

    class Meta:
        db_table = "operation_item"
        default_permissions = ()
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["operation", "position"], name="one_item_a_position")]
        indexes = [
            models.Index(fields=["user_id", "vehicle_id"]),
            models.Index(fields=["vehicle_id"]),
            models.Index(fields=["connection_id"]),
        ]

    @property
    def pair(self) -> PairScope | None:
        """Of the connection; None for the user themselves."""
        return PairScope(self.user_id, self.vehicle_id) if self.vehicle_id else None


class Decision(models.TextChoices):
    GRANTED = "granted", _("Granted")
    DENIED = "denied", _("Denied")


class Approval(models.Model):
    """What one further person decided about an operation, bound to the digest they were shown."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="approvals")
    requester_id = models.CharField(max_length=64)
    approver_id = models.CharField(max_length=64)
    approver_name = models.CharField(max_length=150)
    decision = models.CharField(max_length=8, choices=Decision)
    digest = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "approval"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["operation", "approver_id"], name="one_decision_a_person"),
            models.CheckConstraint(
                condition=~models.Q(approver_id=models.F("requester_id")), name="approver_is_not_requester"
            ),
        ]
