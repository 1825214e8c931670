"""Forms of names and passwords: allauth's, with our words."""

from typing import TYPE_CHECKING, Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_HELP = _(
    "12 characters or more; several words are easy to remember. None of the common ones, nothing like your username, "
    "no word of your company."
)
_NEEDED = _("Write your password.")


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth has no types
    """Name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].error_messages |= {
            "required": _("Write your username."),
            "max_length": _("A username has at most 150 characters."),
        }
        _worded(self.fields["password"], _("Password"), _NEEDED)
        _plain(self)


class PasswordAgainForm(ReauthenticateForm):  # type: ignore[misc]
    """Before a deed that needs to know who sits here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self.fields["password"], _("Password"), _NEEDED)
        _plain(self)


class OwnPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """The password until now, and another one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self.fields["oldpassword"], _("Your password until now"), _("Write the password you have now."))
        _worded(self.fields["password1"], _("New password"), _("Write the new password."))
        self.fields["password1"].help_text = _HELP
        _worded(self.fields["password2"], _("The new password once more"), _("Write the new password once more."))
        _plain(self)

    def clean(self) -> dict[str, Any]:
        is_missing = "password2" in self.errors
        cleaned: dict[str, Any] = super().clean()
        if "password2" in self.errors and not is_missing:
            self.errors["password2"] = self.error_class([_("The two new ones are not the same.")])
        return cleaned


def _worded(field: forms.Field, label: "StrOrPromise", needed: "StrOrPromise") -> None:
    field.label = label
    field.error_messages["required"] = needed


def _plain(form: forms.Form) -> None:
    """A label says it already; a second one inside of the box goes away with the first letter."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
