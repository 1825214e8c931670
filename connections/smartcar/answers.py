"""
What an answer says: its JSON, or the error it stands for.

Error bodies come in three documented forms (v2, v3, OAuth) and, from proxies,
as plain text, HTML or nothing.
"""

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from connections.smartcar.errors import (
    AccessDenied,
    AuthenticationFailed,
    BillingProblem,
    GenerationRetired,
    InvalidRequest,
    NotFound,
    RateLimited,
    Refused,
    ServerFailed,
    Unreadable,
)
from connections.smartcar.messages import Answer

LONGEST_RETRY_AFTER = 3600.0
_LONGEST_WORDS = 200
_LONGEST_CODE = 64
_SUCCESSES = range(200, 300)
_REFUSALS = range(400, 600)
_SERVER_ERRORS = range(500, 600)
_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{8,64}")

_BY_STATUS: dict[int, type[Refused]] = {
    400: InvalidRequest,
    401: AuthenticationFailed,
    403: AccessDenied,
    404: NotFound,
    410: GenerationRetired,
    429: RateLimited,
    430: BillingProblem,
}

_SENTENCES: dict[type[Refused], str] = {
    InvalidRequest: "Smartcar finds the request invalid",
    AuthenticationFailed: "Smartcar does not accept the credentials",
    AccessDenied: "Smartcar does not allow this with these credentials",
    NotFound: "Smartcar does not know what was asked for",
    GenerationRetired: "Smartcar has switched off this version of its API",
    RateLimited: "Smartcar's request allowance is used up",
    BillingProblem: "Smartcar refuses because of the plan or the account",
    ServerFailed: "Smartcar failed",
    Refused: "Smartcar refuses with a status it does not document",
}


@dataclass(frozen=True, slots=True)
class _Problem:
    """What the body of an error says, in Smartcar's words."""

    code: str | None = None
    words: str | None = None
    request_id: str | None = None


def clean_request_id(value: object) -> str | None:
    """A request id that may be shown and logged; anything of another look is none."""
    return value if isinstance(value, str) and _REQUEST_ID.fullmatch(value) else None


def require_success(answer: Answer) -> None:
    """Raises the error that the status stands for, unless it is a success."""
    if answer.status in _SUCCESSES:
        return
    if answer.status == HTTPStatus.NOT_FOUND and _is_markup(answer.body):
        # A proxy, or a host that is not Smartcar's: no proof that a connection does not exist.
        raise Unreadable("A page of HTML answered in Smartcar's stead (HTTP 404).", answer.exchange())
    if answer.status in _REFUSALS:
        raise _refusal(answer)
    raise Unreadable(f"Smartcar answered with status {answer.status}, which is no answer here.", answer.exchange())


def read_json_object(answer: Answer) -> dict[str, Any]:
    """The JSON object of a success. Raises `Unreadable`."""
    content = _json(answer.body)
    if isinstance(content, dict):
        return content
    look = "not the JSON that was expected" if answer.body else "empty"
    raise Unreadable(f"Smartcar's answer is {look}.", answer.exchange())


def read_retry_after(value: str | None) -> float | None:
    """Seconds of a `Retry-After` in either of its forms, between zero and an hour."""
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text, re.ASCII):
        return min(float(text), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # A date without a zone is meant in UTC, the only zone HTTP knows.
    seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _refusal(answer: Answer) -> Refused:
    problem = _problem(answer)
    kind = _kind(answer.status, problem)
    # The sentence around them has its own end.
    words = f": “{problem.words.removesuffix('.')}”" if problem.words else ""
    exchange = answer.exchange()
    return kind(
        f"{_SENTENCES[kind]} (HTTP {answer.status}){words}.",
        replace(exchange, request_id=exchange.request_id or problem.request_id),
        code=problem.code,
        retry_after=read_retry_after(answer.retry_after),
    )


def _kind(status: int, problem: _Problem) -> type[Refused]:
    if status == HTTPStatus.NOT_FOUND and problem.code == "VERSION":
        return GenerationRetired
    if status in _SERVER_ERRORS:
        return ServerFailed
    return _BY_STATUS.get(status, Refused)


def _problem(answer: Answer) -> _Problem:
    code, words, request_id = _told(answer.body)
    secrets = answer.request.secrets
    return _Problem(
        code=_excerpt(code, secrets, _LONGEST_CODE),
        words=_excerpt(words, secrets, _LONGEST_WORDS),
        request_id=clean_request_id(request_id),
    )


def _told(body: bytes) -> tuple[object, object, object]:
    """Code, words and request id, of whatever type they came in."""
    match _json(body):
        case {"errors": [dict() as first, *_]}:
            return first.get("code"), first.get("detail") or first.get("title"), None
        case {"error": str() as code, **rest}:
            return code, rest.get("error_description"), None
        case dict() as error:
            return error.get("code"), error.get("description") or error.get("message"), error.get("requestId")
        case str() as words:
            return None, words, None
        case None if not _is_markup(body):
            return None, body.decode("utf-8", "replace"), None
    return None, None, None


def _is_markup(body: bytes) -> bool:
    return body.lstrip().startswith(b"<")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _excerpt(text: object, secrets: tuple[str, ...], longest: int) -> str | None:
    """Words that may be shown: printable, short, and without what only Smartcar and we should know."""
    if not isinstance(text, str):
        return None
    for secret in secrets:
        text = text.replace(secret, "…")
    shown = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * longest]).split())
    return (shown if len(shown) <= longest else shown[: longest - 1] + "…") or None
