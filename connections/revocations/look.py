"""
Step 5, and whatever was left open: read again and conclude what the answers did not say.

| Was | Absent now | There, the same | There, made anew |
|---|---|---|---|
| succeeded | seen gone | wait | seen gone |
| unknown, or sent without an answer | applied, seen gone | not applied, after two looks | superseded, never touched |
| unknown, answered that there was none | already gone | as above, and it is not believed | superseded, never touched |
| not applied by reading, not tried again | applied, seen gone | wait | superseded, never touched |
| waiting to be sent | already gone | to be sent | superseded, never touched |
| a purge waiting to be sent | nothing: it deletes more | to be sent | superseded, never touched |
| a purge, unknown or not applied | unknown, for a person | as above | superseded, never touched |

That a user's connections are gone does not show that the user was purged: their owner may have disconnected them.
While one of them is there, the others of a purge are taken for what that one is.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from uuid import UUID

from django.db import Error
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_noop

from connections.audit.events import Actor, Event, EventType, Outcome, Status, Why
from connections.audit.ledger import NotRecorded, recording
from connections.models import Item, Operation, ScopeKind, State
from connections.revocations import tally
from connections.revocations.lease import Lease
from connections.revocations.outcome import bring_up_to_items, catch_up, number_of
from connections.revocations.preview import connections_of, last_operation
from connections.revocations.progress import OPEN
from connections.revocations.scope import (
    Subject,
    covered_now,
    is_sent_at_once,
    modes_of,
    read_before_deed,
    scope_of,
    target_of,
    target_of_items,
)
from connections.revocations.snapshot import restored
from connections.revocations.warrant import is_set_borne_out
from connections.smartcar.errors import SmartcarError
from connections.smartcar.types import Connection, PairScope, Purge

logger = logging.getLogger(__name__)
TAMPERED = gettext_noop("This is not as the audit log has it, so nothing was sent.")
ALTERED = gettext_noop("What it covers is not as the audit log has it, so reading concludes nothing.")
# While some are concluded every other writer waits, so not all of a large set at once.
_AT_ONCE = 100
_WHILE_A_PERSON_WAITS = 200


class Presence(Enum):
    """
    What a read shows of a connection that was to go.

    Whether a user was purged it does not, unless Smartcar said that it accepted that or does not know them.
    """

    UNSEEN = auto()
    ABSENT = auto()
    SAME = auto()
    ANEW = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """The state an item gets, and the events that say so; `may_still_go` if the delete may yet become visible."""

    state: State
    events: tuple[tuple[EventType, Status], ...]
    may_still_go: bool = False


_SEEN_GONE = Finding(State.SEEN_GONE, ((EventType.REVOCATION_SEEN_GONE, Status.SEEN_GONE),))
_APPLIED = Finding(
    State.SEEN_GONE,
    ((EventType.REVOCATION_RECONCILED, Status.SUCCESS), (EventType.REVOCATION_SEEN_GONE, Status.SEEN_GONE)),
)
_NOT_APPLIED = Finding(State.FAILED, ((EventType.REVOCATION_RECONCILED, Status.FAILED),), may_still_go=True)
_PERHAPS_PURGED = Finding(State.UNKNOWN, ((EventType.REVOCATION_RECONCILED, Status.UNKNOWN),))
_SUPERSEDED = Finding(State.SUPERSEDED, ((EventType.REVOCATION_RECONCILED, Status.SUPERSEDED),))
_ALREADY_GONE = Finding(State.ALREADY_GONE, ((EventType.REVOCATION_RECONCILED, Status.ALREADY_GONE),))


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
            _conclude_nothing(operation, actor=actor)
        return ()
    present = _read(operation, only)
    looked_at = _presences(operation, _looked_at(operation, only), present)
    _believe_the_list(looked_at)
    counted = _counted(looked_at, counts=counts)
    findings = _findings(looked_at)
    _conclude(operation, findings, actor=actor, request_id=request_id, counted=counted, lease=lease, why=why)
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


def _presences(
    operation: Operation, items: Sequence[Item], present: Iterable[Connection]
) -> list[tuple[Item, Presence]]:
    rows: dict[PairScope, list[Connection]] = {}
    for each in present:
        rows.setdefault(each.pair, []).append(each)
    presences = [(item, _presence(item, rows)) for item in items]
    return _of_purged(presences, rows) if operation.scope == ScopeKind.PURGE else presences


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
        if presence is Presence.UNSEEN:
            tally.give_up(item)
        elif counts:
            tally.count(item, now=now)
    return [item for item, _ in sent]


def _findings(looked_at: Iterable[tuple[Item, Presence]]) -> list[tuple[Item, Finding]]:
    """What there is to conclude, worked out before the ledger is held."""
    found = ((item, _finding(item, presence)) for item, presence in looked_at)
    return [(item, finding) for item, finding in found if finding]


def _conclude(
    operation: Operation,
    findings: Sequence[tuple[Item, Finding]],
    *,
    actor: Actor,
    request_id: UUID | None,
    counted: Iterable[Item] = (),
    lease: Lease | None = None,
    why: Why | None = None,
) -> None:
    """
    Record them, a bounded number in a transaction, and settle the operation with the last.

    Ended in between, it is still due, and the next look finds the rest. What
    another process has concluded in the meantime stays, and so does the rest to one that has the lease by then.
    """
    starts = range(0, len(findings), _AT_ONCE) or (0,)
    for start in starts:
        if start and lease and not lease.renew():
            return
        with recording() as record:
            at = datetime.now(UTC)
            for item, finding in findings[start : start + _AT_ONCE]:
                if not _becomes(item, finding):
                    continue
                for concluded in finding.events:
                    at = record(_event(concluded, operation, item, actor=actor, request_id=request_id, why=why)).at
            if start == starts[-1]:
                tally.save(operation, counted)
                settle(operation, now=at)


def _becomes(item: Item, finding: Finding) -> bool:
    """Whether it still was as it was looked at."""
    as_looked_at = Item.objects.filter(pk=item.pk, state=item.state)
    return as_looked_at.update(state=finding.state, may_still_go=finding.may_still_go) == 1


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
    left = operation.items.filter(state=State.FAILED)
    findings = [(item, _APPLIED if item.may_still_go else _ALREADY_GONE) for item in left]
    _conclude(operation, findings, actor=actor, request_id=request_id)


def give_up_unsent(operation: Operation, *, actor: Actor, because: str) -> None:
    """What was not sent will not be: nobody waits for it any more, or it is no longer what was shown."""
    with recording() as record:
        at = datetime.now(UTC)
        for item in operation.items.filter(state=State.INTENDED):
            item.state = State.FAILED
            item.save(update_fields=["state"])
            at = record(_event(_NOT_APPLIED.events[0], operation, item, actor=actor, request_id=None)).at
        operation.failure = because
        operation.save(update_fields=["failure"])
        settle(operation, now=at)


def withhold(operation: Operation, *, actor: Actor) -> None:
    """The rows ask for what the audit log does not bear out: somebody wrote them. Nothing is sent, and it alarms."""
    _alarm(operation, TAMPERED, actor=actor)
    give_up_unsent(operation, actor=actor, because=TAMPERED)


def _conclude_nothing(operation: Operation, *, actor: Actor) -> None:
    """What was shown is not what its preview holds: reading would tell of something else. A person is called."""
    if operation.alarm != ALTERED:
        _alarm(operation, ALTERED, actor=actor)
    tally.give_up_all(operation)
    settle(operation, now=datetime.now(UTC))


def _alarm(operation: Operation, alarm: str, *, actor: Actor) -> None:
    logger.critical("Operation %s: %s", operation.pk, alarm)
    with recording() as record:
        record(
            Event(
                type=EventType.REVOCATION_ALARMED,
                actor=actor,
                target=target_of(scope_of(operation)),
                outcome=Outcome(status=Status.REFUSED, alarm=alarm),
                operation=operation.id,
            )
        )
        operation.alarm = operation.alarm or alarm
        operation.save(update_fields=["alarm"])


def settle(operation: Operation, *, now: datetime) -> None:
    """Bring the operation's row up to its items, with its next look or the call for a person."""
    catch_up(operation)
    states = {State(state) for state in operation.items.values_list("state", flat=True)}
    if not OPEN & states:
        operation.completed_at = operation.completed_at or now
    if states <= {State.SEEN_GONE, State.ALREADY_GONE}:
        operation.failure = ""  # that an answer did not tell, or refused one of them, is no news any more
    operation.save(update_fields=["completed_at", "failure"])
    bring_up_to_items(operation, now=now)


def _of_purged(
    presences: Sequence[tuple[Item, Presence]], present: Mapping[PairScope, Sequence[Connection]]
) -> list[tuple[Item, Presence]]:
    """
    Where the user is to be deleted with all else, an empty list shows it only with Smartcar's word for it.

    That one of their connections is absent tells nothing while another is there: a purge takes all or none.
    """
    is_one_there = any(presence is Presence.SAME for _, presence in presences)
    untold = Presence.SAME if is_one_there else Presence.UNSEEN
    return [
        (item, untold if presence is Presence.ABSENT and not _is_told(item, present) else presence)
        for item, presence in presences
    ]


def _is_told(item: Item, present: Mapping[PairScope, Sequence[Connection]]) -> bool:
    """Whether Smartcar said that it purged the user, or that it does not know them, and lists nothing else."""
    if item.pair is None:
        return item.answered_gone and not present
    return item.answered_gone or item.state == State.SUCCEEDED


def _presence(item: Item, present: Mapping[PairScope, Sequence[Connection]]) -> Presence:
    rows = present.get(item.pair) if item.pair else None
    if not rows:
        return Presence.ABSENT
    return Presence.SAME if any(_is_same(item, row) for row in rows) else Presence.ANEW


def _is_same(item: Item, row: Connection) -> bool:
    """By Smartcar's own id where both sides have one, else by the moment of connecting."""
    if item.connection_id and row.connection_id:
        return item.connection_id == row.connection_id
    return item.connected_at == row.connected_at


def _finding(item: Item, presence: Presence) -> Finding | None:
    """The table above; None where there is nothing to conclude yet."""
    state = State(item.state)
    if presence is Presence.UNSEEN:
        return _PERHAPS_PURGED if state is State.FAILED else None
    if state is State.SUCCEEDED:
        return None if presence is Presence.SAME else _SEEN_GONE
    if state is State.INTENDED:
        return {Presence.ABSENT: _ALREADY_GONE, Presence.ANEW: _SUPERSEDED}.get(presence)
    if presence is Presence.SAME:
        return _NOT_APPLIED if state is not State.FAILED and tally.is_sure(item) else None
    if presence is Presence.ANEW:
        return _SUPERSEDED
    return _ALREADY_GONE if item.answered_gone else _APPLIED


def _event(
    concluded: tuple[EventType, Status],
    operation: Operation,
    item: Item,
    *,
    actor: Actor,
    request_id: UUID | None,
    why: Why | None = None,
) -> Event:
    type_, status = concluded
    return Event(
        type=type_,
        actor=actor,
        target=target_of_items(operation, [item]),
        why=why,
        outcome=Outcome(status=status),
        operation=operation.id,
        item=number_of(operation, [item]),
        request=request_id,
        cause=operation.intended_seq,
    )
