"""What auditors keep beside the log: searches to come back to, and what they have looked through."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from connections.ids import uuid7


class SavedSearch(models.Model):
    """A search of the audit log that a person named; `query` is that of its URL, which is how it is shared."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=4000)

    objects: "ClassVar[models.Manager[SavedSearch]]" = models.Manager()

    class Meta:
        db_table = "saved_search"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["staff", "name"], name="one_search_a_name")]

    def __str__(self) -> str:
        return self.name


class Verdict(models.TextChoices):
    """What a person thinks of an event."""

    APPROPRIATE = "appropriate", _("Appropriate")
    FLAGGED = "flagged", _("Flagged")


class Review(models.Model):
    """
    That an event was looked at; `seq` is the one that says so, and the truth.

    This row only spares the queue a search for it.
    """

    reviewed = models.BigIntegerField(primary_key=True)
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    seq = models.BigIntegerField()

    objects: "ClassVar[models.Manager[Review]]" = models.Manager()

    class Meta:
        db_table = "audit_review"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.verdict} event {self.reviewed}"


class EmergencySignIn(models.Model):
    """
    That somebody signed in through the account for emergencies; `seq` is the event that says so, and the truth.

    This row only spares the overview a search for it. An account that has one stays: its alarm would go with it.
    """

    seq = models.BigIntegerField(primary_key=True)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: "ClassVar[models.Manager[EmergencySignIn]]" = models.Manager()

    class Meta:
        db_table = "emergency_sign_in"
        default_permissions = ()

    def __str__(self) -> str:
        return f"event {self.seq}"
