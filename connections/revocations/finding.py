"""
What a read tells of each connection that was to go.

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

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from connections.audit.events import EventType, Status
from connections.models import Item, Operation, ScopeKind, State
from connections.revocations import tally
from connections.smartcar.types import Connection, PairScope


class Presence(Enum):
    """
    What a read shows of a connection that was to go.

    Whether a user was purged it does not (`UNSEEN`), unless Smartcar said that it accepted that or does not know them.
    Nor does it show one of a mode that no list of this generation has (`UNLISTED`), as after a change from v2 to v3.
    """

    UNSEEN = auto()
    UNLISTED = auto()
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
APPLIED = Finding(
    State.SEEN_GONE,
    ((EventType.REVOCATION_RECONCILED, Status.SUCCESS), (EventType.REVOCATION_SEEN_GONE, Status.SEEN_GONE)),
)
NOT_APPLIED = Finding(State.FAILED, ((EventType.REVOCATION_RECONCILED, Status.FAILED),), may_still_go=True)
_PERHAPS_PURGED = Finding(State.UNKNOWN, ((EventType.REVOCATION_RECONCILED, Status.UNKNOWN),))
_SUPERSEDED = Finding(State.SUPERSEDED, ((EventType.REVOCATION_RECONCILED, Status.SUPERSEDED),))
ALREADY_GONE = Finding(State.ALREADY_GONE, ((EventType.REVOCATION_RECONCILED, Status.ALREADY_GONE),))


def presences(
    operation: Operation, items: Sequence[Item], present: Iterable[Connection], *, unlisted: Collection[int] = ()
) -> list[tuple[Item, Presence]]:
    """Of items by what is `present`; at the positions of `unlisted` that they are absent tells nothing."""
    rows: dict[PairScope, list[Connection]] = {}
    for each in present:
        rows.setdefault(each.pair, []).append(each)
    presences = [(item, _presence(item, rows, is_listed=item.position not in unlisted)) for item in items]
    return _of_purged(presences, rows) if operation.scope == ScopeKind.PURGE else presences


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


def _presence(item: Item, present: Mapping[PairScope, Sequence[Connection]], *, is_listed: bool) -> Presence:
    rows = present.get(item.pair) if item.pair else None
    if not rows:
        return Presence.ABSENT if is_listed else Presence.UNLISTED
    return Presence.SAME if any(_is_same(item, row) for row in rows) else Presence.ANEW


def _is_same(item: Item, row: Connection) -> bool:
    """By Smartcar's own id where both sides have one, else by the moment of connecting."""
    if item.connection_id and row.connection_id:
        return item.connection_id == row.connection_id
    return _is_same_moment(item.connected_at, row.connected_at)


def _is_same_moment(one: datetime | None, other: datetime | None) -> bool:
    """To the second where one of them is no more exact: Smartcar gives times with milliseconds and without (C)."""
    if one and other and not (one.microsecond and other.microsecond):
        return one.replace(microsecond=0) == other.replace(microsecond=0)
    return one == other


def finding_of(item: Item, presence: Presence) -> Finding | None:
    """The table above; None where there is nothing to conclude yet."""
    state = State(item.state)
    if presence in {Presence.UNSEEN, Presence.UNLISTED}:
        return _PERHAPS_PURGED if presence is Presence.UNSEEN and state is State.FAILED else None
    if state is State.SUCCEEDED:
        return None if presence is Presence.SAME else _SEEN_GONE
    if state is State.INTENDED:
        return {Presence.ABSENT: ALREADY_GONE, Presence.ANEW: _SUPERSEDED}.get(presence)
    if presence is Presence.SAME:
        return NOT_APPLIED if state is not State.FAILED and tally.is_sure(item) else None
    if presence is Presence.ANEW:
        return _SUPERSEDED
    return ALREADY_GONE if item.answered_gone else APPLIED
