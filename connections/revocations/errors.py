"""
Why a deed was not done. Nothing was sent when one of these is raised.

    NotRevoked
    ├── PreviewStale   the set is not the one that was shown
    ├── NothingThere   neither Smartcar nor we know of such a connection
    ├── AlreadyRevoked it is gone, and this person never looked at it
    ├── UnderWay       another revocation of one of the connections has not ended
    ├── NotDecided     an approval came from the wrong person, or too late
    ├── TooMany        this person asked for more than one may within an hour
    ├── Unreadable     what was shown is not as we keep it: somebody wrote the row
    ├── NotReconciled  it does not, or no longer, wait for a person
    └── Paused         Smartcar refused our credentials a moment ago
"""

from datetime import datetime

from django.utils.translation import gettext

from connections.models import Operation, Preview
from connections.smartcar.types import Connection


class NotRevoked(Exception):  # noqa: N818 - it names what did not happen
    """Nothing was sent to Smartcar."""


class PreviewStale(NotRevoked):
    """Smartcar's connections are not those that were shown: `then` (None if nothing was shown) against `now`."""

    def __init__(self, *, then: Preview | None, now: tuple[Connection, ...]) -> None:
        super().__init__(gettext("The connections changed since you looked, so nothing was revoked."))
        self.then = then
        self.now = now


class NothingThere(NotRevoked):
    """Unknown to Smartcar and to us."""


class AlreadyRevoked(NotRevoked):
    """Gone at Smartcar; `operation` is ours that removed it."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(gettext("Already revoked."))
        self.operation = operation


class UnderWay(NotRevoked):
    """`operation` is the other one, which is being sent or whose outcome is unknown."""

    def __init__(self, operation: Operation) -> None:
        words = gettext(
            "A revocation of one of these connections for %(ticket)s is under way. "
            "Nothing more was sent. Try again when that one has ended."
        )
        super().__init__(words % {"ticket": operation.ticket})
        self.operation = operation


class NotConfirmed(NotRevoked):
    """What was typed is not what is meant; `expected` is."""

    def __init__(self, expected: str) -> None:
        super().__init__(gettext("Type %(expected)s to confirm.") % {"expected": expected})
        self.expected = expected


class NotRecentlySignedIn(NotRevoked):
    """Sign in again first; what was typed is not lost."""


class NotDecided(NotRevoked):
    """The approval cannot be given or refused: the message says why."""


class Unreadable(NotRevoked):
    """The connections of a preview cannot be read, so nothing is sent from it."""

    def __init__(self) -> None:
        super().__init__(
            gettext("What was shown cannot be read, so nothing is sent from it. Deny it, and have it asked anew.")
        )


class NotReconciled(NotRevoked):
    """A person's conclusion came where none is wanted: the message says why."""


class TooMany(NotRevoked):
    """`until` is when the next may be asked for; `most` are allowed within an hour."""

    def __init__(self, *, most: int, until: datetime) -> None:
        words = gettext("You have asked for %(count)s revocations within an hour, and that is as many as one may.")
        super().__init__(words % {"count": most})
        self.most = most
        self.until = until


class Paused(NotRevoked):
    """`until` is when the next deed may be tried."""

    def __init__(self, until: datetime) -> None:
        super().__init__(
            gettext(
                "Smartcar refused our credentials a moment ago, so revocations pause for everyone. "
                "Ask an operator to check the credentials."
            )
        )
        self.until = until
