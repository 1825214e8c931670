"""What an operation's state is called, and the sentence that says what is known: never more than that."""

from dataclasses import dataclass
from http import HTTPStatus

from connections.models import Operation, ScopeKind, State
from connections.revocations.reasons import CHANGED


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in words, and the tone that goes with them."""

    words: str
    tone: str


BADGES = {
    State.AWAITING_APPROVAL: Badge("Awaiting approval", "busy"),
    State.CANCELLED: Badge("Cancelled, nothing sent", ""),
    State.INTENDED: Badge("Waiting, not sent", "busy"),
    State.ATTEMPTED: Badge("Sent, no answer recorded", "unknown"),
    State.SUCCEEDED: Badge("Revoked, accepted by Smartcar", "busy"),
    State.ALREADY_GONE: Badge("Already gone", ""),
    State.FAILED: Badge("Not revoked", "bad"),
    State.UNKNOWN: Badge("Unknown, checking", "unknown"),
    State.SUPERSEDED: Badge("Superseded, not touched", "warn"),
    State.SEEN_GONE: Badge("Revoked, seen gone", "good"),
    State.PARTLY_REVOKED: Badge("Partly revoked", "bad"),
    State.PURGED: Badge("Purged, accepted by Smartcar", "good"),
}
_SENTENCES = {
    State.AWAITING_APPROVAL: "It waits for another person. Nothing was sent.",
    State.CANCELLED: "It did not get the approval it needs, so nothing was sent.",
    State.ATTEMPTED: "It was sent. No answer of Smartcar is recorded, so it may or may not be revoked.",
    State.SUCCEEDED: "Smartcar accepted it. It has not been seen gone yet.",
    State.ALREADY_GONE: "Smartcar no longer listed it, so this revocation did not remove it.",
    State.UNKNOWN: "Smartcar's answer does not tell. It may or may not be revoked; do not repeat it blindly.",
    State.SUPERSEDED: "The owner connected again in the meantime. The newer connection was not touched.",
    State.PARTLY_REVOKED: "Some of its connections are gone and others are not. Each says so for itself.",
}
_PURGED = {
    State.SUCCEEDED: "Smartcar accepted the purge. The user's connections have not been seen gone yet.",
    State.SEEN_GONE: "Smartcar accepted the purge, and lists no connection of the user any more.",
}
_SEEN_GONE = "Smartcar accepted it, and no longer lists it."
# Found by reading alone: no answer of Smartcar's said so.
_GONE_WITHOUT_ANSWER = "Smartcar's answer did not tell, and it no longer lists it."
_PURGED_WITHOUT_ANSWER = (
    "Smartcar's answer did not tell. It no longer lists the user's connections; whether all else is deleted is unknown."
)
# A user of whom no connection was listed.
_PURGED_UNSEEN = {
    State.PURGED: "Smartcar accepted the purge. It listed no connection of the user, so nothing can be seen gone.",
    State.ALREADY_GONE: "Smartcar does not know the user, so this purge did not delete anything.",
    State.UNKNOWN: "No answer of Smartcar's tells, and no list shows whether a user is purged. Purge them again.",
}
_FOLLOWED = " Smartcar is asked again for a day, in case the delete shows late."


def sentence_of(operation: Operation) -> str:
    """What is known of it, in one or two sentences."""
    state, is_purge = State(operation.state), operation.scope == ScopeKind.PURGE
    is_unseen = not operation.preview.connections or (is_purge and operation.needs_person)
    if state in _PURGED_UNSEEN and is_unseen:
        return _PURGED_UNSEEN[state]
    if state is State.ATTEMPTED and is_purge and operation.needs_person:
        return _PURGED_UNSEEN[State.UNKNOWN]
    match state:
        case State.INTENDED:
            return _waiting(operation)
        case State.FAILED:
            return _as_it_was(operation)
        case State.SEEN_GONE if not (is_purge and is_accepted(operation)):
            return _gone(operation, is_purge=is_purge)
    return (_PURGED if is_purge else {}).get(state) or _SENTENCES[state]


def _gone(operation: Operation, *, is_purge: bool) -> str:
    if is_accepted(operation):
        return _SEEN_GONE
    if operation.accepted:
        return f"Smartcar accepted {operation.accepted} of {_all(operation)}, and lists none of them any more."
    return _PURGED_WITHOUT_ANSWER if is_purge else _GONE_WITHOUT_ANSWER


def is_accepted(operation: Operation) -> bool:
    """All of it by answers that could be read, and not merely found gone afterwards."""
    is_done = operation.state in (State.SUCCEEDED, State.SEEN_GONE, State.PURGED)
    return is_done and operation.accepted >= _all(operation)


def _all(operation: Operation) -> int:
    """As many as it has items: its connections, or the user alone."""
    return len(operation.preview.connections) or 1


def _waiting(operation: Operation) -> str:
    if operation.http == HTTPStatus.TOO_MANY_REQUESTS:
        return "Smartcar asked us to wait. It is sent by itself when its turn has come."
    if operation.attempted_at:
        return "A part of it is not sent yet. That is sent by itself, once the list was read again."
    return "It is recorded, and nothing was sent yet."


def _as_it_was(operation: Operation) -> str:
    if operation.failure == CHANGED:
        return "What Smartcar lists now is not what was shown. Look again before you ask anew."
    if not operation.preview.connections:
        return "The user is as they were."
    is_one = len(operation.preview.connections) == 1
    as_it_was = "The connection is as it was." if is_one else "The connections are as they were."
    return as_it_was + (_FOLLOWED if operation.due_at else "")
