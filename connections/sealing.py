"""What stands encrypted in the database: under keys derived from `SECRET_KEY`, another for each purpose."""

import base64

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def seal_of(purpose: str) -> MultiFernet:
    """Seals with the present `SECRET_KEY`, and opens what its former values sealed as well."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([_key(secret, purpose) for secret in secrets])


def present_key(purpose: str) -> Fernet:
    """That of the present `SECRET_KEY` alone."""
    return _key(settings.SECRET_KEY, purpose)


def _key(secret: str, purpose: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=f"connections.{purpose}".encode()).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
