"""The filters of the table of connections."""

import re

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from connections import gateway
from connections.forms.fields import UUIDTextField
from connections.queries import paging
from connections.smartcar.types import Filters, Mode
from connections.widgets import RadioSelect, Select

_CURSOR = re.compile(r"\A[A-Za-z0-9_-]{1,64}\Z")

_MODES = {Mode.LIVE: _("live"), Mode.SIMULATED: _("simulated"), Mode.TEST: _("test")}

# A choice is acted on as soon as it is made; the ids around it go along.
_AT_ONCE = {"hx-get": "/connections/", "hx-include": "closest form", "hx-target": "#results", "hx-push-url": "true"}


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
