"""The filters of the audit log: plain fields, and the one box that understands them all."""

from typing import Any

from django import forms

from connections.audit.events import EventType, Status
from connections.audit.filters import FilterError, Filters
from connections.forms import UUIDTextField

_LARGEST_SEQUENCE = 2**63 - 1
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


def _day() -> forms.DateField:
    return forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write a day such as 2026-01-31."},
    )


def _text(label: str, longest: int) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, required=False, max_length=longest, widget=widget)


def _types() -> list[tuple[str, str]]:
    """Every subject, followed by its types."""
    subjects = dict.fromkeys(each.split(".")[0] for each in EventType)
    groups = ((subject, [each for each in EventType if each.startswith(f"{subject}.")]) for subject in subjects)
    return [choice for subject, types in groups for choice in ((subject, subject), *((each, each) for each in types))]


class AuditFilterForm(forms.Form):
    """Nothing is required: no filter means everything one may read, newest first."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=1000,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "autocomplete": "off",
                "spellcheck": "false",
                "placeholder": "A ticket or id, or actor:ana outcome:unknown -type:connection.listed",
            }
        ),
    )
    actor = _text("Actor", 150)
    type = forms.ChoiceField(label="Type", required=False, choices=[("", "all"), *_types()])
    outcome = forms.ChoiceField(
        label="Outcome",
        required=False,
        choices=[("", "all"), *((each, each.replace("_", " ")) for each in Status)],
    )
    ticket = _text("Ticket", 64)
    since = _day()
    until = _day()
    user = UUIDTextField(label="User id", required=False)
    vehicle = UUIDTextField(label="Vehicle id", required=False)
    connection = UUIDTextField(label="Connection id", required=False)
    operation = UUIDTextField(label="Operation id", required=False)
    request = UUIDTextField(label="Request id", required=False)
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

    def is_narrowed_by_id(self) -> bool:
        return any(field.value() for field in self.ids())

    def _plain_values(self) -> dict[str, str]:
        values: dict[str, Any] = {name: self.cleaned_data.get(name) for name in _PLAIN}
        return {name: str(value) for name, value in values.items() if value}
