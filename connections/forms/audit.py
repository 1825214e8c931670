"""The filters of the audit log: plain fields, and the one box that understands them all."""

from typing import TYPE_CHECKING, Any
from unicodedata import category
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from connections.audit.delivery import Format
from connections.audit.events import EventType, Status
from connections.audit.filters import FilterError, Filters
from connections.forms.fields import UUIDTextField, shown_text
from connections.models import Verdict
from connections.revocations.notes import says_something
from connections.widgets import DateInput, TextInput

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_LARGEST_SEQUENCE = 2**63 - 1
# As it stands in a URL, where a letter beyond ASCII takes six to twelve.
_LONGEST_SAVED = 4000
# Letters, figures, punctuation and symbols, by the first letter of their category.
_SEEN = "LNPS"
_PLAIN = (
    "actor",
    "type",
    "outcome",
    "ticket",
    "since",
    "until",
    "user",
    "vehicle",
    "connection",
    "operation",
    "request",
)


def _day(label: "StrOrPromise") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write a day such as 2026-01-31.")},
    )


def _text(label: "StrOrPromise", longest: int) -> forms.CharField:
    widget = TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, required=False, max_length=longest, widget=widget)


def _suggested(label: "StrOrPromise", list_id: str, choices: list[str]) -> forms.ChoiceField:
    """A box to type in, with suggestions from the page's `<datalist>` of this id."""
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[(each, each) for each in choices],
        widget=TextInput(
            attrs={"list": list_id, "autocomplete": "off", "spellcheck": "false", "placeholder": _("all")}
        ),
        error_messages={"invalid_choice": _("There is none called “%(value)s”.")},
    )


def _types() -> list[str]:
    """Every subject, followed by its types."""
    subjects = dict.fromkeys(each.split(".")[0] for each in EventType)
    groups = ((subject, [each for each in EventType if each.startswith(f"{subject}.")]) for subject in subjects)
    return [choice for subject, types in groups for choice in (subject, *types)]


TYPES = _types()
OUTCOMES = [each.value for each in Status]


class AuditFilterForm(forms.Form):
    """Nothing is required: no filter means everything one may read, newest first."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=1000,
        widget=TextInput(
            attrs={
                "type": "search",
                "autocomplete": "off",
                "spellcheck": "false",
                "placeholder": _("ticket, id, or actor:ana outcome:unknown"),
            }
        ),
    )
    actor = _text(_("Actor"), 150)
    type = _suggested(_("Type"), "audit-types", TYPES)
    outcome = _suggested(_("Outcome"), "audit-outcomes", OUTCOMES)
    ticket = _text(_("Ticket"), 64)
    since = _day(_("Since"))
    until = _day(_("Until"))
    user = UUIDTextField(label=_("User id"), required=False)
    vehicle = UUIDTextField(label=_("Vehicle id"), required=False)
    connection = UUIDTextField(label=_("Connection id"), required=False)
    operation = UUIDTextField(label=_("Operation id"), required=False)
    request = UUIDTextField(label=_("Request id"), required=False)
    before = forms.IntegerField(required=False, min_value=1, max_value=_LARGEST_SEQUENCE, widget=forms.HiddenInput)
    after = forms.IntegerField(required=False, min_value=0, max_value=_LARGEST_SEQUENCE, widget=forms.HiddenInput)

    def clean(self) -> None:
        """Say beside each field what cannot be looked for in it."""
        if "q" in self.cleaned_data:
            self._check("q", self.cleaned_data["q"])
        for name, value in self._plain_values().items():
            self._check(name, **{name: value})

    def _check(self, name: str, text: str = "", **values: str) -> None:
        try:
            Filters.of(text, **values)
        except FilterError as problem:
            self.add_error(name, forms.ValidationError(str(problem), code="invalid"))

    def filters(self) -> Filters:
        return Filters.of(self.cleaned_data["q"], **self._plain_values())

    def query(self) -> dict[str, str]:
        """What was filtered by, as it stands in a URL; fields with errors are left out."""
        text = self.cleaned_data.get("q")
        return ({"q": text} if text else {}) | self._plain_values()

    def bar(self) -> list[forms.BoundField]:
        return [self[name] for name in ("actor", "type", "outcome", "ticket", "since", "until")]

    def ids(self) -> list[forms.BoundField]:
        return [self[name] for name in ("user", "vehicle", "connection", "operation", "request")]

    def boxes(self) -> list[forms.BoundField]:
        """All that people fill in, each with its errors beside it."""
        return [self["q"], *self.bar(), *self.ids()]

    def is_narrowed_by_id(self) -> bool:
        return any(field.value() for field in self.ids())

    def _plain_values(self) -> dict[str, str]:
        values: dict[str, Any] = {name: self.cleaned_data.get(name) for name in _PLAIN}
        return {name: str(value) for name, value in values.items() if value}


class ExportForm(AuditFilterForm):
    """A search, and how what it finds is to be written; where nothing is said, as a bundle."""

    format = forms.ChoiceField(
        label=_("Format"), required=False, choices=[(each.value, each.value) for each in Format], initial=Format.NATIVE
    )

    def chosen(self) -> Format:
        return Format(self.cleaned_data.get("format") or Format.NATIVE)


class SavedSearchForm(forms.Form):
    """A name for the search that stands in `query`."""

    name = forms.CharField(label=_("Name"), max_length=80, error_messages={"required": _("Give the search a name.")})
    query = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_name(self) -> str:
        name = shown_text(self.cleaned_data["name"])
        if not any(category(each)[0] in _SEEN for each in name):  # it would be a link that nobody finds
            raise forms.ValidationError(self.fields["name"].error_messages["required"], code="required")
        return name

    def clean_query(self) -> str:
        """As our own list would write it, so that nothing else is ever kept."""
        form = AuditFilterForm(QueryDict(self.cleaned_data["query"].lstrip("?")))
        if not form.is_valid() or not form.query():
            raise forms.ValidationError(_("Search for something first, then save it."), code="invalid")
        query = urlencode(form.query())
        if len(query) > _LONGEST_SAVED:
            raise forms.ValidationError(_("This search is too long to be saved."), code="max_length")
        return query


class ReviewForm(forms.Form):
    """What one thinks of an event; whoever flags it says why."""

    verdict = forms.ChoiceField(choices=Verdict.choices, error_messages={"required": _("Choose one of the two.")})
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _("A note has at most 2000 characters.")},
    )

    def clean_note(self) -> str:
        note = shown_text(self.cleaned_data["note"])
        if self.cleaned_data.get("verdict") == Verdict.FLAGGED and not says_something(note):
            raise forms.ValidationError(_("Say in a few words why you flag it."), code="required")
        return note


class PlaceForm(forms.Form):
    """Where in the queue one is."""

    before = forms.IntegerField(required=False, min_value=1, max_value=_LARGEST_SEQUENCE)
