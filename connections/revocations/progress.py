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
    State.FAILED,
    State.SUPERSEDED,
    State.SUCCEEDED,
    State.SEEN_GONE,
    State.ALREADY_GONE,
    State.AWAITING_APPROVAL,
    State.CANCELLED,
)
# States that only reading again, or sending, can end.
OPEN = frozenset({State.INTENDED, State.ATTEMPTED, State.UNKNOWN, State.SUCCEEDED})


def state_of_all(states: Collection[State]) -> State:
    """The state of an operation whose connections have these."""
    return next(state for state in _PRECEDENCE if state in states)


def is_all_gone(states: Collection[State]) -> bool:
    """Whether all are gone, and by our doing at least one of them."""
    return set(states) <= {State.SEEN_GONE, State.ALREADY_GONE} and State.SEEN_GONE in states


def next_look(states: Collection[State], *, since: datetime, looks: int) -> datetime | None:
    """When to read again, `looks` having been taken; None when all is settled or the last look was taken."""
    if not OPEN & set(states) or looks >= len(LOOKS_AFTER):
        return None
    return since + LOOKS_AFTER[looks]


def is_out_of_looks(states: Collection[State], *, looks: int) -> bool:
    """Whether a person must decide what reading could not."""
    return bool(OPEN & set(states)) and looks >= len(LOOKS_AFTER)
