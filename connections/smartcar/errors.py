"""
What can go wrong between us and Smartcar.

    SmartcarError
    ├── NotAsked                 we did not ask
    │   ├── NotConfigured        a credential is missing
    │   ├── AllowanceSpent       our own count of requests leaves none for this
    │   └── Unsupported          this generation has no such call
    ├── NoAnswer                 we asked and never got an answer
    │   ├── NotSent              refused, DNS, TLS, connect timeout: surely not sent
    │   └── AnswerLost           read timeout, reset, truncated
    └── BadAnswer                we got one, and it is not what we asked for
        ├── Unreadable           HTML, empty, of the wrong shape, too large, a redirect
        └── Refused              a status of 400 or above
            ├── InvalidRequest          400
            ├── AuthenticationFailed    401
            ├── AccessDenied            403
            ├── NotFound                404
            ├── GenerationRetired       404 VERSION, 410
            ├── RateLimited             429
            ├── BillingProblem          430
            └── ServerFailed            5xx

The message is a sentence for people and never carries a credential; the
attributes are for code.
"""

from dataclasses import dataclass
from typing import ClassVar

from connections.smartcar.types import Generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """The request an error speaks of, and what is known of its answer."""

    method: str | None = None
    generation: Generation | None = None
    status: int | None = None
    request_id: str | None = None


NOTHING_ASKED = Exchange()


class SmartcarError(Exception):
    """
    Anything that kept Smartcar's answer from us.

    `generation` is None where the token host failed: the call it was for was
    not sent then.
    """

    # Whether a DELETE that ended so may have been applied all the same.
    leaves_delete_open: ClassVar[bool] = False

    def __init__(self, sentence: str, exchange: Exchange = NOTHING_ASKED) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.method = exchange.method
        self.generation = exchange.generation
        self.status = exchange.status
        self.request_id = exchange.request_id

    @property
    def may_have_been_applied(self) -> bool:
        """Whether something may have changed at Smartcar: if so, read again before anything else."""
        return self.method == "DELETE" and self.leaves_delete_open


class NotAsked(SmartcarError):  # noqa: N818 - the tree reads as answers, and each name is one
    """We did not ask."""


class NotConfigured(NotAsked):
    """A credential is missing; the sentence names its environment variable."""


class AllowanceSpent(NotAsked):
    """By our own count no request is left for this; one will be in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__("The requests that Smartcar allows are used up for now.")
        self.seconds = max(seconds, 1.0)


class Unsupported(NotAsked):
    """The generation has no such call; its capabilities say so beforehand."""


class NoAnswer(SmartcarError):  # noqa: N818 - as above
    """We asked and never got an answer."""


class NotSent(NoAnswer):
    """Not a byte of the request left: refused, DNS, TLS, connect timeout."""


class AnswerLost(NoAnswer):
    """The request left and its answer did not arrive whole: read timeout, reset, truncated."""

    leaves_delete_open = True


class BadAnswer(SmartcarError):  # noqa: N818 - as above
    """We got an answer, and it is not what we asked for."""


class Unreadable(BadAnswer):
    """
    HTML, empty, of the wrong shape, too large, or a redirect, which is never followed.

    Whoever wrote it, Smartcar may have acted before.
    """

    leaves_delete_open = True


class Refused(BadAnswer):
    """
    A status of 400 or above; one of no documented meaning is of this very class.

    `code` is Smartcar's own (`PARAMETER`, `VERSION`, `invalid_client`);
    `retry_after` is in seconds; both are None where Smartcar does not say.
    An undocumented status proves nothing about a DELETE, so it stays open.
    """

    leaves_delete_open = True

    def __init__(
        self,
        sentence: str,
        exchange: Exchange = NOTHING_ASKED,
        *,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(sentence, exchange)
        self.code = code
        self.retry_after = retry_after


class InvalidRequest(Refused):
    """400, or a page number that is none: with a cursor, start again from the first page."""

    leaves_delete_open = False


class AuthenticationFailed(Refused):
    """401: the credentials are wrong, revoked or expired."""

    leaves_delete_open = False


class AccessDenied(Refused):
    """403: the credentials are known and not allowed to do this."""

    leaves_delete_open = False


class NotFound(Refused):
    """
    404.

    v3 says so of a connection that does not exist; v2 documents no such answer
    to a DELETE, so there it proves nothing.
    """

    @property
    def may_have_been_applied(self) -> bool:
        return super().may_have_been_applied and self.generation is Generation.V2


class GenerationRetired(Refused):
    """404 VERSION or 410: Smartcar has switched this generation off. Never "no connections"."""

    leaves_delete_open = False


class RateLimited(Refused):
    """429: the allowance is spent."""

    leaves_delete_open = False


class BillingProblem(Refused):
    """430: the plan does not allow it, or the account is suspended."""

    leaves_delete_open = False


class ServerFailed(Refused):
    """5xx: Smartcar failed, perhaps after it had acted."""
