"""Step 4: commit what Smartcar answered, or keep it on disk if that fails."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import Error
from django.db.models import QuerySet

from connections.audit.events import Actor, Event, EventType, Found, Outcome
from connections.audit.ledger import NotRecorded, recording
from connections.models import Item, Operation, State
from connections.revocations import spool
from connections.revocations.classify import Verdict
from connections.revocations.kept import Kept
from connections.revocations.progress import (
    ACCEPTED,
    UNSETTLED,
    Followed,
    is_all_gone,
    look_after,
    needs_person,
    next_look,
    state_of_all,
)
from connections.revocations.scope import target_of_request

logger = logging.getLogger(__name__)
_NAMED_IN_AN_ALARM = 100
_WRITTEN_BY_SEVERAL = ("accepted", "alarm", "failure", "completed_at", "seen_gone_at")


class OutcomeNotRecorded(NotRecorded):
    """It was sent, but what came of it could not be recorded; `is_kept` says whether the answer waits in the spool."""

    def __init__(self, operation: Operation, *, is_kept: bool) -> None:
        super().__init__("Sent, but Smartcar's answer could not be recorded.")
        self.operation = operation
        self.is_kept = is_kept


def complete(
    operation: Operation, items: Sequence[Item], actor: Actor, verdict: Verdict, request_id: UUID | None
) -> None:
    """
    Commit the outcome and bring the operation's rows up to it.

    Raises `OutcomeNotRecorded` when the database fails: then the answer waits on disk.
    """
    try:
        record_answer(operation, items, actor, verdict, request_id, items[0].attempts)
    except (NotRecorded, Error) as problem:
        is_kept = _keep(operation, items, verdict, request_id)
        raise OutcomeNotRecorded(operation, is_kept=is_kept) from problem


def be_due(operation: Operation, at: datetime) -> None:
    operation.due_at = at
    operation.save(update_fields=["due_at"])


def number_of(operation: Operation, items: Sequence[Item]) -> int | None:
    """An event about one connection of several says which; one about all of them does not."""
    is_one_of_several = len(items) == 1 and operation.preview.count != 1 and _has_several(operation)
    return items[0].position if is_one_of_several else None


def _has_several(operation: Operation) -> bool:
    """By its items, where what was shown cannot be counted."""
    return operation.preview.count > 1 or operation.items.count() > 1


def catch_up(operation: Operation) -> None:
    """With what another process wrote since this one read the row: it slept, or Smartcar took its time."""
    operation.refresh_from_db(fields=_WRITTEN_BY_SEVERAL)


def bring_up_to_items(operation: Operation, *, now: datetime, wait: timedelta | None = None) -> None:
    """Save what its items make of it now: its state, when all was seen gone, its next look or the call for a person."""
    rows = operation.items.order_by().values_list("state", "may_still_go", "looks", "look_at").distinct()
    items = [Followed(state, may_still_go, looks, look_at) for state, may_still_go, looks, look_at in rows]
    states = {item.state for item in items}
    operation.state = state_of_all(states)
    if is_all_gone(states):
        operation.seen_gone_at = operation.seen_gone_at or now
    if operation.state != State.AWAITING_APPROVAL:  # else it is due when nobody has decided in time
        operation.due_at = now + wait if wait else next_look(items, now=now)
    operation.needs_person = needs_person(items)
    operation.save(update_fields=["state", "seen_gone_at", "due_at", "needs_person"])


def record_answer(  # noqa: PLR0917 - what an answer is, who records it, and what it answers
    operation: Operation,
    items: Sequence[Item],
    actor: Actor,
    verdict: Verdict,
    request_id: UUID | None,
    attempt: int,
    answered_at: datetime | None = None,
) -> None:
    """
    The answer to this attempt as an event, and the rows brought up to it.

    `answered_at` is for one that waited: else it came now. Raises `NotRecorded`, `django.db.Error`.
    """
    event = Event(
        type=EventType.REVOCATION_COMPLETED,
        actor=actor,
        target=target_of_request(operation, items),
        outcome=Outcome(
            status=verdict.status,
            http=verdict.http,
            smartcar_request_id=verdict.smartcar_request_id,
            ms=verdict.milliseconds,
            attempt=attempt,
            expected=sum(1 for item in items if item.pair),
            removed=verdict.removed,
            alarm=verdict.alarm or None,
            answered_at=answered_at,
        ),
        operation=operation.id,
        item=number_of(operation, items),
        request=request_id,
        cause=operation.intended_seq,
    )
    with recording() as record:
        catch_up(operation)
        completed = record(event)
        if verdict.alarm:
            record(replace(event, type=EventType.REVOCATION_ALARMED, found=_removed_in_error(verdict)))
        settled = _unsettled(items, attempt, verdict).update(
            state=_state_after(verdict, items),
            may_still_go=False,
            answered_gone=verdict.answered_gone,
            # The schedule of what was sent begins with its answer.
            looks=0,
            good_looks=0,
            look_at=look_after(0, now=completed.at),
        )
        operation.accepted += _accepted(items, attempt) if verdict.state is State.SUCCEEDED else 0
        if settled and not _explains_more(operation, items, verdict):
            operation.failure = verdict.failure[:200]
        _copy_answer(operation, verdict, answered_at or completed.at)
        bring_up_to_items(operation, now=completed.at, wait=verdict.wait)


def _accepted(items: Iterable[Item], attempt: int) -> int:
    """Those that are gone by this answer, also where reading or a person told so before it came."""
    return Item.objects.filter(pk__in=[item.pk for item in items], attempts=attempt, state__in=ACCEPTED).count()


def _state_after(verdict: Verdict, items: Sequence[Item]) -> State:
    """That a user is gone of whom no connection was listed, no list can show: accepted is all there is to know."""
    is_purged = verdict.state is State.SUCCEEDED and not items[0].pair
    return State.PURGED if is_purged else verdict.state


def _removed_in_error(verdict: Verdict) -> Found:
    """Which they were, as far as an event can hold them; the digest is of all of them."""
    named = " ".join(verdict.extra[:_NAMED_IN_AN_ALARM])
    return Found.of(verdict.extra, {"removed": named})


def _unsettled(items: Iterable[Item], attempt: int, verdict: Verdict) -> QuerySet[Item]:
    """
    Those that the answer to this attempt may still settle: what reading again has found in the meantime is newer.

    Only what reading cannot prove for good gives way to a late success: that nothing was applied, or what became of a
    purge.
    """
    states = UNSETTLED if verdict.state == State.SUCCEEDED else {State.ATTEMPTED}
    return Item.objects.filter(pk__in=[item.pk for item in items], attempts=attempt, state__in=states)


def _explains_more(operation: Operation, items: Sequence[Item], verdict: Verdict) -> bool:
    """
    Whether the sentence that is there is still needed, for another connection.

    A refusal stays one; what is not known gives way to any other failure, and not to a success.
    """
    others = operation.items.exclude(pk__in=[item.pk for item in items])
    is_no_failure = verdict.state in {State.SUCCEEDED, State.INTENDED}
    explained = (State.FAILED, State.UNKNOWN, State.ATTEMPTED) if is_no_failure else (State.FAILED,)
    return bool(operation.failure) and others.filter(state__in=explained).exists()


def _copy_answer(operation: Operation, verdict: Verdict, at: datetime) -> None:
    operation.completed_at = at
    operation.http = verdict.http
    operation.smartcar_request_id = (verdict.smartcar_request_id or "")[:100]
    operation.alarm = operation.alarm or verdict.alarm[:200]
    operation.save(update_fields=["completed_at", "http", "smartcar_request_id", "failure", "alarm", "accepted"])


def _keep(operation: Operation, items: Sequence[Item], verdict: Verdict, request_id: UUID | None) -> bool:
    """Whether the answer is on disk now."""
    answer = Kept(
        operation=operation.id,
        verdict=verdict,
        items=tuple(item.position for item in items),
        attempt=items[0].attempts,
        request=request_id,
        answered_at=datetime.now(UTC),
    )
    try:
        spool.keep(answer)
    except OSError:
        # The operation stays "sent, no answer recorded", which is true, and is read again.
        logger.exception("Smartcar's answer to operation %s could not be kept: %s", operation.id, answer.as_json())
        return False
    return True
