"""
The deed: revoke what a preview showed, in the one order that loses nothing.

    0  read again, compare with what was shown     nothing was sent
    1  commit `intended` and the operation         nothing was sent
    2  commit `attempted`                          nothing was sent
    3  one DELETE, never repeated
    4  commit `completed`; if that fails, spool the answer
    5  read once more, commit `seen_gone`

Intended without attempted was surely not sent; attempted without completed
perhaps was, and is never repeated before a read. Steps 2 to 4 are in
`carry_out`, step 5 in `look`; what stays open the worker takes up.
"""

from datetime import UTC, datetime
from uuid import UUID

from django.utils.translation import gettext

from connections.budget import pay_for_delete, refuse_without
from connections.models import Operation, Preview
from connections.revocations import policy
from connections.revocations.approvals import request_approval
from connections.revocations.carry_out import carry_out
from connections.revocations.errors import (
    AlreadyRevoked,
    NotConfirmed,
    NothingThere,
    NotRecentlySignedIn,
    Paused,
    PreviewStale,
    TooMany,
)
from connections.revocations.intent import Request, intend
from connections.revocations.lease import Lease, held
from connections.revocations.look import first_look, is_too_large_to_wait_for, look
from connections.revocations.outcome import be_due
from connections.revocations.pause import refuse_while_paused
from connections.revocations.preview import connections_of, last_operation, last_preview
from connections.revocations.rate import refuse_too_many
from connections.revocations.replay import replay_spooled
from connections.revocations.scope import Subject, kind_of, read_before_deed, requests_before_deed
from connections.revocations.snapshot import digest_of
from connections.revocations.under_way import refuse_under_way
from connections.smartcar.errors import AllowanceSpent
from connections.smartcar.types import Purge, UserScope

# Of the id that is to be typed.
_ENOUGH = 8


def revoke(asked: Request) -> Operation:
    """
    Revoke what the preview showed, and record who asked for it and why.

    The intent is committed before Smartcar hears of it, so that a crash can
    leave an event without an outcome but never a revocation without an event.
    The same preview twice is one revocation: the second call returns the first's
    operation.

    Raises `NotRevoked` (nothing was sent), `NotRecorded` (nothing could be
    written, so nothing was sent), `SmartcarError` (the read before the deed failed, or no request is left for it).
    """
    replay_spooled()
    shown = last_preview(actor=asked.actor, scope=asked.scope, digest=asked.digest)
    if done := _done_with(shown):
        return done
    try:
        return _revoke(asked, shown)
    except (AllowanceSpent, Paused, PreviewStale, TooMany):
        # Sent twice at the same moment, it is the first that changed what there is or is allowed, and that counts.
        if done := _done_with(shown):
            return done
        raise


def _revoke(asked: Request, shown: Preview | None) -> Operation:
    then = connections_of(shown) if shown else ()
    if shown:
        _refuse_before_reading(asked, len(then))
    is_sent_now = not _requirement(asked, len(then)).approvals
    refuse_without(requests_before_deed(asked.scope, then) + is_sent_now)
    now = read_before_deed(asked.scope, then)
    if not now and not isinstance(asked.scope, Purge):
        return _already_gone(asked, shown)
    if shown is None or digest_of(now) != asked.digest:
        raise PreviewStale(then=shown, now=now)
    needed = _requirement(asked, len(now))
    if needed.approvals:
        return request_approval(asked, shown, needed)
    refuse_under_way(shown)
    pay_for_delete()
    operation, lease = intend(asked, shown, needed.tier)
    if lease:
        _carry_out(asked, operation, lease)
    return operation


def _done_with(shown: Preview | None) -> Operation | None:
    return Operation.objects.filter(preview=shown).first() if shown else None


def confirmation_of(scope: Subject) -> str:
    """What is to be typed where the policy wants it: the id that names the scope, or as much of it as is enough."""
    return str(_named_by(scope))[:_ENOUGH]


def _named_by(scope: Subject) -> UUID:
    return scope.user_id if isinstance(scope, UserScope | Purge) else scope.vehicle_id


def _requirement(asked: Request, connections: int) -> policy.Requirement:
    return policy.requirement(scope=kind_of(asked.scope), connections=connections, reason=asked.reason)


def _refuse_before_reading(asked: Request, connections: int) -> None:
    """What can be told by what was shown costs no request."""
    _refuse_unconfirmed(asked, _requirement(asked, connections))
    refuse_while_paused()
    refuse_too_many(asked.actor)


def _refuse_unconfirmed(asked: Request, needed: policy.Requirement) -> None:
    if not needed.confirmation:
        return
    if not asked.signed_in_recently:
        raise NotRecentlySignedIn(
            gettext("Sign in again first: this removes more than one connection, or needs approval.")
        )
    typed, named = asked.confirm.strip().lower(), str(_named_by(asked.scope))
    if typed not in (named, named[:_ENOUGH]):
        raise NotConfirmed(named[:_ENOUGH])


def _already_gone(asked: Request, shown: Preview | None) -> Operation:
    """Nothing to send. Recorded as an operation of this person if they had seen it before it went."""
    if shown is None:
        earlier = last_operation(asked.scope)
        raise AlreadyRevoked(earlier) if earlier else NothingThere("Unknown to Smartcar and to us.")
    # Where nothing is sent the policy wants nothing: with a higher tier the log would lack its approvals.
    operation, lease = intend(asked, shown, tier=0)
    if lease:
        with held(lease):
            _find_gone(asked, operation)
    return operation


def _find_gone(asked: Request, operation: Operation) -> None:
    if is_too_large_to_wait_for(operation):
        be_due(operation, datetime.now(UTC))
    else:
        look(operation, actor=asked.actor, request_id=asked.request_id, counts=False)


def _carry_out(asked: Request, operation: Operation, lease: Lease) -> None:
    """Steps 2 to 5."""
    with held(lease):
        carry_out(operation, actor=asked.actor, request_id=asked.request_id, lease=lease)
        first_look(operation, actor=asked.actor, request_id=asked.request_id, lease=lease)
