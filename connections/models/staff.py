"""People who work here. What they may do comes from their groups, never from flags on the row."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower


class Staff(AbstractUser):
    """
    A member of staff; `username` is the name to sign in with.

    `password_until` is set while the password is one that somebody else made
    for them: until then it lets them in to choose their own, and to no other page.
    """

    team = models.CharField(max_length=80, blank=True, default="")
    password_until = models.DateTimeField(null=True, blank=True)

    class Meta(AbstractUser.Meta):
        verbose_name_plural = "staff"
        default_permissions = ()
        # Sign-in ignores case: two such accounts would be refused both.
        constraints = (
            models.UniqueConstraint(
                Lower("username"),
                name="staff_username_whatever_its_case",
                violation_error_message="There is an account of this name.",
            ),
        )

    def set_password(self, raw_password: str | None) -> None:
        """Whoever comes here chose it themselves; a one-time password is written by `staffing` alone."""
        super().set_password(raw_password)
        self.password_until = None

    def role_names(self) -> tuple[str, ...]:
        """Names of this person's groups, sorted; read once per request."""
        if not hasattr(self, "_role_names"):
            self._role_names = tuple(sorted(self.groups.values_list("name", flat=True)))
        return self._role_names

    def display_name(self) -> str:
        return self.get_full_name() or self.username
