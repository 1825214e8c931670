"""Second factors: who must have one, whether this session showed one, and under which key their secrets are kept."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
    record_authentication,
)
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from qrcode import QRCode
from qrcode.image.svg import SvgPathImage

from connections.models import Staff
from connections.sealing import present_key, seal_of
from connections.sign_in import recovery_codes

PRODUCT = "Smartcar connections"
_PURPOSE = "second_factor"
_SHOWN = "mfa"
# Recovery codes stand in for one of these and are none by themselves.
_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_required_of(staff: Staff) -> bool:
    """Whether one of their roles must have a second factor (`SECOND_FACTOR_ROLES`)."""
    return not set(settings.SECOND_FACTOR_ROLES).isdisjoint(staff.role_names())


def exists_for(staff: Staff) -> bool:
    """Whether they could show one."""
    return bool(Authenticator.objects.filter(user=staff, type__in=_FACTORS).exists())


def was_shown(request: HttpRequest) -> bool:
    """
    Whether this very session showed one: that the account has one proves nothing about who sits here.

    Who comes from the OpenID provider has shown there what the company asks for.
    """
    return any(
        record["method"] in (_SHOWN, "socialaccount") for record in get_authentication_records(request, request.user)
    )


def take_as_shown(request: HttpRequest, kind: str) -> None:
    """Whoever sets one up shows it by that."""
    record_authentication(request, request.user, _SHOWN, type=kind)


def take_as_not_shown(request: HttpRequest) -> None:
    """Once the last one is gone, nothing speaks for this session any more."""
    records = get_authentication_records(request, request.user)
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [r for r in records if r["method"] != _SHOWN]


def forget(staff: Staff) -> None:
    """All of them, with the recovery codes."""
    Authenticator.objects.filter(user=staff).delete()


def take_over() -> int:
    """
    Put what a former key keeps under the present one, so that the former may go; how many there were.

    What no key opens stays as it is. Recovery codes need no key, once they are hashed.
    """
    taken = recovery_codes.hash_seeds()
    with transaction.atomic():
        for row in Authenticator.objects.select_for_update().filter(type=Authenticator.Type.TOTP):
            with suppress(InvalidToken):
                if not _opens(present_key(_PURPOSE), row.data["secret"]):
                    row.data["secret"] = seal_of(_PURPOSE).rotate(row.data["secret"].encode()).decode()
                    row.save(update_fields=["data"])
                    taken += 1
    return taken


def _opens(key: Fernet, token: str) -> bool:
    try:
        key.decrypt(token.encode())
    except InvalidToken:
        return False
    return True


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Secrets are kept encrypted, so that a stolen database gives no codes; names are those of `PUBLIC_URL`."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This is not right, or was used already. A code of the app lasts half a minute."),
        "cannot_delete_authenticator": _("This second factor cannot be removed."),
        "cannot_generate_recovery_codes": _("Set up an authenticator app or a passkey first."),
        "copied_passkey": _(
            "This passkey was used elsewhere since, so there is a copy of it. "
            "Use another way, remove it, and tell an access administrator."
        ),
        "unreadable_secret": _("Your second factor cannot be read any more. Ask an access administrator to reset it."),
    }

    def encrypt(self, text: str) -> str:
        return seal_of(_PURPOSE).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises a `ValidationError` if no key fits: an empty secret would make codes that anybody can guess."""
        try:
            return seal_of(_PURPOSE).decrypt(encrypted_text.encode()).decode()
        except InvalidToken as problem:
            raise self.validation_error("unreadable_secret") from problem

    def get_totp_issuer(self) -> str:
        return f"{PRODUCT} ({_host()})"

    def build_totp_svg(self, url: str) -> SafeString:
        """To stand in a page, so without what begins a file of its own."""
        code = QRCode(border=2)
        code.add_data(url)
        drawn: str = code.make_image(image_factory=SvgPathImage).to_string(encoding="unicode")
        return mark_safe(drawn)  # noqa: S308 - drawn here

    def generate_authenticator_name(self, user: Staff, type: str) -> str:  # noqa: A002 - allauth's signature
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey is bound to the host in `PUBLIC_URL`, whatever the request says."""
        return {"id": _host(), "name": PRODUCT}

    def get_public_key_credential_user_entity(self, user: Staff) -> dict[str, Any]:
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return entity | {"display_name": user.display_name()}


def _host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or ""
