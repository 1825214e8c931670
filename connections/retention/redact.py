"""
Erase personal details behind their commitments, each part of them together with the event that names it.

The log stays as it was, and verifies: bodies hold commitments only. With value
and salt gone, what a commitment was of can no longer be guessed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from django.db import connection
from django.db.models import Count

from connections.audit.archived import archived_through
from connections.audit.events import Actor, Event, EventType, Found, Target, TargetKind, Why
from connections.audit.ledger import recording
from connections.retention import elsewhere, scrub
from connections.retention.wanted import Detail, Wanted

AT_ONCE = 2000


class Reason(StrEnum):
    """Why something is erased; it stands in the body of the event, where nothing can be erased."""

    ERASURE_REQUEST = "erasure_request"
    RETENTION_PERIOD = "retention_period"
    LEGAL_ORDER = "legal_order"
    ERROR_CORRECTION = "error_correction"


class NotRedacted(Exception):  # noqa: N818 - it names what did not happen
    """Nothing was erased; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """
    What would go: how many details of each field, and rows of other tables.

    `held` counts details that legal holds keep, `archived_through` is the last
    event of those in which nothing can be erased here.
    """

    details: Mapping[str, int]
    first: int | None
    last: int | None
    elsewhere: Mapping[str, int]
    held: int
    archived_through: int

    @property
    def count(self) -> int:
        return sum(self.details.values())

    @property
    def is_nothing(self) -> bool:
        return not self.count and not self.elsewhere


@dataclass(slots=True)
class Redacted:
    """How many details are gone, and the events that say so."""

    count: int = 0
    events: list[int] = field(default_factory=list)


def prospect(wanted: Wanted) -> Prospect:
    """What `redact` would do now; nothing is changed or recorded. Raises `NotRedacted`."""
    if employed := elsewhere.still_employed(wanted):
        raise NotRedacted(
            f"The account {employed[0]} is active: disable it first, or name fields (--field) or a stretch (--before)."
        )
    details = wanted.details()
    counts = details.order_by("field").values_list("field").annotate(Count("seq"))
    return Prospect(
        details=dict(counts),
        first=details.values_list("seq", flat=True).first(),
        last=details.values_list("seq", flat=True).last(),
        elsewhere=elsewhere.counted(wanted),
        held=wanted.details(held=True).count(),
        archived_through=archived_through(),
    )


def redact(
    wanted: Wanted,
    *,
    actor: Actor,
    reason: Reason,
    ticket: str = "",
    note: str = "",
    progress: Callable[[int], None] = lambda _count: None,
) -> Redacted:
    """
    Erase what is wanted, but for what is on hold, in parts of some thousand details.

    Each part is erased and recorded together or not at all; what is interrupted
    is gone on with by asking again. Raises `NotRedacted`, `NotRecorded`.
    """
    if prospect(wanted).is_nothing:
        raise NotRedacted("There is nothing of it to erase.")
    why = Why(reason=reason, ticket=ticket or None, note=note or None)
    done, fields = Redacted(), set[str]()
    last = 0
    try:
        with scrub.securely():
            while part := _redact_part(wanted, actor, why, after=last, is_first=not done.events):
                seq, details = part
                done.count += len(details)
                done.events.append(seq)
                fields |= {name for _, name in details}
                progress(done.count)
                if len(details) < AT_ONCE:
                    break
                last = details[-1][0]
    finally:
        scrub.scrub(fields)
    return done


def _redact_part(
    wanted: Wanted, actor: Actor, why: Why, *, after: int, is_first: bool
) -> tuple[int, list[Detail]] | None:
    """The next details from this event on, and with the first what other tables keep; None if there is nothing."""
    with recording() as record:
        details = list(wanted.details(after=after).values_list("seq", "field")[:AT_ONCE])
        forgotten = elsewhere.forget(wanted) if is_first else {}
        if not details and not forgotten:
            return None
        recorded = record(event_of(actor, why, details, forgotten))
        _erase(details)
    return recorded.seq, details


def _erase(details: Iterable[Detail]) -> None:
    now = connection.ops.adapt_datetimefield_value(datetime.now(UTC))
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE audit_detail SET value = NULL, salt = NULL, redacted_at = %s WHERE seq = %s AND field = %s",
            [(now, *detail) for detail in details],
        )


def event_of(actor: Actor, why: Why, details: list[Detail], forgotten: Mapping[str, int]) -> Event:
    """It names every detail, so that verification finds what is erased and in no such event."""
    query = {name.replace(".", "_"): ranges_of(seq for seq, each in details if each == name) for _, name in details}
    query |= {name: str(count) for name, count in forgotten.items()}
    return Event(
        type=EventType.AUDIT_REDACTED,
        actor=actor,
        target=Target(kind=TargetKind.AUDIT),
        why=why,
        found=Found.of((f"{seq}/{name}" for seq, name in details), query),
    )


def ranges_of(numbers: Iterable[int]) -> str:
    """`1-4,9` for rising numbers."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(f"{first}-{last}" if first < last else str(first) for first, last in ranges)
