"""What a person concludes where reading again could not: it is gone, or it was not revoked. Never sends anything."""

from collections.abc import Iterable, Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from connections.audit.events import Actor, EventType, Status, Why
from connections.audit.ledger import recording
from connections.models import Item, Operation, State
from connections.revocations.conclude import event_of, settle
from connections.revocations.errors import NotReconciled, Unreadable
from connections.revocations.lease import leased
from connections.revocations.look import look
from connections.revocations.reasons import SEEN_BY_PERSON
from connections.revocations.tally import needing_person
from connections.smartcar.errors import AllowanceSpent, SmartcarError
from connections.smartcar.types import PairScope


class Conclusion(TextChoices):
    GONE = "gone", gettext_lazy("It is gone: Smartcar no longer has it")
    NOT_APPLIED = "not_applied", gettext_lazy("It was not revoked: the connection is still there")


_GONE = (State.SEEN_GONE, Status.SEEN_GONE)
# What was never sent did not go by our doing.
_GONE_UNSENT = (State.ALREADY_GONE, Status.ALREADY_GONE)
# A user of whom no connection was listed cannot be seen gone, by a person neither.
_PURGED = (State.PURGED, Status.SUCCESS)
_NOT_APPLIED = (State.FAILED, Status.FAILED)
_FAILURES = {
    Conclusion.GONE: SEEN_BY_PERSON,
    Conclusion.NOT_APPLIED: gettext_noop("A person looked and found it still there."),
}


def reconcile(operation_id: UUID, *, actor: Actor, conclusion: Conclusion, note: str, request_id: UUID) -> bool:
    """
    Close what needs a person, each connection that no look could tell of, with who concluded it and how they know.

    What a list can tell is read once more first, and counts for more than their
    word: that stands where Smartcar does not answer, or no list tells. Gives
    whether it was the list that told of all that was open; what they said is
    recorded with it. Raises `NotReconciled` if it does not need a person, or no
    longer, or if Smartcar still lists what is said to be gone; `AllowanceSpent`,
    `NotRecorded`.
    """
    with leased(operation_id) as lease:
        operation = Operation.objects.select_related("preview").get(pk=operation_id)
        if lease is None and operation.needs_person:
            raise NotReconciled(gettext("It is being looked at just now. Try again in a moment."))
        if lease is None or not operation.needs_person:
            raise NotReconciled(gettext("It does not wait for a person, or no longer."))
        said = Why(reason=f"said_{conclusion}", ticket=operation.ticket, note=note)
        present = _look(operation, actor, said, request_id)
        still_open = list(operation.items.filter(needing_person()))
        if conclusion is Conclusion.GONE and present & {item.pair for item in still_open}:
            raise NotReconciled(_still_listed())
        if still_open:
            word = replace(said, reason=None)
            _conclude(operation, still_open, conclusion, actor=actor, why=word, request_id=request_id)
    return not still_open


def _still_listed() -> str:
    return gettext(
        "Smartcar lists it at this moment, so it is not gone. "
        "It can be closed as not revoked, and then be revoked again."
    )


def _look(operation: Operation, actor: Actor, said: Why, request_id: UUID) -> AbstractSet[PairScope | None]:
    """Conclude what a look can, and give what it shows; nothing where Smartcar, or our own row, does not tell."""
    try:
        present = look(operation, actor=actor, request_id=request_id, counts=False, why=said)
    except AllowanceSpent:
        raise
    except (SmartcarError, Unreadable):
        return frozenset()
    return {each.pair for each in present}


def _conclude(
    operation: Operation,
    still_open: Iterable[Item],
    conclusion: Conclusion,
    *,
    actor: Actor,
    why: Why,
    request_id: UUID,
) -> None:
    """Of what the look has left open; what only waits to be sent still goes by itself."""
    with recording() as record:
        at = datetime.now(UTC)
        for item in still_open:
            item.state, status = _concluded(item, conclusion)
            item.save(update_fields=["state"])
            concluded = (EventType.REVOCATION_RECONCILED, status)
            at = record(event_of(concluded, operation, item, actor=actor, request_id=request_id, why=why)).at
        settle(operation, now=at)
        operation.failure = "" if operation.state == State.PURGED else _FAILURES[conclusion]
        operation.save(update_fields=["failure"])


def _concluded(item: Item, conclusion: Conclusion) -> tuple[State, Status]:
    if conclusion is Conclusion.NOT_APPLIED:
        return _NOT_APPLIED
    if item.pair is None:
        return _PURGED
    return _GONE_UNSENT if item.state == State.INTENDED else _GONE
