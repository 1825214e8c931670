"""
A sign-in of which the password was right and the second factor is still asked for.

It is bound to the password as it was, as sessions are: with another one it is void,
and so it is once passwords are used no more.
"""

from allauth.account.internal.stagekit import clear_login, unstash_login
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from connections.models import Staff
from connections.sign_in import second_factor, single_sign_on

_BOUND_TO = "pending_sign_in"


def bind(request: HttpRequest, staff: Staff) -> None:
    request.session[_BOUND_TO] = staff.get_session_auth_hash()


def finish(request: HttpRequest) -> None:
    """It became a session, which Django binds by itself."""
    request.session.pop(_BOUND_TO, None)


def is_void(request: HttpRequest) -> bool:
    """Whether what it waits for cannot come, or should not: a factor is gone, a password another or of no use."""
    pending = unstash_login(request, peek=True)
    if pending is None:
        return False
    staff = pending.user
    bound = str(request.session.get(_BOUND_TO, ""))
    return (
        not isinstance(staff, Staff)
        or not single_sign_on.may_come_without_provider(staff)
        or not second_factor.exists_for(staff)
        or not any(constant_time_compare(bound, right) for right in _hashes(staff))
    )


def give_up(request: HttpRequest) -> None:
    clear_login(request)
    finish(request)


def _hashes(staff: Staff) -> list[str]:
    """Under the present key and under former ones, which still count until they are taken out."""
    return [staff.get_session_auth_hash(), *staff.get_session_auth_fallback_hash()]
