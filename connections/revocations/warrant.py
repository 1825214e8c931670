"""
Whether the audit log bears out what is about to be sent.

The rows of an operation are for work and can be written by whoever has the
database's password; the events cannot be changed. What leaves for Smartcar is
held against them once more: that this was intended, exactly these connections,
and that as many others granted it as the policy wants.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from connections.audit.archived import archived_through
from connections.audit.events import EventType
from connections.models import AuditEvent, Item, Operation, ScopeKind
from connections.revocations import policy
from connections.revocations.intent import items_of
from connections.revocations.preview import connections_of, is_readable
from connections.revocations.progress import OPEN
from connections.revocations.reasons import Reason
from connections.revocations.scope import scope_of, target_of
from connections.revocations.snapshot import digest_of
from connections.smartcar.types import Connection, PairScope

_SUBJECT = ("kind", "id", "user", "vehicle")


def is_borne_out(operation: Operation) -> bool:
    """By the intent, which names the set by its digest, the subject, and the grants."""
    intended = _event(operation, operation.intended_seq, EventType.REVOCATION_INTENDED)
    if intended is None or not is_readable(operation.preview):
        return False
    connections = connections_of(operation.preview)
    is_same_set = _is_of(intended, operation, connections) and not altered_items(operation)
    needed = _needed(operation, len(connections), intended).approvals
    is_granted = not needed or (_is_as_asked(operation, intended) and _grants(operation, intended) >= needed)
    return is_same_set and is_granted


def is_set_borne_out(operation: Operation) -> bool:
    """
    Whether its rows are still about what was intended; True of a settled one whose events are archived.

    The event is found by the operation it names, and not by a number that can be written into the row. What is open
    is never archived.
    """
    if not is_readable(operation.preview):
        return False
    told = AuditEvent.objects.filter(operation=str(operation.id), type=EventType.REVOCATION_INTENDED)
    body = told.order_by("seq").values_list("body", flat=True).first()
    if body is None:
        is_open = operation.items.filter(Q(state__in=OPEN) | Q(may_still_go=True)).exists()
        return archived_through() > 0 and not is_open
    return _is_of(json.loads(body), operation, connections_of(operation.preview))


def altered_items(operation: Operation) -> list[int]:
    """Positions at which the item's row names another connection than the preview does."""
    kept = {item.position: _identity(item) for item in operation.items.all()}
    shown = {item.position: _identity(item) for item in items_of(operation)}
    return [position for position, identity in shown.items() if kept.get(position, identity) != identity]


def _identity(item: Item) -> tuple[UUID | datetime | None, ...]:
    return item.user_id, item.vehicle_id, item.connection_id, item.connected_at


def _is_of(intended: Mapping[str, Any], operation: Operation, connections: Sequence[Connection]) -> bool:
    """Whether the row still names the subject that was intended, its preview the very set, and its items each of it."""
    try:
        scope = scope_of(operation)
    except ValueError:
        return False
    if isinstance(scope, PairScope) and any(each.pair != scope for each in connections):
        return False
    if not _has_an_item_for_each(operation, connections):
        return False
    subject = target_of(scope, connections)
    is_same_subject = all(_text(getattr(subject, name)) == intended["target"].get(name) for name in _SUBJECT)
    return is_same_subject and bool(intended["control"]["preview"] == digest_of(connections))


def _has_an_item_for_each(operation: Operation, connections: Sequence[Connection]) -> bool:
    """And no other; a purge without a connection has the one of its user."""
    return set(operation.items.values_list("position", flat=True)) == set(range(len(connections) or 1))


def _needed(operation: Operation, connections: int, intended: Mapping[str, Any]) -> policy.Requirement:
    """By the rules as they are, or, for what was intended under earlier ones, as it was recorded then."""
    if intended["control"]["policy"]["version"] != policy.VERSION:
        return policy.Requirement(intended["control"]["policy"]["tier"])
    reason = Reason(intended["why"]["reason"])
    return policy.requirement(scope=ScopeKind(operation.scope), connections=connections, reason=reason)


def _is_as_asked(operation: Operation, intended: Mapping[str, Any]) -> bool:
    """The intent was written from the rows, which may have been changed while the request waited."""
    asked = AuditEvent.objects.filter(operation=str(operation.id), type=EventType.APPROVAL_REQUESTED).order_by("seq")
    body = asked.values_list("body", flat=True).first()
    return body is not None and _request(json.loads(body)) == _request(intended)


def _request(told: Mapping[str, Any]) -> tuple[Any, ...]:
    return told["actor"]["id"], told["target"], told["why"]["reason"], told["why"]["ticket"], told["control"]["preview"]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _grants(operation: Operation, intended: Mapping[str, Any]) -> int:
    """Of others than who asked, each with an event of its own about the same set."""
    asked_by, preview = intended["actor"]["id"], intended["control"]["preview"]
    grants = (
        _event(operation, each["seq"], EventType.APPROVAL_GRANTED) for each in intended["control"].get("approvals", [])
    )
    others = {each["actor"]["id"] for each in grants if each and each["control"]["preview"] == preview}
    return len(others - {asked_by})


def _event(operation: Operation, seq: int | None, type_: EventType) -> dict[str, Any] | None:
    told = AuditEvent.objects.filter(seq=seq or 0, operation=str(operation.id), type=type_)
    body = told.values_list("body", flat=True).first()
    return json.loads(body) if body else None
