"""
What must be set before this may serve: each problem is a sentence that names the variable.

Registered as deployment checks, which `dashboard.start` runs before anything is
served, so that a database can be migrated or an audit log verified without
Smartcar's credentials.
"""

import re
from typing import Any

from django.conf import settings
from django.core.checks import Error, register
from django.core.checks.messages import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from connections.permissions import Role
from connections.revocations.reasons import Reason

_SHORTEST_WORD = 3


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


def _read(name: str) -> str:
    """Django refuses even to look at an empty SECRET_KEY, which is what is being asked here."""
    try:
        return str(getattr(settings, name))
    except ImproperlyConfigured:
        return ""
