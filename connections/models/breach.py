"""What browsers report against our pages."""

from django.db import models


class PolicyBreach(models.Model):
    """How often pages wanted what the content security policy forbids, by its directive."""

    directive = models.CharField(primary_key=True, max_length=40)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        db_table = "policy_breach"
        default_permissions = ()
