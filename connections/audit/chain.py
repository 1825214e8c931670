"""What must hold of each event and between neighbours; knows nothing of where the events come from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from connections.audit.body import NO_LEAF, PERSONAL, SCHEMA, columns_of, commitment, leaf_of
from connections.audit.canonical import CanonicalError, canonical_time, parsed
from connections.audit.deeds import Deeds
from connections.audit.stored import Copies, StoredDetail, StoredEvent


class Verdict(IntEnum):
    """Also the exit code of `audit_verify`."""

    INTACT = 0
    ALTERED = 1
    INCOMPLETE = 2


class NotIntact(Exception):  # noqa: N818 - it states what the log is
    """The first thing found wrong; `seq` is None where no single event is to blame."""

    def __init__(self, verdict: Verdict, seq: int | None, why: str) -> None:
        super().__init__(why)
        self.verdict = verdict
        self.seq = seq
        self.why = why


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the events reached, and the leaf of the last."""

    count: int = 0
    first: int | None = None
    last: int | None = None
    leaf: bytes = NO_LEAF

    def with_event(self, seq: int, leaf: bytes) -> "Extent":
        return Extent(self.count + 1, seq if self.first is None else self.first, seq, leaf)


def check_events(events: Iterator[StoredEvent], *, is_whole: bool) -> Extent:
    """
    Check every event and the links between neighbours. Raises `NotIntact` at the first that is wrong.

    A log is whole when it must begin at 1 and have no gap; then the rules of
    the deed are checked as well, which need every event before.
    """
    extent = Extent()
    with Deeds() as deeds:
        for event in events:
            _check_order(event.seq, extent, is_whole=is_whole)
            body, leaf = _check_event(event)
            is_next = event.seq == (extent.last or 0) + 1
            if is_next and body["prev"] != extent.leaf.hex():
                raise _broken_link(event.seq, leaf, events)
            if is_whole and (problem := deeds.problem(body)):
                raise NotIntact(Verdict.ALTERED, event.seq, problem)
            extent = extent.with_event(event.seq, leaf)
    return extent


def _check_event(event: StoredEvent) -> tuple[dict[str, Any], bytes]:
    """What can be checked of one event by itself; gives its body and its leaf. Raises `NotIntact`."""
    body, leaf = _body(event), leaf_of(event.body)
    problem = event.copies and _copies_problem(event.copies, body, leaf)
    problem = problem or _frame_problem(event.seq, body) or _details_problem(event.details, body)
    if problem:
        raise NotIntact(Verdict.ALTERED, event.seq, problem)
    return body, leaf


def _check_order(seq: int, extent: Extent, *, is_whole: bool) -> None:
    expected = (extent.last or 0) + 1
    if seq < expected:
        raise NotIntact(Verdict.ALTERED, seq, "it stands in the wrong place")
    if is_whole and seq > expected:
        raise NotIntact(Verdict.INCOMPLETE, expected, "it is missing")


def _broken_link(seq: int, leaf: bytes, rest: Iterator[StoredEvent]) -> NotIntact:
    """
    The link between two neighbours is broken: one of them was rewritten, with a leaf to match.

    If the event after vouches for the later one, or there is none after, it
    is the earlier that was rewritten.
    """
    after = next(rest, None)
    is_vouched_for = after is None or f'"prev":"{leaf.hex()}"' in after.body
    if is_vouched_for and seq > 1:
        return NotIntact(Verdict.ALTERED, seq - 1, f"event {seq} does not link to it")
    return NotIntact(Verdict.ALTERED, seq, "it does not link to the event before")


def _body(event: StoredEvent) -> dict[str, Any]:
    try:
        body = parsed(event.body)
    except CanonicalError as problem:
        raise NotIntact(Verdict.ALTERED, event.seq, "its body is not canonical text") from problem
    if not isinstance(body, dict):
        raise NotIntact(Verdict.ALTERED, event.seq, "its body is not an object")
    return body


def _copies_problem(copies: Copies, body: Mapping[str, Any], leaf: bytes) -> str | None:
    if copies.leaf != leaf:
        return "its body does not give its leaf"
    expected = columns_of(body)
    wrong = [name for name, value in copies.text.items() if value != expected[name]]
    if canonical_time(copies.at) != body.get("at"):
        wrong.append("at")
    return f"the column {wrong[0]} does not say what its body says" if wrong else None


def _frame_problem(seq: int, body: Mapping[str, Any]) -> str | None:
    if body.get("v") != SCHEMA:
        return f"its schema is not {SCHEMA}"
    if body.get("seq") != seq:
        return "its body has another sequence number"
    missing = [name for name in ("prev", "id", "type", "at") if not isinstance(body.get(name), str)]
    return f"its body has no {missing[0]}" if missing else None


def _details_problem(details: Mapping[str, StoredDetail], body: Mapping[str, Any]) -> str | None:
    promised = {f"{group}.{name}": value for group, name in PERSONAL if (value := _part(body, group).get(name))}
    if unknown := details.keys() - promised.keys():
        return f"it has a detail {min(unknown)} that its body does not know"
    for name, committed in promised.items():
        if problem := _commitment_problem(name, committed, details.get(name)):
            return problem
    return None


def _commitment_problem(name: str, committed: str, detail: StoredDetail | None) -> str | None:
    if detail is None:
        return f"its detail {name} is missing"
    if detail.redacted_at is not None and detail.salt is None and detail.value is None:
        return None
    if detail.salt is None or detail.value is None or commitment(detail.salt, detail.value) != committed:
        return f"its detail {name} does not match its commitment"
    return None


def _part(body: Mapping[str, Any], group: str) -> Mapping[str, Any]:
    part = body.get(group)
    return part if isinstance(part, dict) else {}
