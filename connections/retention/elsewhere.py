"""
What other tables than the log keep of a person: forgotten with their details, in the same transaction.

Which table keeps what, and what is left alone, docs/audit-format.md says table by table.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import QuerySet

from connections.models import Approval, AuditEvent, Operation, Preview, SavedSearch, Staff
from connections.retention.wanted import HELD, Wanted

_BELONGINGS = (Authenticator, SocialAccount, EmailAddress, UserSession)
FORMER = "former-{}"
"""The name of an account whose person is forgotten, with its number."""


def counted(wanted: Wanted) -> Mapping[str, int]:
    """How many rows of which kind would be forgotten, where there are any."""
    if not wanted.is_whole:
        return {}
    counts = {
        "operations": len(_operations(wanted)),
        "approvals": len(_approvals(wanted)),
        "accounts": len(_accounts(wanted)),
        "saved_searches": len(_searches(wanted)),
        "previews": _previews(wanted).count(),
    }
    return {name: count for name, count in counts.items() if count}


def still_employed(wanted: Wanted) -> list[str]:
    """Names of accounts that are not disabled: whoever works here is not forgotten here."""
    return [each.username for each in wanted.staff if each.is_active] if wanted.is_whole else []


def forget(wanted: Wanted) -> Mapping[str, int]:
    """Forget them, in the transaction of the caller; gives what `counted` had said."""
    counts = counted(wanted)
    if counts:
        Operation.objects.filter(pk__in=_operations(wanted)).update(actor_name="")
        _forget_approvals(_approvals(wanted))
        SavedSearch.objects.filter(pk__in=_searches(wanted)).delete()
        _previews(wanted).delete()
        for staff in _accounts(wanted):  # last, since the others go by their names
            _forget_account(staff)
    return counts


def _operations(wanted: Wanted) -> list[Any]:
    rows = Operation.objects.filter(actor_id__in=wanted.actor_ids).exclude(actor_name="")
    return _not_held([(pk, pk) for pk in rows.values_list("pk", flat=True)])


def _approvals(wanted: Wanted) -> list[Any]:
    rows = Approval.objects.filter(approver_id__in=wanted.actor_ids).exclude(approver_name="")
    return _not_held(list(rows.values_list("pk", "operation_id")))


def _not_held(rows: list[tuple[Any, Any]]) -> list[Any]:
    """Keys of those whose revocation no legal hold covers."""
    held = AuditEvent.objects.filter(seq__in=HELD, operation__isnull=False).values_list("operation", flat=True)
    operations = set(held.distinct()) if rows else set()
    return [key for key, operation in rows if str(operation) not in operations]


def _accounts(wanted: Wanted) -> list[Staff]:
    """Not while a hold keeps what they did."""
    if not wanted.is_whole or wanted.details(held=True).exists():
        return []
    return [each for each in wanted.staff if not each.is_active and each.username != FORMER.format(each.pk)]


def _searches(wanted: Wanted) -> list[Any]:
    """Those that look for them, and their own."""
    names = {str(wanted.user), *(each.username.casefold() for each in wanted.staff)} - {"None"}
    own = {each.pk for each in _accounts(wanted)}
    return [
        each.pk
        for each in SavedSearch.objects.all()
        if each.staff_id in own or names & set(re.split(r"[^\w.@+-]+", unquote_plus(each.query).casefold()))
    ]


def _previews(wanted: Wanted) -> QuerySet[Preview]:
    """Looks at a user that led to no revocation; of those that did, the preview says what was revoked."""
    if wanted.user is None:
        return Preview.objects.none()
    return Preview.objects.filter(user_id=wanted.user, operation=None)


def _forget_approvals(keys: list[Any]) -> None:
    """Past the manager: of a decision nothing but the name may change, which a trigger sees to."""
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE approval SET approver_name = '' WHERE id = %s", [[key] for key in keys])


def _forget_account(staff: Staff) -> None:
    """The row stays, since its number stands in the log, and nobody must get that number again."""
    staff.username, staff.password = FORMER.format(staff.pk), make_password(None)
    staff.first_name = staff.last_name = staff.email = ""
    staff.last_login = None
    staff.save()
    keys = UserSession.objects.filter(user=staff).values_list("session_key", flat=True)
    Session.objects.filter(session_key__in=list(keys)).delete()
    for model in _BELONGINGS:
        model.objects.filter(user=staff).delete()
