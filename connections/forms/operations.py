"""The filters of the list of operations, and what a person concludes about one."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connections.forms.fields import UUIDTextField, shown_text
from connections.models import State
from connections.queries.operation_list import OperationFilters
from connections.revocations.notes import says_something
from connections.revocations.reconcile import Conclusion

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _text(label: "StrOrPromise", longest: int) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, required=False, max_length=longest, widget=widget)


def _place() -> forms.UUIDField:
    invalid = _("This is not a page of this list. Start from the newest.")
    return forms.UUIDField(
        label=_("Page"), required=False, widget=forms.HiddenInput, error_messages={"invalid": invalid}
    )


class PlaceForm(forms.Form):
    """Where in a list of operations a page begins; the newest without."""

    before = _place()
    after = _place()

    def place(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("before", "after")}


class OperationFilterForm(PlaceForm):
    """Nothing is required: no filter means all operations, newest first."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("all")), *State.choices],
        error_messages={"invalid_choice": _("Choose a state from the list.")},
    )
    ticket = _text(_("Ticket"), 64)
    actor = _text(_("Asked for by"), 150)
    user_id = UUIDTextField(label=_("User id"), required=False)
    vehicle_id = UUIDTextField(label=_("Vehicle id"), required=False)
    needs_person = forms.BooleanField(label=_("Needs a person"), required=False)
    unknown = forms.BooleanField(label=_("Unknown outcome"), required=False)
    waiting = forms.BooleanField(label=_("Waiting"), required=False)
    unanswered = forms.BooleanField(label=_("Customer waits"), required=False)
    alarm = forms.BooleanField(label=_("Alarm"), required=False)

    def filters(self) -> OperationFilters:
        values: dict[str, Any] = {
            name: value for name, value in self.cleaned_data.items() if name not in ("before", "after")
        }
        return OperationFilters(**values)

    def bar(self) -> list[forms.BoundField]:
        return [self[name] for name in ("state", "ticket", "actor", "user_id", "vehicle_id")]

    def flags(self) -> list[forms.BoundField]:
        return [self[name] for name in ("needs_person", "unknown", "waiting", "unanswered", "alarm")]


class ConclusionForm(forms.Form):
    """What became of it, and how one knows."""

    conclusion = forms.ChoiceField(
        label=_("What became of it"),
        choices=[("", _("Choose what you found")), *Conclusion.choices],
        error_messages={"required": _("Choose what you found."), "invalid_choice": _("Choose from the list.")},
    )
    note = forms.CharField(
        label=_("How you know"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For colleagues and auditors. Never shown to the customer."),
        error_messages={
            "required": _("Say in a few words how you know."),
            "max_length": _("A note has at most 2000 characters."),
        },
    )

    def clean_conclusion(self) -> Conclusion:
        return Conclusion(self.cleaned_data["conclusion"])

    def clean_note(self) -> str:
        note = shown_text(self.cleaned_data["note"])
        if not says_something(note):
            raise forms.ValidationError(_("Say in a few words how you know."), code="required")
        return note
