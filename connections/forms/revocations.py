"""Why something is revoked, for whom, and the digest of what was shown."""

from datetime import UTC, datetime, timedelta

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from connections.forms.fields import has_unshown, shown_text
from connections.revocations.notes import is_filler, says_something
from connections.revocations.reasons import Reason

# Where the day begins first, it is already tomorrow by our clock for this long.
_DAY_ELSEWHERE = timedelta(hours=14)


class RevocationForm(forms.Form):
    """Why, on whose ticket, and the digest of exactly what was shown."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose a reason")), *Reason.choices],
        error_messages={"required": _("Choose a reason."), "invalid_choice": _("Choose a reason from the list.")},
    )
    ticket = forms.CharField(
        label=_("Ticket"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": _("Write the ticket this belongs to."),
            "max_length": _("A ticket reference has at most 64 characters."),
        },
    )
    received_at = forms.DateTimeField(
        label=_("Asked by the customer on"),
        required=False,
        input_formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Starts the clock for the answer they must have."),
        error_messages={"invalid": _("Write a day such as 2026-01-31.")},
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For colleagues and auditors. Never shown to the customer."),
        error_messages={"max_length": _("A note has at most 2000 characters.")},
    )
    preview = forms.RegexField(
        r"\A[0-9a-f]{64}\Z",
        widget=forms.HiddenInput,
        error_messages={
            "required": _("What was shown is missing from the form. Look again."),
            "invalid": _("What was shown cannot be told from the form. Look again."),
        },
    )
    confirm = forms.CharField(
        required=False,
        max_length=100,
        label=_("Type to confirm"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_reason(self) -> Reason:
        return Reason(self.cleaned_data["reason"])

    def clean_ticket(self) -> str:
        ticket: str = self.cleaned_data["ticket"]
        if not settings.TICKET_PATTERN.search(ticket) or has_unshown(ticket):
            raise forms.ValidationError(
                _("A ticket looks like %(example)s.") % {"example": example_ticket()}, code="invalid"
            )
        return ticket

    def clean_received_at(self) -> datetime | None:
        received: datetime | None = self.cleaned_data["received_at"]
        now = datetime.now(UTC)
        if received and received > now + _DAY_ELSEWHERE:
            raise forms.ValidationError(_("The customer cannot have asked in the future."), code="future")
        if received and received < now - timedelta(days=366):
            raise forms.ValidationError(_("That is more than a year ago."), code="past")
        return min(received, now) if received else None

    def clean_note(self) -> str:
        note = shown_text(self.cleaned_data["note"])
        if self.cleaned_data.get("reason") == Reason.OTHER and not says_something(note):
            raise forms.ValidationError(_("Say in the note what the reason is, in a few words."), code="required")
        if is_filler(note):
            raise forms.ValidationError(_("Say something in the note, or leave it empty."), code="filler")
        return note


def example_ticket() -> str:
    """A reference people can copy the form of; the pattern itself where ours does not match it."""
    return "OPS-4711" if settings.TICKET_PATTERN.search("OPS-4711") else settings.TICKET_PATTERN.pattern
