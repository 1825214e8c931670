"""Connections as rows of our own database, which is what Django's admin can list."""

from typing import ClassVar

from django.db import models


class Listed(models.Model):
    """The seven columns of the dashboard's table."""

    user_id = models.UUIDField()
    vehicle_id = models.UUIDField()
    mode = models.CharField(max_length=16)
    connected_at = models.DateTimeField(db_index=True)
    make = models.CharField(max_length=40)
    model = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()

    objects: "ClassVar[models.Manager[Listed]]" = models.Manager()

    class Meta:
        app_label = "benchmarks"


class ListedPlainly(Listed):
    """The same rows for another list of the admin."""

    class Meta:
        app_label = "benchmarks"
        proxy = True


class ListedWithFilters(Listed):
    """And once more."""

    class Meta:
        app_label = "benchmarks"
        proxy = True


class PlainEvent(models.Model):
    """What a log without a chain would keep: the columns and ordinary indexes of the audit log, and no trigger."""

    id = models.CharField(max_length=36)
    seq = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    type = models.CharField(max_length=64)
    operation = models.CharField(max_length=36)
    actor_id = models.CharField(max_length=200)
    actor_name = models.CharField(max_length=64)
    actor_ip = models.CharField(max_length=64)
    actor_user_agent = models.CharField(max_length=200)
    target_user = models.CharField(max_length=36)
    target_vehicle = models.CharField(max_length=36)
    outcome = models.CharField(max_length=32)
    ticket = models.CharField(max_length=200)
    request_id = models.CharField(max_length=36)
    body = models.TextField()

    objects: "ClassVar[models.Manager[PlainEvent]]" = models.Manager()

    class Meta:
        app_label = "benchmarks"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["at", "outcome"]),
            *(
                models.Index(fields=[column, "seq"])
                for column in (
                    *("type", "operation", "actor_id", "target_user", "target_vehicle"),
                    *("outcome", "ticket", "request_id"),
                )
            ),
        ]
