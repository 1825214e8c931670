"""
The catalogue of faults: every way in which Smartcar, or what lies between, is known or feared to fail.

A fault either replaces the answer, spoils its delivery, or twists what a route
does (the routes look for its name). `-applied` faults strike a DELETE after it
was carried out; their namesakes strike before anything is done.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum

from connections.simulator.errors import Kind, Refusal, refusal_answer
from connections.simulator.wire import Answer, Call, Generation, Request

_MEGABYTE = 1024 * 1024
_HTML = b"<!DOCTYPE html><html><head><title>502</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_BROKEN_JSON = b'{"connections":[{"userId":'

Change = Callable[[Answer, Request, float], Answer]


class Delivery(StrEnum):
    WHOLE = "whole"
    TRUNCATED = "truncated"
    HANG = "hang"
    DRIP = "drip"
    RESET = "reset"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    name: str
    summary: str
    change: Change | None = None
    delivery: Delivery = Delivery.WHOLE
    applies: bool = False  # the deed is done before the fault strikes
    is_twist: bool = False
    calls: frozenset[Call] = frozenset(Call)
    generations: frozenset[Generation] = frozenset(Generation)
    seconds: float = 0  # what it means is in the summary


_DELETES = frozenset({Call.DELETE})
_READS = frozenset({Call.READ})
_READS_AND_DELETES = _READS | _DELETES
_V2 = frozenset({Generation.V2})
_V3 = frozenset({Generation.V3})


def _refuse(kind: Kind) -> Change:
    return lambda _answer, request, _seconds: refusal_answer(Refusal(kind), request)


def _refuse_until(answer: Answer, request: Request, seconds: float) -> Answer:
    return _with_retry_after(_refuse(Kind.RATE_LIMIT)(answer, request, seconds), str(int(seconds)))


def _refuse_until_date(answer: Answer, request: Request, seconds: float) -> Answer:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    return _with_retry_after(_refuse(Kind.RATE_LIMIT)(answer, request, seconds), date)


def _refuse_vehicle_until(answer: Answer, request: Request, seconds: float) -> Answer:
    return _with_retry_after(_refuse(Kind.VEHICLE_RATE_LIMIT)(answer, request, seconds), str(int(seconds)))


def _with_retry_after(answer: Answer, value: str) -> Answer:
    return replace(answer, headers=(("Retry-After", value),))


def _say(status: int, body: bytes, content_type: str | None = "application/json") -> Change:
    return lambda _answer, _request, _seconds: Answer(status=status, body=body, content_type=content_type)


def _redirect(_answer: Answer, request: Request, _seconds: float) -> Answer:
    location = f"http://elsewhere.invalid{request.path}?{request.query}"
    return Answer(status=302, content_type=None, headers=(("Location", location),))


def _swell(answer: Answer, _request: Request, _seconds: float) -> Answer:
    # White space keeps the body valid JSON: only its size is wrong. A 204 has no body, so it becomes a 200.
    body = (answer.body or b"{}") + b" " * (32 * _MEGABYTE)
    return Answer(status=answer.status if answer.body else 200, body=body)


def _refusal(name: str, kind: Kind, summary: str, calls: frozenset[Call] = frozenset(Call)) -> Fault:
    return Fault(name=name, summary=summary, change=_refuse(kind), calls=calls)


def _before_and_after(
    name: str,
    summary: str,
    change: Change | None = None,
    delivery: Delivery = Delivery.WHOLE,
    seconds: float = 0,
) -> tuple[Fault, Fault]:
    before = Fault(name=name, summary=summary, change=change, delivery=delivery, seconds=seconds)
    after = Fault(
        name=f"{name}-applied",
        summary=f"{summary}; a DELETE was carried out",
        change=change,
        delivery=delivery,
        seconds=seconds,
        applies=True,
        calls=_DELETES,
    )
    return before, after


def _twist(
    name: str,
    summary: str,
    calls: frozenset[Call],
    generations: frozenset[Generation] = _V2,
    seconds: float = 0,
) -> Fault:
    return Fault(
        name=name,
        summary=summary,
        is_twist=True,
        applies=True,
        calls=calls,
        generations=generations,
        seconds=seconds,
    )


_ALL = (
    _refusal("authentication", Kind.AUTHENTICATION, "401, credentials refused"),
    _refusal("validation", Kind.VALIDATION, "400, request refused"),
    _refusal("permission", Kind.PERMISSION, "403, not allowed"),
    _refusal("not-found", Kind.NOT_FOUND, "404, no such thing"),
    _refusal("billing", Kind.INVALID_PLAN, "430 INVALID_PLAN", _READS_AND_DELETES),
    _refusal("billing-vehicle-limit", Kind.VEHICLE_LIMIT, "430 VEHICLE_LIMIT", _READS_AND_DELETES),
    _refusal("billing-requests", Kind.VEHICLE_REQUEST_LIMIT, "430 VEHICLE_REQUEST_LIMIT", _READS_AND_DELETES),
    _refusal("billing-suspended", Kind.ACCOUNT_SUSPENDED, "430 ACCOUNT_SUSPENDED", _READS_AND_DELETES),
    _refusal("rate-limit", Kind.RATE_LIMIT, "429 without Retry-After"),
    Fault(
        name="rate-limit-seconds",
        summary="429, Retry-After in seconds (of @seconds)",
        change=_refuse_until,
        seconds=30,
    ),
    Fault(
        name="rate-limit-date",
        summary="429, Retry-After as HTTP date (in @seconds)",
        change=_refuse_until_date,
        seconds=30,
    ),
    Fault(
        name="rate-limit-vehicle",
        summary="429 VEHICLE, Retry-After of @seconds",
        change=_refuse_vehicle_until,
        calls=_READS_AND_DELETES,
        seconds=30,
    ),
    *_before_and_after("server-error", "500 in Smartcar's form", _refuse(Kind.SERVER)),
    *_before_and_after("html", "502 with a page of HTML from a proxy", _say(502, _HTML, "text/html")),
    *_before_and_after("html-200", "200 with a page of HTML", _say(200, _HTML, "text/html")),
    *_before_and_after("empty-body", "200 without a body", _say(200, b"")),
    *_before_and_after("unparsable", "200 with JSON that does not parse", _say(200, _BROKEN_JSON)),
    *_before_and_after("truncated", "the answer breaks off half way", delivery=Delivery.TRUNCATED),
    *_before_and_after("hang", "no answer for @seconds, then closed", delivery=Delivery.HANG, seconds=60),
    *_before_and_after("drip", "one byte every @seconds", delivery=Delivery.DRIP, seconds=0.2),
    *_before_and_after("reset", "the connection is reset", delivery=Delivery.RESET),
    *_before_and_after("closed", "the connection is closed without an answer", delivery=Delivery.CLOSED),
    *_before_and_after("huge", "32 MB of valid JSON", _swell),
    Fault(name="empty-401", summary="401 without a body", change=_say(401, b"", None)),
    Fault(name="plain-text", summary="500 as plain text", change=_say(500, b"Internal error", "text/plain")),
    Fault(name="error-string", summary="500, the error a JSON string", change=_say(500, b'"it went wrong"')),
    Fault(name="redirect", summary="302 to another host", change=_redirect),
    Fault(name="v2-retired", summary="v2.0 answers 404 VERSION", change=_refuse(Kind.VERSION), generations=_V2),
    Fault(name="v2-gone", summary="v2.0 answers 410", change=_refuse(Kind.GONE), generations=_V2),
    Fault(
        name="v3-gone",
        summary="v3 answers a DELETE with 410",
        change=_refuse(Kind.GONE),
        calls=_DELETES,
        generations=_V3,
    ),
    _twist("delayed-visibility", "lists show what was deleted for @seconds", _DELETES, _V2 | _V3, seconds=5),
    _twist("deleted-but-empty", "deletes, and says it deleted nothing", _DELETES),
    _twist("extra-pair", "says it deleted one pair more than it did", _DELETES),
    _twist("missing-pair", "says it deleted one pair fewer than it did", _DELETES),
    _twist("ignored-vehicle-id", "a DELETE of a pair deletes all of the user's", _DELETES),
    _twist("paging-missing", "the end of a list has no paging", _READS),
    _twist("paging-empty", "the end of a list has an empty paging", _READS),
    _twist("paging-extra", "paging has unknown keys", _READS),
    _twist("single-row-pages", "every page has one row, whatever the limit", _READS),
    _twist("repeated-cursor", "the next cursor is the one that was sent", _READS),
    _twist("cursor-expired", "every cursor is refused with 400", _READS),
    _twist("created-at-rows", "every row has createdAt and no mode", _READS),
    _twist("user-absent", "no row has attributes.user", _READS, _V3),
    _twist("disconnected-meanwhile", "the first row of a page is disconnected once it is listed", _READS, _V3),
    _twist("row-without-uuid", "an id in each row is not a UUID", _READS, _V2 | _V3),
)

CATALOGUE = {fault.name: fault for fault in _ALL}


def described() -> list[str]:
    """One line a fault: its name, what it meets, what it does."""
    return [f"{fault.name:23} {_meets(fault):13} {_summary(fault)}" for fault in _ALL]


def _meets(fault: Fault) -> str:
    words = [
        "+".join(sorted(some))
        for some, every in ((fault.generations, Generation), (fault.calls, Call))
        if len(some) < len(every)
    ]
    return " ".join(words) or "all"


def _summary(fault: Fault) -> str:
    return fault.summary.replace("@seconds", f"{fault.seconds:g} s")
