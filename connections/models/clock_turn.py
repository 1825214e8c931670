"""Where the clock of the audit log was set back."""

from django.db import models


class ClockTurn(models.Model):
    """The time `at` of the event `seq` is far before that of the one before it; `peak` is the latest of all before."""

    seq = models.BigIntegerField(primary_key=True, editable=False)
    at = models.DateTimeField(editable=False)
    peak = models.DateTimeField(editable=False)

    class Meta:
        db_table = "audit_clock_turn"
        default_permissions = ()

    def __str__(self) -> str:
        return f"clock set back at event {self.seq}"
