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
