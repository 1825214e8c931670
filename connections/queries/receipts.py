"""What a customer may be told about a revocation: from its events, without the names of staff and their notes."""

import base64
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext, gettext_noop

from connections import times
from connections.audit.checkpoints import NotCheckpointed
from connections.audit.events import EventType, Status
from connections.audit.proofs import proofs_of
from connections.models import AuditEvent, Operation, ScopeKind, State
from connections.queries.operation_words import is_not_known, is_partly_sent
from connections.queries.table import car_of
from connections.revocations.clock import DONE, GONE
from connections.revocations.preview import connections_of, is_readable
from connections.revocations.restore import is_archived
from connections.smartcar.types import Connection

_TOLD = (EventType.REVOCATION_COMPLETED, EventType.REVOCATION_RECONCILED, EventType.REVOCATION_SEEN_GONE)
_WHY_NOT: Mapping[str, str] = {
    State.AWAITING_APPROVAL: gettext_noop("It waits for another person, and nothing was sent."),
    State.CANCELLED: gettext_noop("It was not approved, so nothing was removed."),
    State.INTENDED: gettext_noop("It has not been sent."),
    State.ATTEMPTED: gettext_noop("It was sent, and it is not known yet whether it was done."),
    State.SUCCEEDED: gettext_noop(
        "Smartcar accepted it, and it has not been seen gone yet. There is a receipt once it is."
    ),
    State.PARTLY_REVOKED: gettext_noop(
        "None of its connections has been seen gone yet. There is a receipt once one is."
    ),
    State.FAILED: gettext_noop("Nothing of it was revoked."),
    State.UNKNOWN: gettext_noop("It is not known yet whether it was done."),
    State.SUPERSEDED: gettext_noop("The owner connected again in the meantime, and that connection was not touched."),
}
_PARTLY_SENT = gettext_noop("A part of it has not been sent yet. There is a receipt once all of it was.")
_NOT_KNOWN = gettext_noop("Smartcar does not know a user with this id, so nothing was deleted.")
_UNREADABLE = gettext_noop("What was shown before it cannot be read, and a receipt names what that was.")
_NO_SUCH_STATE = gettext_noop("This version has no words for where it stands, so nobody is told that it is done.")
_ARCHIVED = gettext_noop("Its events are archived, and a receipt is made from them. Have them brought back first.")


logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Witness:
    """An event of the audit log that says so: its place and its leaf."""

    what: str
    seq: int
    leaf: str


@dataclass(frozen=True, slots=True)
class Proven:
    """The checkpoint that the log was signed with for this receipt, and by it a proof for each event, to be printed."""

    origin: str
    size: int
    root: str
    proofs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """One connection that is gone, or without a vehicle the user; times are exact, in UTC, empty for what is not."""

    car: str
    vehicle_id: str
    connection_id: str
    connected: str
    accepted: str
    smartcar_request_id: str
    seen_gone: str
    is_seen_by_person: bool
    concluded: str
    found_gone: str
    witnesses: tuple[Witness, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """
    One operation as its customer may see it; nothing is proven when no checkpoint could be made just now.

    `connections` counts those that are gone, `left` what was asked for and is not confirmed as gone; `else_asked` says
    that Smartcar was sent a purge.
    """

    operation_id: str
    ticket: str
    received: str
    asked: str
    else_asked: bool
    removals: tuple[Removal, ...]
    connections: int
    left: int
    proven: Proven | None
    issued: str


def why_no_receipt(operation: Operation) -> str:
    """A sentence, or nothing if there is a receipt, if only for the part of it that is gone."""
    if why_not := _why_nothing_is_gone(operation):
        return gettext(why_not)
    if not is_readable(operation.preview):
        return gettext(_UNREADABLE)
    return gettext(_ARCHIVED) if is_archived(operation) else ""


def _why_nothing_is_gone(operation: Operation) -> str:
    if operation.state == State.PARTLY_REVOKED and operation.items.filter(state__in=GONE).exists():
        return ""
    if is_partly_sent(operation):
        return _PARTLY_SENT
    if is_not_known(operation):
        return _NOT_KNOWN
    return _WHY_NOT.get(operation.state, "" if operation.state in DONE else _NO_SUCH_STATE)


def receipt_of(operation: Operation) -> Receipt:
    """Raises ValueError for an operation that `why_no_receipt` has a sentence for."""
    if why_no_receipt(operation):
        raise ValueError(f"There is no receipt for operation {operation.pk}.")
    connections = connections_of(operation.preview)
    items = operation.items.filter(position__lt=len(connections), vehicle_id__isnull=False)
    gone = items.filter(state__in=GONE).values_list("position", flat=True)
    told = _told_by_number(operation)
    # Of a vehicle's several users each gets this paper, and none learns the ids of the others.
    is_for_several = operation.scope == ScopeKind.VEHICLE and len(connections) > 1
    removals = tuple(
        _removal(connections[number], told(number), has_connection_id=not is_for_several) for number in gone
    )
    purged = () if connections else (_removal(None, told(0), has_connection_id=False),)
    return Receipt(
        operation_id=str(operation.id),
        ticket=operation.ticket,
        received=times.day(operation.received_at) if operation.received_at else "",
        asked=times.exact(operation.asked_at),
        else_asked=operation.scope == ScopeKind.PURGE and operation.attempted_at is not None,
        removals=removals + purged,
        connections=len(removals),
        left=len(connections) - len(removals),
        proven=_proven({witness.seq: witness.leaf for each in removals + purged for witness in each.witnesses}),
        issued=times.exact(datetime.now(UTC)),
    )


def _told_by_number(operation: Operation) -> Callable[[int], list["_Told"]]:
    """What the events say of the connection of a number, oldest first; some are about all of them."""
    about: dict[int | None, list[_Told]] = {}
    for row in AuditEvent.objects.filter(operation=str(operation.id), type__in=_TOLD).order_by("seq"):
        told = _Told(row)
        about.setdefault(told.item, []).append(told)
    return lambda number: sorted(about.get(number, []) + about.get(None, []), key=lambda told: told.row.seq)


class _Told:
    """An event and what it says of one connection, or of all."""

    def __init__(self, row: AuditEvent) -> None:
        self.row = row
        body: Mapping[str, Any] = json.loads(row.body)
        self.item: int | None = body.get("item")
        self.outcome: Mapping[str, Any] = body.get("outcome", {})
        # What a person said where a read told has a reason beside it.
        self.is_word = body["actor"]["kind"] == "staff" and "why" in body and "reason" not in body["why"]

    def says(self, type_: EventType, *statuses: Status) -> bool:
        return self.row.type == type_ and self.row.outcome in statuses

    @property
    def at(self) -> str:
        """When it was; an answer that was recorded late says so itself."""
        answered_at = self.outcome.get("answered_at")
        return times.exact(datetime.fromisoformat(answered_at) if answered_at else self.row.at)


def _removal(connection: Connection | None, told: list[_Told], *, has_connection_id: bool) -> Removal:
    accepted = _last(each for each in told if each.says(EventType.REVOCATION_COMPLETED, Status.SUCCESS))
    concluded = _last(each for each in told if each.says(EventType.REVOCATION_RECONCILED, Status.SEEN_GONE))
    seen = concluded or _last(each for each in told if each.says(EventType.REVOCATION_SEEN_GONE, Status.SEEN_GONE))
    gone = _last(each for each in told if each.row.outcome == Status.ALREADY_GONE)
    purged = _last(each for each in told if each.is_word and each.says(EventType.REVOCATION_RECONCILED, Status.SUCCESS))
    witnesses = {
        gettext("Accepted by Smartcar"): accepted,
        gettext("Seen gone"): seen,
        gettext("Concluded by a person"): purged,
        gettext("Found already gone"): gone,
    }
    return Removal(
        car=f"{car_of(connection)} {connection.year or ''}".strip() if connection else "",
        vehicle_id=str(connection.vehicle_id) if connection else "",
        connection_id=str(connection.connection_id or "") if connection and has_connection_id else "",
        connected=times.exact(connection.connected_at) if connection and connection.connected_at else "",
        accepted=accepted.at if accepted else "",
        smartcar_request_id=str(accepted.outcome.get("smartcar_request_id", "")) if accepted else "",
        seen_gone=seen.at if seen else "",
        is_seen_by_person=concluded is not None or (gone is not None and gone.is_word),
        concluded=purged.at if purged else "",
        found_gone=gone.at if gone else "",
        witnesses=tuple(
            Witness(what, each.row.seq, bytes(each.row.leaf).hex())
            for what, each in witnesses.items()
            if each is not None
        ),
    )


def _last(told: Iterable[_Told]) -> _Told | None:
    return next(reversed(list(told)), None)


def _proven(leaves: Mapping[int, str]) -> Proven | None:
    """What is gone is gone: a receipt without its proof is better than none, and it says so."""
    try:
        made, proofs = proofs_of(sorted(leaves))
    except NotCheckpointed:
        logger.exception("A receipt goes without its proof.")
        return None
    printed = tuple(f"event {seq}\nleaf {leaves[seq]}\n{proof}" for seq, proof in proofs.items())
    return Proven(made.origin, made.size, base64.b64encode(made.root).decode(), printed)
