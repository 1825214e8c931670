"""Forms of second factors: allauth's, with our words, and closed where it leaves a gap."""

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core import context
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from connections.sign_in import passkeys, recovery_codes, tries

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "autofocus": True}


def _code(label: "StrOrPromise") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=40,
        widget=forms.TextInput(attrs=_CODE),
        error_messages={"required": _("Write the code."), "max_length": _("A code has far fewer characters.")},
    )


class _OnceOnly:
    """
    A code is good once.

    allauth remembers a used code for one period of thirty seconds; as we let
    codes of the period before and after pass, it could be shown again later.
    """

    user: Any

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]  # of the form beside this
        # As allauth compares them: people write spaces and dashes.
        digits = "".join(filter(str.isalnum, code))
        accepted = (2 * app_settings.TOTP_TOLERANCE + 1) * app_settings.TOTP_PERIOD
        if not cache.add(f"second-factor-code:{self.user.pk}:{digits}", 1, timeout=accepted):
            raise get_adapter().validation_error("incorrect_code")
        return code


class _OrRecoveryCode:
    """A recovery code stands in for one of the app."""

    user: Any

    def clean_code(self) -> str:
        typed: str = self.cleaned_data["code"]  # type: ignore[attr-defined]  # of the form beside this
        if not recovery_codes.looks_like_one(typed):
            return str(super().clean_code())  # type: ignore[misc]
        used = recovery_codes.use(self.user, typed)
        if used is None:
            self._emit_authentication_failed(None)  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        self.authenticator = used
        return typed


class _Counted:
    """Who guesses elsewhere locks out nobody: a browser that the account knows has tries of its own."""

    user: Any

    def clean_code(self) -> str:
        try:
            this_try = tries.count_code(context.request, self.user)
        except tries.NotCounted as problem:
            raise get_account_adapter().validation_error(problem.code) from problem
        code: str = super().clean_code()  # type: ignore[misc]  # of the form beside this
        this_try.rollback()
        return code


class CodeForm(_Counted, _OrRecoveryCode, _OnceOnly, AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """At sign-in."""

    code = _code(_("Code of the app, or a recovery code"))


class CodeAgainForm(_Counted, _OrRecoveryCode, _OnceOnly, ReauthenticateForm):  # type: ignore[misc]
    """Before a deed that needs to know who sits here."""

    code = _code(_("Code of the app, or a recovery code"))


class AppForm(_OnceOnly, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an app, which shows that it has the secret."""

    code = _code(_("Code that the app shows"))


class _Credential:
    """What a browser says of a passkey is written by whoever holds the browser: whatever it is, it is an answer."""

    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Any:
        shown: Any = self.cleaned_data["credential"]
        try:
            passkey = super().clean_credential()  # type: ignore[misc]  # of the form beside this
            is_copy = not passkeys.has_counted_on(passkey, shown["response"]["authenticatorData"])
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
            raise get_adapter().validation_error("incorrect_code") from problem
        if is_copy:
            tries.record_failure(context.request, passkey.user.username, reason="copy of a passkey")
            raise get_adapter().validation_error("copied_passkey")
        return passkey


class PasskeyForm(_Credential, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """As the second factor."""


class PasskeyAgainForm(_Credential, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Before a deed that needs to know who sits here."""


class PasskeyAloneForm(_Credential, LoginWebAuthnForm):  # type: ignore[misc]
    """Instead of name and password."""


class NewPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey is two factors in one only if the device asked who uses it; so every one must have asked."""

    name = forms.CharField(
        label=_("Name of the passkey"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("For yourself: which device or key this is."),
        error_messages={"max_length": _("A name has at most 60 characters.")},
    )
    passwordless = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_passwordless(self) -> bool:
        return True

    def clean_credential(self) -> dict[str, Any]:
        """Allauth looks into it only if it is true, and would keep 0 as a passkey that nobody can show."""
        credential = self.cleaned_data["credential"]
        if not isinstance(credential, dict):
            raise get_adapter().validation_error("incorrect_code")
        return credential

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
            raise get_adapter().validation_error("incorrect_code") from problem
        return cleaned
