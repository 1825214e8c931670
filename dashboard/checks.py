"""
What must be set before this may serve: each problem is a sentence that names the variable.

Registered as deployment checks, which `dashboard.start` runs before anything is
served, so that a database can be migrated or an audit log verified without
Smartcar's credentials.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Warning, register  # noqa: A004 - Django's name for it
from django.core.checks.messages import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from connections.permissions import Role
from connections.revocations.reasons import Reason

_SHORTEST_WORD = 3
_SHORTEST_KEY, _FEWEST_CHARACTERS = 32, 5
_LONGEST_ISSUER = 200  # as much as the column takes that binds accounts to it
_SMARTCAR_ORIGINS = ("SMARTCAR_MANAGEMENT_API_ORIGIN", "SMARTCAR_VEHICLE_API_ORIGIN", "SMARTCAR_IAM_ORIGIN")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@register(deploy=True)
def secret_key_is_set(**_: Any) -> list[CheckMessage]:
    if _read("SECRET_KEY"):
        return []
    return [
        Error(
            "SECRET_KEY is not set: give it 50 random characters, the same for all processes.",
            id="dashboard.E001",
        )
    ]


@register(deploy=True)
def secret_key_cannot_be_guessed(**_: Any) -> list[CheckMessage]:
    """Whoever knows it signs cookies and opens what is sealed."""
    key = _read("SECRET_KEY")
    if not key or (len(key) >= _SHORTEST_KEY and len(set(key)) >= _FEWEST_CHARACTERS):
        return []
    return [Error("SECRET_KEY is too short or too plain: give it 50 random characters.", id="dashboard.E009")]


@register(deploy=True)
def what_is_sent_is_encrypted(**_: Any) -> list[CheckMessage]:
    """Passwords and cookies to us, credentials from us; on one machine there is nobody to read along."""
    problems: list[CheckMessage] = [
        Error(f"{name} must begin with https://, since credentials are sent there.", id="dashboard.E010")
        for name in _SMARTCAR_ORIGINS
        if not _is_safe(getattr(settings, name))
    ]
    if not _is_safe(settings.PUBLIC_URL):
        text = "PUBLIC_URL must begin with https://, since passwords and sessions are sent there."
        problems.append(_unless_tried_out(text, "011"))
    return problems


@register(deploy=True)
def only_our_host_is_answered(**_: Any) -> list[CheckMessage]:
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [_unless_tried_out("ALLOWED_HOSTS must name hosts: with * any name is answered.", "012")]


@register(deploy=True)
def nothing_is_shown_to_strangers(**_: Any) -> list[CheckMessage]:
    """Django's pages for errors show settings and code."""
    if not (settings.DEBUG and settings.PUBLIC_URL.startswith("https:")):
        return []
    return [Error("DEBUG must be off where PUBLIC_URL begins with https://.", id="dashboard.E013")]


@register(deploy=True)
def smartcar_credentials_are_set(**_: Any) -> list[CheckMessage]:
    """A generation that was asked for by name needs its own credentials; `auto` needs one of the two."""
    has_v2 = bool(settings.SMARTCAR_APP_MANAGEMENT_TOKEN)
    has_v3 = bool(settings.SMARTCAR_CLIENT_ID and settings.SMARTCAR_CLIENT_SECRET)
    problems = []
    if bool(settings.SMARTCAR_CLIENT_ID) != bool(settings.SMARTCAR_CLIENT_SECRET):
        problems.append("SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET must be set together.")
    elif settings.SMARTCAR_API == "v3" and not has_v3:
        problems.append("SMARTCAR_API is v3, so SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET must be set.")
    elif settings.SMARTCAR_API == "v2" and not has_v2:
        problems.append("SMARTCAR_API is v2, so SMARTCAR_APP_MANAGEMENT_TOKEN must be set.")
    elif not (has_v2 or has_v3):
        problems.append(
            "SMARTCAR_APP_MANAGEMENT_TOKEN, or SMARTCAR_CLIENT_ID with SMARTCAR_CLIENT_SECRET, must be set."
        )
    return [Error(problem, id="dashboard.E002") for problem in problems]


@register(deploy=True)
def second_factor_roles_are_known(**_: Any) -> list[CheckMessage]:
    """A misspelt role would silently need none."""
    unknown = set(settings.SECOND_FACTOR_ROLES) - set(Role)
    return [
        Error(f"SECOND_FACTOR_ROLES names {name}, which is no role: use {', '.join(Role)}.", id="dashboard.E006")
        for name in sorted(unknown)
    ]


@register(deploy=True)
def single_sign_on_is_complete(**_: Any) -> list[CheckMessage]:
    problems = []
    given = (settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
    if any(given) and not all(given):
        problems.append("OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must be set together.")
    if len(settings.OIDC_ISSUER) > _LONGEST_ISSUER:
        problems.append(f"OIDC_ISSUER must have at most {_LONGEST_ISSUER} characters.")
    unknown = sorted(set(settings.OIDC_ROLE_GROUPS) - set(Role))
    problems += [f"OIDC_ROLE_GROUPS names {name}, which is no role: use {', '.join(Role)}." for name in unknown]
    return [Error(problem, id="dashboard.E007") for problem in problems]


@register(deploy=True)
def password_words_are_words(**_: Any) -> list[CheckMessage]:
    """Two letters are in nearly every password."""
    short = [word for word in settings.PASSWORD_WORDS if len(list(filter(str.isalnum, word))) < _SHORTEST_WORD]
    return [
        Error(f"PASSWORD_WORDS names {word}: a word has three letters or digits at least.", id="dashboard.E008")
        for word in short
    ]


@register(deploy=True)
def statutory_days_are_of_known_reasons(**_: Any) -> list[CheckMessage]:
    """A misspelt reason would silently give its customers the wrong date."""
    unknown = settings.STATUTORY_DAYS.by_name.keys() - set(Reason)
    return [
        Error(f"STATUTORY_DAYS names {name}, which is no reason: use {', '.join(Reason)}.", id="dashboard.E003")
        for name in sorted(unknown)
    ]


@register(deploy=True)
def receipt_templates_are_there(**_: Any) -> list[CheckMessage]:
    """A folder that is not there would silently leave the wording as it was."""
    folder = settings.RECEIPT_TEMPLATES_DIR
    if folder is None or folder.is_dir():
        return []
    return [Error("RECEIPT_TEMPLATES_DIR is not a folder that can be read.", id="dashboard.E004")]


@register(deploy=True)
def audit_origin_can_stand_in_a_checkpoint(**_: Any) -> list[CheckMessage]:
    """C2SP's signed notes: a name without white space and plus signs."""
    if re.fullmatch(r"[^\s+]+", settings.AUDIT_ORIGIN):
        return []
    return [Error("AUDIT_ORIGIN must be a name without spaces and plus signs.", id="dashboard.E005")]


def _unless_tried_out(text: str, number: str) -> CheckMessage:
    """An error where Smartcar is meant, a warning where a simulator on this machine stands in for it."""
    origins = [urlsplit(getattr(settings, name)) for name in _SMARTCAR_ORIGINS]
    if all(origin.hostname in _LOOPBACK for origin in origins):
        return Warning(text, id=f"dashboard.W{number}")
    return Error(text, id=f"dashboard.E{number}")


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in _LOOPBACK


def _read(name: str) -> str:
    """Django refuses even to look at an empty SECRET_KEY, which is what is being asked here."""
    try:
        return str(getattr(settings, name))
    except ImproperlyConfigured:
        return ""
