"""The filters of the list of staff, a new account, and what is to become of one."""

from enum import StrEnum
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.utils.translation import gettext_lazy as _

from connections.forms.fields import shown_text
from connections.models import Staff
from connections.permissions import Role
from connections.queries.staff import StaffFilters
from connections.sign_in.passwords import pronounceable
from connections.staffing import is_taken
from connections.standing import Change

_LONGEST_NAME = 150
_PLAIN = {"autocomplete": "off", "spellcheck": "false"}
_ROLES = [(role.value, _(role.words)) for role in Role]
_CHOOSE_ROLE = {"required": _("Choose a role."), "invalid_choice": _("Choose a role from the list.")}


class Kind(StrEnum):
    """What can be done to an account; each is the last part of a URL."""

    ROLE = "role"
    PASSWORD = "password"  # noqa: S105 - a word of a URL
    SECOND_FACTOR = "second-factor"
    SESSIONS = "sessions"
    DISABLE = "disable"
    ENABLE = "enable"


def _role() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Role"), choices=[("", _("Choose a role")), *_ROLES], error_messages=_CHOOSE_ROLE)


class _TeamField(forms.CharField):
    def __init__(self) -> None:
        super().__init__(
            label=_("Team"),
            required=False,
            max_length=80,
            widget=forms.TextInput(attrs=_PLAIN),
            help_text=_("Leads read the audit log of their own team."),
            error_messages={"max_length": _("A team has at most 80 characters.")},
        )

    def clean(self, value: Any) -> str:
        return shown_text(super().clean(value))


class StaffFilterForm(forms.Form):
    """Nothing is required: no filter means everybody, by name."""

    name = forms.CharField(label=_("Name"), required=False, max_length=150, widget=forms.TextInput(attrs=_PLAIN))
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[("", _("all")), *_ROLES], error_messages=_CHOOSE_ROLE
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("all")), ("active", _("active")), ("disabled", _("disabled"))],
        error_messages={"invalid_choice": _("Choose a state from the list.")},
    )
    after = forms.CharField(label=_("Page"), required=False, max_length=150, widget=forms.HiddenInput)

    def filters(self) -> StaffFilters:
        return StaffFilters(**{name: self.cleaned_data[name] for name in ("name", "role", "state")})

    def bar(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "role", "state")]


class NewStaffForm(forms.Form):
    """A name, a role, and a password or one that is made at random."""

    name = forms.CharField(
        label=_("Name to sign in with"),
        max_length=_LONGEST_NAME,
        widget=forms.TextInput(attrs={**_PLAIN, "autocapitalize": "none"}),
        validators=[UnicodeUsernameValidator()],
        error_messages={"required": _("Write a name."), "max_length": _("A name has at most 150 characters.")},
    )
    role = _role()
    team = _TeamField()
    password = forms.CharField(
        label=_("One-time password"),
        required=False,
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_(
            "Leave it empty to have one made, which is shown once. At their first sign-in they choose their own."
        ),
        error_messages={"max_length": _("A password has at most 128 characters.")},
    )

    def clean_name(self) -> str:
        name = Staff.normalize_username(self.cleaned_data["name"])
        if len(name) > _LONGEST_NAME:  # only now: one letter such as ﬃ may stand for three
            raise forms.ValidationError(self.fields["name"].error_messages["max_length"], code="max_length")
        if is_taken(name):
            raise forms.ValidationError(_("There is an account of this name."), code="unique")
        return str(name)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password, Staff(username=self.cleaned_data.get("name", "")))
        return password

    def change(self) -> Change:
        return Change(
            role=Role(self.cleaned_data["role"]),
            team=self.cleaned_data["team"],
            password=self.cleaned_data["password"] or pronounceable(),
            is_one_time=True,
        )


class StandingForm(forms.Form):
    """The role and the team somebody is to have."""

    role = _role()
    team = _TeamField()

    def change(self) -> Change:
        return Change(role=Role(self.cleaned_data["role"]), team=self.cleaned_data["team"])


class ConfirmationForm(forms.Form):
    """That the change is wanted, for the account as it was shown."""

    shown = forms.RegexField(
        r"\A[0-9a-f]{64}\Z",
        widget=forms.HiddenInput,
        error_messages={
            "required": _("What was shown is missing from the form. Look again."),
            "invalid": _("What was shown cannot be told from the form. Look again."),
        },
    )


def change_of(kind: Kind) -> Change:
    """What a kind of change does that needs no more to be said; a one-time password is made at each call."""
    match kind:
        case Kind.PASSWORD:
            return Change(password=pronounceable(), is_one_time=True, ends_sessions=True)
        case Kind.SECOND_FACTOR:
            return Change(forgets_second_factor=True, ends_sessions=True)
        case Kind.SESSIONS:
            return Change(ends_sessions=True)
        case Kind.DISABLE:
            return Change(is_active=False)
        case Kind.ENABLE:
            return Change(is_active=True)
    return Change()
