"""Forms that turn what people type into domain values, or say beside the field what is wrong."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from connections import gateway
from connections.queries import paging
from connections.revocations.notes import is_filler, says_something
from connections.revocations.reasons import Reason
from connections.smartcar.types import Filters, Mode
from connections.widgets import RadioSelect, Select, TextInput

_CURSOR = re.compile(r"\A[A-Za-z0-9_-]{1,64}\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")

# Where the day begins first, it is already tomorrow by our clock for this long.
_DAY_ELSEWHERE = timedelta(hours=14)

_MODES = {Mode.LIVE: _("live"), Mode.SIMULATED: _("simulated"), Mode.TEST: _("test")}

# A choice is acted on as soon as it is made; the ids around it go along.
_AT_ONCE = {"hx-get": "/connections/", "hx-include": "closest form", "hx-target": "#results", "hx-push-url": "true"}


class UUIDTextField(forms.UUIDField):
    """An id as Smartcar writes them."""

    default_error_messages = {"invalid": _("Write a whole id, like 1e258add-fb21-4293-b9ab-cf8a61f7a880.")}
    widget = TextInput(
        attrs={"autocomplete": "off", "spellcheck": "false", "maxlength": "64", "placeholder": _("whole id")}
    )

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and len(value.strip()) > 64:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        identifier = super().to_python(value.strip() if isinstance(value, str) else value)
        if identifier is not None and identifier.int == 0:  # the nil UUID names nobody
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return identifier


class ConnectionFilterForm(forms.Form):
    """The filters of the table. Nothing is required: no filter means all connections, newest first."""

    user_id = UUIDTextField(label=_("User id"), required=False)
    vehicle_id = UUIDTextField(label=_("Vehicle id"), required=False)
    limit = forms.TypedChoiceField(
        label=_("Rows"),
        required=False,
        widget=Select(attrs=_AT_ONCE),
        coerce=int,
        choices=[(size, str(size)) for size in paging.SIZES],
        error_messages={"invalid_choice": _("Choose 10, 25, 50 or 100 rows.")},
    )
    cursor = forms.RegexField(
        _CURSOR,
        required=False,
        error_messages={"invalid": _("This is not a page of this table. Start from the first.")},
    )

    def __init__(self, data: QueryDict) -> None:
        lists_all = gateway.capabilities().lists_all_modes
        self.has_mode_switch = not lists_all
        super().__init__(_explicit(data, mode="" if lists_all else Mode.LIVE, limit=str(paging.DEFAULT_SIZE)))
        modes = list(Mode) if lists_all else [Mode.LIVE, Mode.SIMULATED]
        self.fields["mode"] = forms.ChoiceField(
            required=False,
            widget=(Select if lists_all else RadioSelect)(attrs=_AT_ONCE),
            choices=[*([("", _("all"))] if lists_all else []), *((mode.value, _MODES[mode]) for mode in modes)],
            error_messages={"invalid_choice": _("Choose %(modes)s.") % {"modes": ", ".join(modes)}},
        )

    def filters(self) -> Filters:
        """As the client takes them."""
        mode = self.cleaned_data["mode"]
        return Filters(
            user_id=self.cleaned_data["user_id"],
            vehicle_id=self.cleaned_data["vehicle_id"],
            mode=Mode(mode) if mode else None,
        )


def _explicit(data: QueryDict, **usual: str) -> QueryDict:
    """What was chosen, or else the usual, so that the controls say what the table shows."""
    explicit = data.copy()
    for name, value in usual.items():
        explicit[name] = data.get(name) or value
    return explicit


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
        if not settings.TICKET_PATTERN.search(ticket) or _CONTROL.search(ticket):
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


def shown_text(text: str) -> str:
    """What somebody typed, with line ends as ours. Raises `ValidationError` for what cannot be shown."""
    if _CONTROL.search(text.replace("\r\n", "\n")):
        raise forms.ValidationError(_("This contains characters that cannot be shown."), code="invalid")
    return text.replace("\r\n", "\n")


def example_ticket() -> str:
    """A reference people can copy the form of; the pattern itself where ours does not match it."""
    return "OPS-4711" if settings.TICKET_PATTERN.search("OPS-4711") else settings.TICKET_PATTERN.pattern
