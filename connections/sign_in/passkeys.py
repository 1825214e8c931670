"""
Copies of passkeys: many devices count their signatures, and of a passkey and its copy one falls behind.

Those that count nothing, as passkeys do that a vendor keeps in step on several devices, always say zero.
"""

from allauth.mfa.models import Authenticator
from django.db import transaction
from fido2.utils import websafe_decode
from fido2.webauthn import AuthenticatorData


@transaction.atomic
def has_counted_on(passkey: Authenticator, authenticator_data: str) -> bool:
    """
    Whether this signature is later than any before (WebAuthn Level 2, 7.2, step 21), and keep its number if so.

    `authenticator_data` is the signed part of an answer whose signature was
    found right, in URL-safe Base64. Raises `LookupError` if the passkey was removed at this moment.
    """
    now = AuthenticatorData(websafe_decode(authenticator_data)).counter
    row = Authenticator.objects.select_for_update().filter(pk=passkey.pk).first()
    if row is None:
        raise LookupError
    before = int(row.data.get("counter", row.wrap().authenticator_data.counter))
    if now == before == 0:
        return True
    if now > before:
        row.data["counter"] = now
        row.save(update_fields=["data"])
    return now > before
