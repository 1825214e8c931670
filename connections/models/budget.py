"""How much of Smartcar's allowance is left: one row for all processes."""

from django.db import models


class RequestBudget(models.Model):
    """Moments in seconds since 1970; without the row the bucket is full."""

    id = models.SmallIntegerField(primary_key=True)
    full_at = models.FloatField(default=0)
    not_before = models.FloatField(default=0)

    class Meta:
        db_table = "request_budget"
        default_permissions = ()
