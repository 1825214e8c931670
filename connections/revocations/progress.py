"""What the states of its connections make of an operation, and when it is to be looked at again. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connections.models import State

# After the first answer: about ten seconds, a minute, five, half an hour, two hours, a day.
LOOKS_AFTER = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200, 86_400))
# Nothing is read again later than this: what is to be was written down by a clock that was set back since.
FURTHEST = LOOKS_AFTER[-1] + timedelta(hours=1)
# The least settled connection speaks for all of them.
_PRECEDENCE = (
    State.UNKNOWN,
    State.ATTEMPTED,
    State.INTENDED,
    State.PARTLY_REVOKED,
    State.FAILED,
    State.SUPERSEDED,
    State.SUCCEEDED,
    State.SEEN_GONE,
    State.ALREADY_GONE,
    State.PURGED,
    State.AWAITING_APPROVAL,
    State.CANCELLED,
)
# States that only reading again, or sending, can end.
OPEN = frozenset({State.INTENDED, State.ATTEMPTED, State.UNKNOWN, State.SUCCEEDED})
# What a late answer still settles if it is a success; reading may have found more by then.
UNSETTLED = frozenset({State.ATTEMPTED, State.FAILED, State.UNKNOWN})
# What Smartcar's acceptance, early or late, leads to or is in keeping with.
ACCEPTED = frozenset({State.SUCCEEDED, State.SEEN_GONE, State.PURGED})
_REVOKED = frozenset({State.SUCCEEDED, State.SEEN_GONE, State.ALREADY_GONE})
_NOT_REVOKED = frozenset({State.FAILED, State.SUPERSEDED})


def state_of_all(states: Collection[str]) -> str:
    """The state of an operation whose connections have these; one that there is none of is not to be hidden."""
    if unheard_of := _unheard_of(states):
        return min(unheard_of)
    is_mixed = bool(_REVOKED & set(states) and _NOT_REVOKED & set(states))
    return next(state for state in _PRECEDENCE if state in states or (is_mixed and state is State.PARTLY_REVOKED))


def _unheard_of(states: Iterable[str]) -> set[str]:
    """Of a newer version's, or written into the database."""
    return set(states) - set(_PRECEDENCE)


def is_all_gone(states: Collection[str]) -> bool:
    """Whether all are gone, and by our doing at least one of them."""
    return set(states) <= {State.SEEN_GONE, State.ALREADY_GONE} and State.SEEN_GONE in states


@dataclass(frozen=True, slots=True)
class Followed:
    """An item by what its looks depend on; `look_at` is when the next one counts, None if it has no time yet."""

    state: str
    may_still_go: bool
    looks: int
    look_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN or self.may_still_go

    @property
    def is_out_of_looks(self) -> bool:
        """Whether the last of the schedule was taken."""
        return self.looks >= len(LOOKS_AFTER)


def next_look(items: Iterable[Followed], *, now: datetime) -> datetime | None:
    """When to take the operation up again: when the first of them is due. None when all is settled or out of looks."""
    due = [_not_before(item.look_at, now=now) for item in items if item.is_open and not item.is_out_of_looks]
    return max(min(due), now + LOOKS_AFTER[0]) if due else None


def _not_before(look_at: datetime | None, *, now: datetime) -> datetime:
    return now if look_at is None or is_time(look_at, now=now) else look_at


def needs_person(items: Iterable[Followed]) -> bool:
    """Whether one of them is open that reading could not conclude, whatever becomes of the others by itself."""
    return any((item.state in OPEN and item.is_out_of_looks) or _unheard_of([item.state]) for item in items)


def is_time(look_at: datetime | None, *, now: datetime) -> bool:
    """Whether a look counts now; also one for which a clock that was ahead set a time that is far off."""
    return look_at is None or not now < look_at <= now + FURTHEST


def look_after(looks: int, *, now: datetime) -> datetime | None:
    """When the next look counts, so many having been taken; None after the last."""
    return now + LOOKS_AFTER[looks] if looks < len(LOOKS_AFTER) else None
