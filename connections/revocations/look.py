"""Step 5, and whatever was left open: read again and conclude what the answers did not say."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from django.db import Error
from django.db.models import Exists, OuterRef, Q

from connections.audit.events import Actor, Why
from connections.audit.ledger import NotRecorded
from connections.models import Item, Operation, State
from connections.revocations import tally
from connections.revocations.conclude import conclude, conclude_nothing
from connections.revocations.finding import ALREADY_GONE, APPLIED, Finding, Presence, finding_of, presences
from connections.revocations.lease import Lease
from connections.revocations.preview import connections_of, last_operation
from connections.revocations.progress import OPEN
from connections.revocations.scope import (
    Subject,
    covered_now,
    is_sent_at_once,
    modes_of,
    read_before_deed,
    scope_of,
    unlisted,
)
from connections.revocations.snapshot import restored
from connections.revocations.warrant import is_set_borne_out
from connections.smartcar.errors import SmartcarError
from connections.smartcar.types import Connection, Purge

_WHILE_A_PERSON_WAITS = 200


def look(
    operation: Operation,
    *,
    actor: Actor,
    request_id: UUID | None,
    counts: bool,
    lease: Lease | None = None,
    only: Sequence[Item] | None = None,
    why: Why | None = None,
) -> tuple[Connection, ...]:
    """
    Read what the scope covers now and conclude what can be concluded, of `only` these if given; gives what is there.

    The look straight after the answer does not count towards the schedule of
    what was sent. The caller holds the lease, which is renewed while much is
    concluded; `why` goes into what is recorded. Raises `SmartcarError`, `NotRecorded`.
    """
    if not is_set_borne_out(operation):
        if operation.items.exclude(state=State.INTENDED).exists():  # else it is withheld when it is to be sent
            conclude_nothing(operation, actor=actor)
        return ()
    present = _read(operation, only)
    unlisted_here = unlisted(connections_of(operation.preview))
    looked_at = presences(operation, _looked_at(operation, only), present, unlisted=unlisted_here)
    _believe_the_list(looked_at)
    counted = _counted(looked_at, counts=counts)
    findings = _findings(looked_at)
    conclude(operation, findings, actor=actor, request_id=request_id, counted=counted, lease=lease, why=why)
    return present


def first_look(operation: Operation, *, actor: Actor, request_id: UUID | None, lease: Lease) -> None:
    """
    Straight after the answer, where Smartcar accepted it: while a person waits, so not of a large set.

    What it does not see, or cannot record, the worker does: accepted it is in any case.
    """
    if operation.state != State.SUCCEEDED or is_too_large_to_wait_for(operation):
        return
    with suppress(SmartcarError, NotRecorded, Error):
        look(operation, actor=actor, request_id=request_id, counts=False, lease=lease)


def is_too_large_to_wait_for(operation: Operation) -> bool:
    """Whether concluding about all of it takes longer than a page may."""
    return operation.preview.count > _WHILE_A_PERSON_WAITS


def found_gone(scope: Subject, *, actor: Actor, request_id: UUID | None) -> None:
    """
    Nothing is left of this scope, so nothing of what our last operation on it had not revoked.

    What was refused went by somebody else's doing; where the answer did not
    tell, ours shows late. That a user is purged no list shows. The caller has
    read all of the scope a moment ago. Raises `NotRecorded`.
    """
    operation = None if isinstance(scope, Purge) else last_operation(scope)
    if operation is None or operation.state not in (State.FAILED, State.PARTLY_REVOKED):
        return
    if not is_set_borne_out(operation):
        return  # somebody wrote these ids into its row: of what it was about, this read says nothing
    left = operation.items.filter(state=State.FAILED).exclude(position__in=unlisted(connections_of(operation.preview)))
    findings = [(item, APPLIED if item.may_still_go else ALREADY_GONE) for item in left]
    conclude(operation, findings, actor=actor, request_id=request_id)


def _read(operation: Operation, only: Sequence[Item] | None) -> tuple[Connection, ...]:
    """Of one connection alone no more than that, however many the operation covers."""
    shown = connections_of(operation.preview)
    if only and len(only) == 1 and (pair := only[0].pair):
        return covered_now(pair, modes_of(shown))
    # Where one request takes all there is, what is there is held against what was shown before it is sent.
    scope = scope_of(operation)
    return read_before_deed(scope, shown) if is_sent_at_once(operation) else covered_now(scope, modes_of(shown))


def _looked_at(operation: Operation, only: Sequence[Item] | None) -> list[Item]:
    """What reading can conclude about; what was tried again since is followed there and not here."""
    tried_again = Item.objects.filter(
        user_id=OuterRef("user_id"), vehicle_id=OuterRef("vehicle_id"), operation_id__gt=operation.pk, attempts__gt=0
    )
    operation.items.filter(Exists(tried_again), may_still_go=True).update(may_still_go=False)
    wanted = operation.items if only is None else operation.items.filter(pk__in=[item.pk for item in only])
    return [_as_shown(operation, item) for item in wanted.filter(Q(state__in=OPEN) | Q(may_still_go=True))]


def _as_shown(operation: Operation, item: Item) -> Item:
    """By the preview, which the log bears out, and not by a row in which somebody may have written another id."""
    if operation.preview.connections:
        shown = restored(operation.preview.connections[item.position])
        item.user_id, item.vehicle_id = shown.user_id, shown.vehicle_id
        item.connection_id, item.connected_at = shown.connection_id, shown.connected_at
    return item


def _believe_the_list(looked_at: Iterable[tuple[Item, Presence]]) -> None:
    """What it shows was not gone, whatever an answer said: if it goes later, it may be by our doing."""
    shown = [item for item, presence in looked_at if item.answered_gone and presence is Presence.SAME]
    if shown:
        Item.objects.filter(pk__in=[item.pk for item in shown]).update(answered_gone=False)


def _counted(looked_at: Iterable[tuple[Item, Presence]], *, counts: bool) -> list[Item]:
    """What was sent, with this look; where no list can tell, there is no use in another."""
    now = datetime.now(UTC)
    sent = [(item, presence) for item, presence in looked_at if item.state != State.INTENDED]
    for item, presence in sent:
        if presence in {Presence.UNSEEN, Presence.UNLISTED}:
            tally.give_up(item)
        elif counts:
            tally.count(item, now=now)
    return [item for item, _ in sent]


def _findings(looked_at: Iterable[tuple[Item, Presence]]) -> list[tuple[Item, Finding]]:
    """What there is to conclude, worked out before the ledger is held."""
    found = ((item, finding_of(item, presence)) for item, presence in looked_at)
    return [(item, finding) for item, finding in found if finding]
