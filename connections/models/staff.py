"""People who work here. What they may do comes from their groups, never from flags on the row."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Staff(AbstractUser):
    """A member of staff; `username` is the name to sign in with."""

    team = models.CharField(max_length=80, blank=True, default="")

    class Meta(AbstractUser.Meta):
        verbose_name_plural = "staff"
        default_permissions = ()

    def role_names(self) -> tuple[str, ...]:
        """Names of this person's groups, sorted; read once per request."""
        if not hasattr(self, "_role_names"):
            self._role_names = tuple(sorted(self.groups.values_list("name", flat=True)))
        return self._role_names

    def display_name(self) -> str:
        return self.get_full_name() or self.username
