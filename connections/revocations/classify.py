"""
What an answer to a delete means. Pure: no request, no database.

| Answer | Meaning |
|---|---|
| exactly the expected set, or v3's 204 | succeeded |
| the expected set and others | succeeded, with an alarm |
| nothing, or 404 or 410 in v3 | unknown; a read must tell, and if it finds none it was gone before |
| others only | unknown, with an alarm; a read must tell |
| 429 | not applied, and waits its turn |
| not sent, any other refusal | failed: surely not applied |
| timeout, reset, 5xx, unreadable | unknown |
| 404 or 410 in v2, 404 of a path in v3 | unknown: the host or the address may be wrong, or v2 switched off |
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from django.utils.translation import gettext_noop

from connections.audit.events import Status
from connections.models import State
from connections.smartcar.errors import NotFound, NotSent, RateLimited, SmartcarError
from connections.smartcar.types import Deletion, Generation, PairScope

# Two requests come back a minute where Smartcar does not say when.
_SECONDS_TO_REFILL = 60
# Smartcar's code where it knows no such address, rather than no such connection.
_NO_SUCH_PATH = "PATH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    The state an answer leads to; `needs_read` if only reading can tell, `wait` if it is to be sent later.

    `answered_gone` if Smartcar said that there was none to remove, which a read may confirm or not. `extra` names, as
    user/vehicle, what Smartcar removed besides.
    """

    state: State
    status: Status
    http: int | None
    smartcar_request_id: str | None
    milliseconds: int | None = None
    removed: int | None = None
    failure: str = ""
    alarm: str = ""
    extra: tuple[str, ...] = ()
    needs_read: bool = False
    answered_gone: bool = False
    wait: timedelta | None = None


def verdict_on_answer(deletion: Deletion, expected: AbstractSet[PairScope]) -> Verdict:
    """What Smartcar's good answer means for the pairs that were to go."""
    removed = None if deletion.removed is None else set(deletion.removed)
    is_whole = removed is None or expected <= removed
    return Verdict(
        state=State.SUCCEEDED if is_whole else State.UNKNOWN,
        status=Status.SUCCESS if is_whole else Status.UNKNOWN,
        http=deletion.status,
        smartcar_request_id=deletion.request_id,
        milliseconds=deletion.milliseconds,
        removed=None if removed is None else len(removed),
        failure="" if is_whole else gettext_noop("Smartcar did not name the connection among those it removed."),
        alarm=_alarm(removed or set(), expected),
        extra=tuple(sorted(f"{each.user_id}/{each.vehicle_id}" for each in (removed or set()) - expected)),
        needs_read=not is_whole,
        answered_gone=not is_whole and not removed,
    )


def verdict_on_problem(problem: SmartcarError, milliseconds: int) -> Verdict:
    """What an error means: unknown whenever the delete may have been applied."""
    is_not_there = problem.method == "DELETE" and (
        isinstance(problem, NotFound) or problem.status == HTTPStatus.GONE  # with which v2 may be switched off
    )
    says_gone = is_not_there and problem.generation is Generation.V3 and getattr(problem, "code", None) != _NO_SUCH_PATH
    is_unknown = problem.may_have_been_applied or is_not_there
    wait = timedelta(seconds=problem.retry_after or _SECONDS_TO_REFILL) if isinstance(problem, RateLimited) else None
    return Verdict(
        state=State.UNKNOWN if is_unknown else State.INTENDED if wait else State.FAILED,
        status=Status.UNKNOWN if is_unknown else Status.FAILED if isinstance(problem, NotSent) else Status.REFUSED,
        http=problem.status,
        smartcar_request_id=problem.request_id,
        milliseconds=milliseconds,
        removed=0 if says_gone else None,
        failure=str(problem),
        needs_read=is_not_there,
        answered_gone=says_gone,
        wait=wait,
    )


def _alarm(removed: AbstractSet[PairScope], expected: AbstractSet[PairScope]) -> str:
    extra = len(removed - expected)
    if not extra:
        return ""
    return (
        f"Smartcar removed {extra} more than was asked for."
        if expected <= removed
        else (f"Smartcar removed {extra} that nobody asked for.")
    )
