"""What the states of its connections make of an operation, and when it is to be looked at again. Pure."""

from collections.abc import Collection
from datetime import datetime, timedelta

from connections.models import State

# After the first answer: about ten seconds, a minute, five, half an hour, two hours, a day.
LOOKS_AFTER = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200, 86_400))
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
_REVOKED = frozenset({State.SUCCEEDED, State.SEEN_GONE, State.ALREADY_GONE})
_NOT_REVOKED = frozenset({State.FAILED, State.SUPERSEDED})
# Past the schedule, what still waits to be sent is taken up this often.
_SELDOM = timedelta(minutes=5)


def state_of_all(states: Collection[State]) -> State:
    """The state of an operation whose connections have these."""
    is_mixed = bool(_REVOKED & set(states) and _NOT_REVOKED & set(states))
    return next(state for state in _PRECEDENCE if state in states or (is_mixed and state is State.PARTLY_REVOKED))


def is_all_gone(states: Collection[State]) -> bool:
    """Whether all are gone, and by our doing at least one of them."""
    return set(states) <= {State.SEEN_GONE, State.ALREADY_GONE} and State.SEEN_GONE in states


def next_look(states: Collection[State], *, since: datetime, looks: int, is_followed: bool = False) -> datetime | None:
    """When to read again, `looks` having been taken; None when all is settled or the last look was taken."""
    if is_out_of_looks(states, looks=looks) or not (OPEN & set(states) or is_followed):
        return None
    if looks < len(LOOKS_AFTER):
        return since + LOOKS_AFTER[looks]
    return since + _SELDOM if State.INTENDED in states else None


def is_out_of_looks(states: Collection[State], *, looks: int) -> bool:
    """
    Whether a person must decide what reading could not.

    Not while something besides waits to be sent: then more happens by itself.
    """
    still = OPEN & set(states)
    return bool(still) and looks >= len(LOOKS_AFTER) and (State.INTENDED not in still or len(still) == 1)
