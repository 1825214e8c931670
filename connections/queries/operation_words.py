"""What an operation's state is called, and the sentence that says what is known: never more than that."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from django.utils.translation import gettext, gettext_noop

from connections.models import Operation, ScopeKind, State
from connections.queries.smartcar_words import in_words
from connections.revocations.clock import is_running
from connections.revocations.reasons import CHANGED, SEEN_BY_PERSON, Reason

_DENIED = re.compile(r"Denied by (.+)\.")


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in words, and the tone that goes with them."""

    words: str
    tone: str


_BADGES: Mapping[str, Badge] = {
    State.AWAITING_APPROVAL: Badge(gettext_noop("Awaiting approval"), "busy"),
    State.CANCELLED: Badge(gettext_noop("Cancelled, nothing sent"), ""),
    State.INTENDED: Badge(gettext_noop("Waiting, not sent"), "busy"),
    State.ATTEMPTED: Badge(gettext_noop("Sent, no answer recorded"), "unknown"),
    State.SUCCEEDED: Badge(gettext_noop("Revoked, accepted by Smartcar"), "busy"),
    State.ALREADY_GONE: Badge(gettext_noop("Already gone"), ""),
    State.FAILED: Badge(gettext_noop("Not revoked"), "bad"),
    State.UNKNOWN: Badge(gettext_noop("Unknown, checking"), "unknown"),
    State.SUPERSEDED: Badge(gettext_noop("Superseded, not touched"), "warn"),
    State.SEEN_GONE: Badge(gettext_noop("Revoked, seen gone"), "good"),
    State.PARTLY_REVOKED: Badge(gettext_noop("Partly revoked"), "bad"),
    State.PURGED: Badge(gettext_noop("Purged, accepted by Smartcar"), "good"),
}
_BADGES_OF_PURGE: Mapping[str, Badge] = {
    State.SUCCEEDED: Badge(gettext_noop("Purged, accepted by Smartcar"), "busy"),
    State.FAILED: Badge(gettext_noop("Not purged"), "bad"),
    State.SEEN_GONE: Badge(gettext_noop("Purged, seen gone"), "good"),
}
_NOT_KNOWN = Badge(gettext_noop("Not known to Smartcar"), "warn")
_PARTLY_SENT = Badge(gettext_noop("Partly sent, the rest waits"), "busy")
_CLOSED = Badge(gettext_noop("Purged, as a person concluded"), "")
_SENTENCES: Mapping[str, str] = {
    State.AWAITING_APPROVAL: gettext_noop("It waits for another person. Nothing was sent."),
    State.CANCELLED: gettext_noop("It did not get the approval it needs, so nothing was sent."),
    State.ATTEMPTED: gettext_noop("It was sent. No answer of Smartcar is recorded, so it may or may not be revoked."),
    State.SUCCEEDED: gettext_noop("Smartcar accepted it. It has not been seen gone yet."),
    State.ALREADY_GONE: gettext_noop("Smartcar no longer listed it, so this revocation did not remove it."),
    State.UNKNOWN: gettext_noop(
        "Smartcar's answer does not tell. It may or may not be revoked; do not repeat it blindly."
    ),
    State.SUPERSEDED: gettext_noop("The owner connected again in the meantime. The newer connection was not touched."),
    State.PARTLY_REVOKED: gettext_noop("Some of its connections are gone and others are not. Each says so for itself."),
}
# Of a newer version's, or written into the database.
_NO_SUCH_STATE = gettext_noop("This version has no words for where it stands. What happened to it stands below.")
_PURGED: Mapping[str, str] = {
    State.SUCCEEDED: gettext_noop("Smartcar accepted the purge. The user's connections have not been seen gone yet."),
    State.SEEN_GONE: gettext_noop("Smartcar accepted the purge, and lists no connection of the user any more."),
}
_SEEN_GONE = gettext_noop("Smartcar accepted it, and no longer lists it.")
# Found by reading alone: no answer of Smartcar's said so.
_GONE_WITHOUT_ANSWER = gettext_noop("Smartcar's answer did not tell, and it no longer lists it.")
_PURGED_WITHOUT_ANSWER = gettext_noop(
    "Smartcar's answer did not tell. It no longer lists the user's connections; whether all else is deleted is unknown."
)
# A user of whom no connection was listed.
_PURGED_UNSEEN: Mapping[str, str] = {
    State.PURGED: gettext_noop(
        "Smartcar accepted the purge. It listed no connection of the user, so nothing can be seen gone."
    ),
    State.ALREADY_GONE: gettext_noop(
        "Smartcar does not know a user with this id, so nothing was deleted. "
        "Either they were deleted before, or the id is not theirs: compare it with what the customer sent."
    ),
    State.UNKNOWN: gettext_noop(
        "No answer of Smartcar's tells, and no list shows whether a user is purged. Purge them again."
    ),
}
_CONCLUDED = gettext_noop(
    "Smartcar did not say that the user is purged, and no list shows it. A person concluded that they are."
)
# Added where the law's clock runs on.
_STILL_WAITS = gettext_noop(
    "The customer still waits: if the id is theirs, purge them again, and Smartcar's answer counts."
)
# What a person found where no read could tell.
_SEEN_BY_PERSON: Mapping[str, str] = {
    State.SEEN_GONE: gettext_noop("It was sent, and reading again could not tell what came of it."),
    State.ALREADY_GONE: gettext_noop("It was not sent."),
}
_ENDED_WITHOUT_WORD = (State.PURGED, State.SEEN_GONE, State.ALREADY_GONE)
_FOLLOWED = gettext_noop("Smartcar is asked again for a day, in case the delete shows late.")


def badge_of(operation: Operation) -> Badge:
    """Its state, in other words where a user was purged."""
    if is_not_known(operation):
        return _shown(_NOT_KNOWN)
    if _is_concluded(operation):
        return _shown(_CLOSED)
    if is_partly_sent(operation):
        return _shown(_PARTLY_SENT)
    of_purge = _BADGES_OF_PURGE.get(operation.state) if operation.scope == ScopeKind.PURGE else None
    return _shown(of_purge) if of_purge else badge_of_state(operation.state)


def badge_of_state(state: str) -> Badge:
    """
    That of a connection, or of an operation of which nothing else is known.

    A state that there is none of, of a newer version or written into the database, is shown as it is.
    """
    known = _BADGES.get(state)
    return _shown(known) if known else Badge(state, "unknown")


def _shown(badge: Badge) -> Badge:
    """In the language of whoever looks."""
    return Badge(gettext(badge.words), badge.tone)


def failure_of(operation: Operation) -> str:
    """Why it was not done. It is kept in English, and what is always said alike is translated."""
    denied = _DENIED.fullmatch(operation.failure)
    if denied:
        return gettext("Denied by %(name)s.") % {"name": denied[1]}
    return in_words(operation.failure)


def reason_of(operation: Operation) -> str:
    """In words; one that there is none of as it is."""
    return str(dict(Reason.choices).get(operation.reason, operation.reason))


def is_not_known(operation: Operation) -> bool:
    """Whether Smartcar knows no user of this id, so that nothing can be said to be gone."""
    return operation.state == State.ALREADY_GONE and operation.preview.lists_none


def is_partly_sent(operation: Operation) -> bool:
    """Whether some of it waits and some was sent: a DELETE that Smartcar put off counts as waiting."""
    has_begun = operation.state == State.INTENDED and operation.attempted_at is not None
    return has_begun and operation.items.exclude(state=State.INTENDED).filter(attempts__gt=0).exists()


def _is_concluded(operation: Operation) -> bool:
    """Whether it was a person who said that a user is purged, and not Smartcar."""
    is_by_person = operation.state == State.SEEN_GONE and operation.failure == SEEN_BY_PERSON
    is_closed = operation.state == State.PURGED or (operation.scope == ScopeKind.PURGE and is_by_person)
    return is_closed and not operation.accepted


def sentence_of(operation: Operation) -> str:
    """What is known of it, in one or two sentences."""
    state, is_purge = operation.state, operation.scope == ScopeKind.PURGE
    if unseen := _where_no_list_told(operation, state):
        waits = is_purge and state in _ENDED_WITHOUT_WORD and is_running(operation)
        return f"{gettext(unseen)} {gettext(_STILL_WAITS)}" if waits else gettext(unseen)
    match state:
        case State.INTENDED:
            return _waiting(operation)
        case State.FAILED:
            return _as_it_was(operation)
        case State.SEEN_GONE if not (is_purge and is_accepted(operation)):
            return _gone(operation, is_purge=is_purge)
    return gettext((_PURGED if is_purge else {}).get(state) or _SENTENCES.get(state, _NO_SUCH_STATE))


def _where_no_list_told(operation: Operation, state: str) -> str:
    """Nothing where one did, or still may."""
    if _is_concluded(operation):
        return _CONCLUDED
    if operation.scope == ScopeKind.PURGE and operation.needs_person and state != State.SUCCEEDED:
        return _PURGED_UNSEEN[State.UNKNOWN]
    if operation.preview.lists_none:
        return _PURGED_UNSEEN.get(state, "")
    return _SEEN_BY_PERSON.get(state, "") if operation.failure == SEEN_BY_PERSON else ""


def _gone(operation: Operation, *, is_purge: bool) -> str:
    if is_accepted(operation):
        return gettext(_SEEN_GONE)
    if operation.accepted:
        counts = {"accepted": operation.accepted, "all": _all(operation)}
        return gettext("Smartcar accepted %(accepted)s of %(all)s, and lists none of them any more.") % counts
    return gettext(_PURGED_WITHOUT_ANSWER if is_purge else _GONE_WITHOUT_ANSWER)


def is_accepted(operation: Operation) -> bool:
    """All of it by answers that could be read, and not merely found gone afterwards."""
    is_done = operation.state in (State.SUCCEEDED, State.SEEN_GONE, State.PURGED)
    return is_done and operation.accepted >= _all(operation)


def _all(operation: Operation) -> int:
    """As many as it has items: its connections, or the user alone."""
    return operation.preview.count or 1


def _waiting(operation: Operation) -> str:
    if operation.http == HTTPStatus.TOO_MANY_REQUESTS:
        return gettext("Smartcar asked us to wait. It is sent by itself when its turn has come.")
    if is_partly_sent(operation):
        return gettext("A part of it is not sent yet. That is sent by itself, once the list was read again.")
    return gettext("It is recorded, and nothing was sent yet.")


def _as_it_was(operation: Operation) -> str:
    if operation.failure == CHANGED:
        return gettext("What Smartcar lists now is not what was shown. Look again before you ask anew.")
    if operation.preview.lists_none:
        return gettext("The user is as they were.")
    is_one = operation.preview.count == 1
    as_it_was = gettext("The connection is as it was.") if is_one else gettext("The connections are as they were.")
    return f"{as_it_was} {gettext(_FOLLOWED)}" if operation.due_at else as_it_was
