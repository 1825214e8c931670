"""What was archived out of the audit log, and what must stay in it: as append-only as the log itself."""

from django.db import models

from connections.models.audit import AppendOnlyModel


class AuditTombstone(AppendOnlyModel):
    """
    The events `first` to `last` are archived, as the event `seq` says; `note` is the signed statement of it.

    With `restored_seq`, the event that brought them back, it no longer stands.
    `last_at` is when the last of them was recorded, `location` where they were put.
    """

    seq = models.BigIntegerField(primary_key=True, editable=False)
    first = models.BigIntegerField(editable=False)
    last = models.BigIntegerField(editable=False)
    last_at = models.DateTimeField(editable=False)
    location = models.TextField(editable=False)
    note = models.TextField(editable=False)
    restored_seq: "models.BigIntegerField[int | None, int | None]" = models.BigIntegerField(null=True, editable=False)

    class Meta(AppendOnlyModel.Meta):
        db_table = "audit_tombstone"

    def __str__(self) -> str:
        return f"tombstone of events {self.first} to {self.last}"


class HoldKind(models.TextChoices):
    """By what a hold covers events; those of the same revocation are covered with them."""

    USER = "user", "a user"
    VEHICLE = "vehicle", "a vehicle"
    OPERATION = "operation", "a revocation"
    TICKET = "ticket", "a ticket"
    EVERYTHING = "everything", "everything"


class AuditHold(AppendOnlyModel):
    """
    A legal hold, placed by the event `seq`: nothing that it covers is erased or archived.

    Which events that are, the view `audit_held` says. With `lifted_seq`, the
    event that lifted it, it covers nothing any more.
    """

    seq = models.BigIntegerField(primary_key=True, editable=False)
    kind = models.CharField(max_length=16, choices=HoldKind, editable=False)
    value = models.CharField(max_length=200, editable=False)
    lifted_seq: "models.BigIntegerField[int | None, int | None]" = models.BigIntegerField(null=True, editable=False)

    class Meta(AppendOnlyModel.Meta):
        db_table = "audit_hold"

    def __str__(self) -> str:
        return f"hold {self.seq} on {self.kind} {self.value}"
