"""
The audit tables: append-only here, and in the database by the triggers of the migrations.

Rows are appended by `connections.audit.ledger` alone. There are no foreign
keys out of these tables: CASCADE would delete history, SET NULL would alter it.
"""

from typing import Any, Never

from django.db import models
from django.db.models import Q


class AppendOnly(Exception):  # noqa: N818 - it states a property of the table, which no caller can mend
    """An audit row was about to be changed or deleted."""

    def __init__(self, verb: str) -> None:
        super().__init__(f"Audit rows are append-only: {verb} is refused.")


def _refused(verb: str) -> Any:
    def refuse(*_arguments: object, **_named: object) -> Never:
        raise AppendOnly(verb)

    return refuse


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Reads only: rows are written by the ledger, each in its place in the chain."""

    update = _refused("update")
    aupdate = _refused("update")
    delete = _refused("delete")
    adelete = _refused("delete")
    _raw_delete = _refused("delete")
    bulk_create = _refused("bulk_create")
    abulk_create = _refused("bulk_create")
    bulk_update = _refused("bulk_update")
    abulk_update = _refused("bulk_update")
    update_or_create = _refused("update_or_create")
    aupdate_or_create = _refused("update_or_create")


class AppendOnlyModel(models.Model):
    """A row that can be inserted once and never saved again or deleted."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True
        # What Django itself does with related rows goes through the base manager: it must refuse as well.
        base_manager_name = "objects"
        default_permissions = ()

    def save(self, *_arguments: Any, using: str | None = None, **_named: Any) -> None:
        """Insert the row. Raises `AppendOnly` for one that is in the database."""
        if not self._state.adding:
            raise AppendOnly("save")
        super().save(force_insert=True, using=using)

    delete = _refused("delete")
    adelete = _refused("delete")


def _copy(longest: int) -> "models.CharField[str | None, str | None]":
    """A copy of a text in the body; absent in the body is NULL here, which keeps it out of its index."""
    return models.CharField(max_length=longest, null=True, editable=False)


def _by(column: str) -> models.Index:
    """An index that finds one value's events newest first; rows without a value take no room in it."""
    return models.Index(fields=[column, "seq"], name=f"audit_by_{column}", condition=Q(**{f"{column}__isnull": False}))


WIDE = Q(type="revocation.intended") & (Q(target_user__isnull=True) | Q(target_vehicle__isnull=True))
"""Intents of a revocation of all of a user's connections, or a vehicle's."""


class AuditEvent(AppendOnlyModel):
    """
    One event.

    `body` is the canonical text and all that is hashed; the other columns are copies to search by.
    """

    seq = models.BigIntegerField(primary_key=True, editable=False)
    id = models.CharField(max_length=36, editable=False)
    at = models.DateTimeField(editable=False)
    type = models.CharField(max_length=64, editable=False)
    operation = _copy(36)
    actor_id = _copy(200)
    actor_name = _copy(64)
    target_user = _copy(36)
    target_vehicle = _copy(36)
    target_connection = _copy(36)
    outcome = _copy(32)
    ticket = _copy(200)
    request_id = _copy(36)
    body = models.TextField(editable=False)
    leaf = models.BinaryField(max_length=32, unique=True)

    class Meta(AppendOnlyModel.Meta):
        db_table = "audit_event"
        indexes = [
            # With the outcome, so that the plot of activity is read from the index alone.
            models.Index(fields=["at", "outcome"], name="audit_by_at"),
            # Intents that cover more than one connection are few, and looked for by the hour of the day.
            models.Index(fields=["seq"], name="audit_wide", condition=WIDE),
            models.Index(fields=["type", "seq"], name="audit_by_type"),
            _by("actor_id"),
            _by("target_user"),
            _by("target_vehicle"),
            _by("target_connection"),
            _by("operation"),
            _by("ticket"),
            _by("request_id"),
            _by("outcome"),
        ]

    def __str__(self) -> str:
        return f"event {self.seq}, {self.type}"


class AuditDetail(AppendOnlyModel):
    """
    A personal value behind a commitment.

    Erasing sets `redacted_at` and takes the value and its salt, never the row.
    """

    pk = models.CompositePrimaryKey("seq", "field")
    seq = models.BigIntegerField(editable=False)
    field = models.CharField(max_length=32, editable=False)
    salt = models.BinaryField(max_length=64, null=True)
    value: "models.TextField[str | None, str | None]" = models.TextField(null=True, editable=False)  # noqa: DJ001 - NULL once erased, where an empty text is a value
    redacted_at = models.DateTimeField(null=True, editable=False)

    class Meta(AppendOnlyModel.Meta):
        db_table = "audit_detail"

    def __str__(self) -> str:
        return f"{self.field} of event {self.seq}"


class AuditNode(AppendOnlyModel):
    """The hash of a complete subtree, `level` steps above its leaves; kept for every sixth level."""

    pk = models.CompositePrimaryKey("level", "idx")
    level = models.SmallIntegerField(editable=False)
    idx = models.BigIntegerField(editable=False)
    hash = models.BinaryField(max_length=32)

    class Meta(AppendOnlyModel.Meta):
        db_table = "audit_node"

    def __str__(self) -> str:
        return f"node {self.idx} of level {self.level}"


class AuditCheckpoint(AppendOnlyModel):
    """A signed statement of the tree's root when it held `size` events."""

    size = models.BigIntegerField(primary_key=True, editable=False)
    root = models.BinaryField(max_length=32)
    note = models.TextField(editable=False)
    created_at = models.DateTimeField(editable=False)

    class Meta(AppendOnlyModel.Meta):
        db_table = "audit_checkpoint"

    def __str__(self) -> str:
        return f"checkpoint at {self.size}"
