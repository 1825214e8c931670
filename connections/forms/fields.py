"""What several forms ask for."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connections.widgets import TextInput

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


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


def has_unshown(text: str) -> bool:
    """Whether it holds characters that cannot be seen, or that change the order in which others are."""
    return bool(_CONTROL.search(text))


def shown_text(text: str) -> str:
    """What somebody typed, with line ends as ours. Raises `ValidationError` for what cannot be shown."""
    if has_unshown(text.replace("\r\n", "\n")):
        raise forms.ValidationError(_("This contains characters that cannot be shown."), code="invalid")
    return text.replace("\r\n", "\n")
