"""Record what was concluded of an operation's connections, and bring its row up to them."""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.utils.translation import gettext_noop

from connections.audit.events import Actor, Event, EventType, Outcome, Status, Why
from connections.audit.ledger import recording
from connections.models import Item, Operation, State
from connections.revocations import tally
from connections.revocations.finding import NOT_APPLIED, Finding
from connections.revocations.lease import Lease
from connections.revocations.outcome import bring_up_to_items, catch_up, number_of
from connections.revocations.progress import OPEN
from connections.revocations.scope import target_of_items, target_of_row

logger = logging.getLogger(__name__)
TAMPERED = gettext_noop("This is not as the audit log has it, so nothing was sent.")
ALTERED = gettext_noop("What it covers is not as the audit log has it, so reading concludes nothing.")
# While some are concluded every other writer waits, so not all of a large set at once.
_AT_ONCE = 100


def conclude(
    operation: Operation,
    findings: Sequence[tuple[Item, Finding]],
    *,
    actor: Actor,
    request_id: UUID | None,
    counted: Iterable[Item] = (),
    lease: Lease | None = None,
    why: Why | None = None,
) -> None:
    """
    Record them, a bounded number in a transaction, and settle the operation with the last.

    Ended in between, it is still due, and the next look finds the rest. What
    another process has concluded in the meantime stays, and so does the rest to one that has the lease by then.
    """
    starts = range(0, len(findings), _AT_ONCE) or (0,)
    for start in starts:
        if start and lease and not lease.renew():
            return
        with recording() as record:
            at = datetime.now(UTC)
            for item, finding in findings[start : start + _AT_ONCE]:
                if not _becomes(item, finding):
                    continue
                for concluded in finding.events:
                    at = record(event_of(concluded, operation, item, actor=actor, request_id=request_id, why=why)).at
            if start == starts[-1]:
                tally.save(operation, counted)
                settle(operation, now=at)


def _becomes(item: Item, finding: Finding) -> bool:
    """Whether it still was as it was looked at."""
    as_looked_at = Item.objects.filter(pk=item.pk, state=item.state)
    return as_looked_at.update(state=finding.state, may_still_go=finding.may_still_go) == 1


def give_up_unsent(operation: Operation, *, actor: Actor, because: str) -> None:
    """What was not sent will not be: nobody waits for it any more, or it is no longer what was shown."""
    with recording() as record:
        at = datetime.now(UTC)
        for item in operation.items.filter(state=State.INTENDED):
            item.state = State.FAILED
            item.save(update_fields=["state"])
            at = record(event_of(NOT_APPLIED.events[0], operation, item, actor=actor, request_id=None)).at
        operation.failure = because
        operation.save(update_fields=["failure"])
        settle(operation, now=at)


def withhold(operation: Operation, *, actor: Actor) -> None:
    """The rows ask for what the audit log does not bear out: somebody wrote them. Nothing is sent, and it alarms."""
    _alarm(operation, TAMPERED, actor=actor)
    give_up_unsent(operation, actor=actor, because=TAMPERED)


def conclude_nothing(operation: Operation, *, actor: Actor) -> None:
    """What was shown is not what its preview holds: reading would tell of something else. A person is called."""
    if operation.alarm != ALTERED:
        _alarm(operation, ALTERED, actor=actor)
    tally.give_up_all(operation)
    settle(operation, now=datetime.now(UTC))


def settle(operation: Operation, *, now: datetime) -> None:
    """Bring the operation's row up to its items, with its next look or the call for a person."""
    catch_up(operation)
    states = set(operation.items.values_list("state", flat=True))
    if not OPEN & states:
        operation.completed_at = operation.completed_at or now
    if states <= {State.SEEN_GONE, State.ALREADY_GONE}:
        operation.failure = ""  # that an answer did not tell, or refused one of them, is no news any more
    operation.save(update_fields=["completed_at", "failure"])
    bring_up_to_items(operation, now=now)


def _alarm(operation: Operation, alarm: str, *, actor: Actor) -> None:
    logger.critical("Operation %s: %s", operation.pk, alarm)
    with recording() as record:
        record(
            Event(
                type=EventType.REVOCATION_ALARMED,
                actor=actor,
                target=target_of_row(operation),
                outcome=Outcome(status=Status.REFUSED, alarm=alarm),
                operation=operation.id,
            )
        )
        operation.alarm = operation.alarm or alarm
        operation.save(update_fields=["alarm"])


def event_of(
    concluded: tuple[EventType, Status],
    operation: Operation,
    item: Item,
    *,
    actor: Actor,
    request_id: UUID | None,
    why: Why | None = None,
) -> Event:
    """That this was concluded of one connection, in the cause of the intent."""
    type_, status = concluded
    return Event(
        type=type_,
        actor=actor,
        target=target_of_items(operation, [item]),
        why=why,
        outcome=Outcome(status=status),
        operation=operation.id,
        item=number_of(operation, [item]),
        request=request_id,
        cause=operation.intended_seq,
    )
