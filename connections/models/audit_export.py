"""An export that somebody prepared, and how far its delivery came; its events are the truth, this row is forgotten."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class AuditExport(models.Model):
    """
    What is delivered each time it is asked for; `visible_to` is null where everything may be read.

    `search` is free text that somebody typed, which the log keeps erasable: so
    the row lives a day.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="audit_exports")
    format = models.CharField(max_length=16)
    search = models.TextField()
    visible_to: "models.JSONField[list[str] | None, list[str] | None]" = models.JSONField(null=True)
    size = models.BigIntegerField()
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    count = models.BigIntegerField(null=True)
    # Of the delivery under way, or the last one.
    delivered = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    is_complete = models.BooleanField(default=False)

    objects: "ClassVar[models.Manager[AuditExport]]" = models.Manager()

    class Meta:
        db_table = "audit_export"
        default_permissions = ()
        indexes = [models.Index(fields=["heard_at"], name="exports_under_way", condition=Q(ended_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.format} up to {self.size}"
