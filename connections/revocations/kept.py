"""
Smartcar's answer as it waits on disk: what of it is written, and what of a file is believed.

A file may be damaged in ways that are valid JSON all the same, and nothing of
it may reach the log that is not what we write.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from connections.audit.events import Status
from connections.models import State
from connections.revocations.classify import Verdict

# What an answer leads to, and how the log tells of it.
_STATUSES = {
    State.SUCCEEDED: {Status.SUCCESS},
    State.ALREADY_GONE: {Status.ALREADY_GONE},
    State.FAILED: {Status.FAILED, Status.REFUSED},
    State.UNKNOWN: {Status.UNKNOWN},
    State.INTENDED: {Status.FAILED, Status.REFUSED},
}
_NUMBERS = range(2**31)
_STATUSES_OF_HTTP = range(100, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """
    What came of the items of an operation at these positions, sent in this click.

    `attempt` says which sending it answers, and `answered_at` when; 0 and None where a file of an earlier version does
    not.
    """

    operation: UUID
    verdict: Verdict
    items: tuple[int, ...]
    attempt: int
    request: UUID | None
    answered_at: datetime | None

    @property
    def name(self) -> str:
        return f"{self.operation}-{self.items[0]}-{self.attempt}"

    def as_json(self) -> dict[str, Any]:
        return {
            "operation": str(self.operation),
            "verdict": {**asdict(self.verdict), "wait": None},
            "items": list(self.items),
            "attempt": self.attempt,
            "request": str(self.request or ""),
            "answered_at": self.answered_at.isoformat() if self.answered_at else "",
        }


def kept_of(written: Any) -> Kept:
    """What was written so, of any version. Raises `ValueError` for anything else."""
    try:
        return Kept(
            operation=UUID(written["operation"]),
            verdict=_verdict(written["verdict"]),
            items=_items(written["items"]),
            attempt=_number(written.get("attempt", 0)),
            request=UUID(written["request"]) if written["request"] else None,
            answered_at=_moment(written.get("answered_at", "")),
        )
    except (AttributeError, KeyError, TypeError) as problem:
        raise ValueError("It does not have the shape of an answer.") from problem


def _verdict(written: Mapping[str, Any]) -> Verdict:
    state, status = State(written["state"]), Status(written["status"])
    if status not in _STATUSES.get(state, ()):
        raise ValueError(f"No answer leads to {state} and is told as {status}.")
    http = written["http"]
    request_id = written["smartcar_request_id"]
    return Verdict(
        state=state,
        status=status,
        http=None if http is None else _number(http, _STATUSES_OF_HTTP),
        smartcar_request_id=None if request_id is None else _text(request_id),
        milliseconds=_number_or_none(written["milliseconds"]),
        removed=_number_or_none(written["removed"]),
        failure=_text(written["failure"]),
        alarm=_text(written["alarm"]),
        extra=tuple(_text(each) for each in _list(written.get("extra", []))),
        needs_read=bool(written["needs_read"]),
        answered_gone=bool(written.get("answered_gone", False)),
    )


def _items(written: Any) -> tuple[int, ...]:
    items = tuple(_number(each) for each in _list(written))
    if not items:
        raise ValueError("It is about no connection.")
    return items


def _list(written: Any) -> list[Any]:
    if not isinstance(written, list):
        raise TypeError("A list is wanted.")
    return written


def _number_or_none(written: Any) -> int | None:
    return None if written is None else _number(written)


def _number(written: Any, wanted: range = _NUMBERS) -> int:
    if type(written) is not int or written not in wanted:
        raise ValueError("A number of a sensible size is wanted.")
    return written


def _moment(written: Any) -> datetime | None:
    if written == "":
        return None
    moment = datetime.fromisoformat(_text(written))
    if moment.tzinfo is None:
        raise ValueError("A time needs a zone.")
    try:
        return moment.astimezone(UTC)
    except OverflowError as problem:
        raise ValueError("There is no such time in UTC.") from problem


def _text(written: Any) -> str:
    """What both databases and the log can hold: no half of a character, no NUL."""
    if not isinstance(written, str) or "\0" in written:
        raise ValueError("A text is wanted.")
    written.encode()
    return written
