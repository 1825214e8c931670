"""
How often a password or a code may be tried, and the one event that says that it was too often.

Tries are counted in the shared cache, so for all processes together: of one
account by browsers it does not know, of each browser it knows by itself, and
of an address.
"""

import hashlib
import time

from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage
from django.core.cache import cache
from django.http import HttpRequest

from connections.audit.events import Event, EventType, Outcome, Status, Why
from connections.audit.ledger import append
from connections.http import actor_of, client_address, stranger
from connections.models import Staff
from connections.names import folded
from connections.sign_in import devices

_APP = "allauth.account"
FROM_ADDRESS = "login_failed_from_address"
_TOO_MANY = {
    FROM_ADDRESS: "too many tries from this address",
    "login_failed_at_account": "too many passwords for this account",
    "login_failed_on_known_device": "too many passwords in a known browser",
    "code_failed_at_account": "too many codes for this account",
    "code_failed_on_known_device": "too many codes in a known browser",
}


class NotCounted(Exception):  # noqa: N818 - it names what did not happen
    """The try is not looked at; `code` is that of the sentence in the account adapter which says why."""

    code = ""


class TooManyTries(NotCounted):
    """Nothing is looked at until some time has passed."""

    code = "too_many_login_attempts"


class Busy(NotCounted):
    """Others try at the same moment, for longer than one may wait, or a process died while it counted."""

    code = "busy"


def count_password(request: HttpRequest, name: str) -> RateLimitUsage:
    """One try, which a right password takes back. Raises `TooManyTries` or `Busy`."""
    if device := devices.known(request, name):
        return _count(request, name, ("login_failed_on_known_device", f"{name}:{device}"))
    return _count(request, name, (FROM_ADDRESS, None), ("login_failed_at_account", name))


def count_from_address(request: HttpRequest, name: str) -> None:
    """A try that cannot succeed. Raises `TooManyTries` or `Busy`."""
    _count(request, name, (FROM_ADDRESS, None))


def count_code(request: HttpRequest, staff: Staff) -> RateLimitUsage:
    """One try, which a right code takes back. Raises `TooManyTries` or `Busy`."""
    if device := devices.known(request, folded(staff.username)):
        return _count(request, staff.username, ("code_failed_on_known_device", f"{staff.pk}:{device}"))
    return _count(request, staff.username, ("code_failed_at_account", str(staff.pk)))


def _count(request: HttpRequest, name: str, *limits: tuple[str, str | None]) -> RateLimitUsage:
    """For each of these, in this order: who is refused by the first fills nothing for the others."""
    counted = RateLimitUsage(usage=[])
    for action, key in limits:
        usage = ratelimit.consume(request, app=_APP, action=action, key=key)
        if usage is None and not _is_used_up(request, action, key):
            counted.rollback()
            raise Busy
        if usage is None:
            _record_once(request, name, action, key)
            raise TooManyTries
        counted.usage += usage.usage
    return counted


def _is_used_up(request: HttpRequest, action: str, key: str | None) -> bool:
    """Whether there were as many tries as there may be: allauth refuses as well where it could not lock the count."""
    rate = ratelimit.get_rates(app=_APP, action=action)[0]
    tries = cache.get(ratelimit.get_cache_key(request, app=_APP, action=action, rate=rate, key=key), [])
    is_allowed, _ = ratelimit.apply_rate(tries, time.time(), rate, dry_run=True)
    return not is_allowed


def _record_once(request: HttpRequest, name: str, action: str, key: str | None) -> None:
    """Not every refusal: whoever goes on would fill the log."""
    locked = hashlib.sha256(f"{action}:{key or client_address(request)}".encode()).hexdigest()
    seconds = ratelimit.get_rates(app=_APP, action=action)[0].duration
    if cache.add(f"locked:{locked}", 1, timeout=int(seconds)):
        record_failure(request, name, reason=_TOO_MANY[action])


def record_failure(request: HttpRequest, name: str, *, reason: str) -> None:
    """Append `auth.sign_in_failed`; whoever is not signed in only says this name."""
    actor = actor_of(request) if isinstance(request.user, Staff) else stranger(request, name)  # type: ignore[arg-type]  # it has an id by now
    outcome = Outcome(status=Status.REFUSED)
    kind = EventType.AUTH_SIGN_IN_FAILED
    append(Event(type=kind, actor=actor, why=Why(reason=reason), outcome=outcome, request=vars(request).get("id")))
