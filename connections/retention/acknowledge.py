"""Name openly what was erased by hand, before there was a command for it: without an event verification refuses it."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from connections.audit.events import Actor, EventType, Why
from connections.audit.ledger import recording
from connections.audit.verifier.verify import erased_ranges, parsed
from connections.models import AuditDetail, AuditEvent
from connections.retention.redact import AT_ONCE, NotRedacted, Reason, Redacted, event_of
from connections.retention.wanted import Detail


def acknowledge(*, actor: Actor, reason: Reason, ticket: str = "", note: str = "") -> Redacted:
    """Record events that name every detail which is erased and in none yet. Raises `NotRedacted`, `NotRecorded`."""
    why = Why(reason=reason, ticket=ticket or None, note=note or None)
    done = Redacted()
    while details := _acknowledge_part(actor, why, done):
        done.count += len(details)
    if not done.events:
        raise NotRedacted("Every detail that is erased is named by an event.")
    return done


def _acknowledge_part(actor: Actor, why: Why, done: Redacted) -> list[Detail]:
    with recording() as record:
        details = list(islice(_unnamed(), AT_ONCE))
        if details:
            done.events.append(record(event_of(actor, why, details, {"acknowledged": len(details)})).seq)
    return details


def _unnamed() -> Iterator[Detail]:
    """In the order of the log."""
    ranges: dict[str, list[tuple[int, int]]] = {}
    bodies = AuditEvent.objects.filter(type=EventType.AUDIT_REDACTED).values_list("body", flat=True)
    for body in bodies.iterator():
        for name, first, last in erased_ranges(parsed(body)):
            ranges.setdefault(name, []).append((first, last))
    for each in ranges.values():
        each.sort()
    erased = AuditDetail.objects.filter(redacted_at__isnull=False).order_by("seq", "field")
    for seq, name in erased.values_list("seq", "field").iterator():
        if not _is_within(seq, ranges.get(name, [])):
            yield seq, name


def _is_within(seq: int, ranges: list[tuple[int, int]]) -> bool:
    place = bisect_right(ranges, (seq, 2**63)) - 1
    return place >= 0 and ranges[place][1] >= seq
