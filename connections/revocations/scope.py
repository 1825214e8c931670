"""What a revocation is about, and the set of connections it covers right now."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TypeAlias

from django.db.models import Q

from connections import gateway
from connections.audit.events import Target, TargetKind
from connections.budget import for_deeds
from connections.models import Item, Operation, ScopeKind
from connections.revocations.snapshot import restored
from connections.smartcar.paging import read_whole
from connections.smartcar.types import Connection, Filters, Mode, PairScope, Purge, Scope, UserScope, VehicleScope

# What a deed may be about: a scope of connections, or a user as a whole.
Subject: TypeAlias = Scope | Purge

# As `target.id` it tells the purge of a user from the revocation of all their connections.
PURGED = "purge"
_ROWS = 100
_KINDS = {Purge: ScopeKind.PURGE, PairScope: ScopeKind.PAIR, UserScope: ScopeKind.USER, VehicleScope: ScopeKind.VEHICLE}
_TARGETS = {
    ScopeKind.PAIR: TargetKind.CONNECTION,
    ScopeKind.USER: TargetKind.USER,
    ScopeKind.VEHICLE: TargetKind.VEHICLE,
    ScopeKind.PURGE: TargetKind.USER,
}


def kind_of(scope: Subject) -> ScopeKind:
    return _KINDS[type(scope)]


def covered_now(scope: Subject, modes: Iterable[Mode | None]) -> tuple[Connection, ...]:
    """
    The connections the scope covers in these modes, read from Smartcar now, past every cache.

    A pair is in one mode only, so the first that has it ends the search.
    Raises `SmartcarError`.
    """
    api = gateway.api()
    found: list[Connection] = []
    with for_deeds():
        for mode in modes:
            filters = filters_of(scope, mode)
            found.extend(read_whole(partial(api.every, filters, limit=_ROWS), api.generation))
            if found and isinstance(scope, PairScope):
                break
    return tuple(found)


def modes_of(connections: Iterable[Connection]) -> tuple[Mode | None, ...]:
    """
    The modes to read again for connections that were seen: those they had, since a mode does not change.

    All of them as soon as one row did not say, or said something new: a mode that
    is not read is no proof that a connection is gone.
    """
    seen = {each.mode for each in connections}
    askable = gateway.modes_to_ask()
    if not seen or not seen <= set(askable):
        return askable
    return tuple(mode for mode in askable if mode in seen)


def unlisted(connections: Sequence[Connection]) -> frozenset[int]:
    """Where in these those stand that no list has, whatever mode it is asked for: v2 had one more mode than v3."""
    askable = gateway.modes_to_ask()
    if None in askable:
        return frozenset()
    known = set(Mode) - set(askable)
    return frozenset(position for position, each in enumerate(connections) if each.mode in known)


def read_before_deed(scope: Subject, shown: Iterable[Connection]) -> tuple[Connection, ...]:
    """
    What the scope covers now, to be held against what was shown.

    A pair keeps its mode. What else a user or a vehicle has was perhaps connected
    since, and in a mode that was not among those shown. Raises `SmartcarError`.
    """
    return covered_now(scope, modes_of(shown) if isinstance(scope, PairScope) else gateway.modes_to_ask())


def requests_to_read(shown: Iterable[Connection], *, every_mode: bool) -> int:
    """
    Of connections that were shown: each mode may be a list of its own, and each list has a last page.

    Where one list has all modes, it is one list.
    """
    if None in gateway.modes_to_ask():
        return 1 + sum(1 for _ in shown) // _ROWS
    counts = Counter(each.mode for each in shown)
    pages = sum(1 + count // _ROWS for count in counts.values())
    if every_mode or None in counts or not counts:
        return pages + len(set(gateway.modes_to_ask()) - counts.keys())
    return pages


def requests_before_deed(scope: Subject, shown: Iterable[Connection]) -> int:
    """What `read_before_deed` asks for if nothing changed."""
    return requests_to_read(shown, every_mode=not isinstance(scope, PairScope))


def filters_of(scope: Subject, mode: Mode | None) -> Filters:
    return Filters(user_id=getattr(scope, "user_id", None), vehicle_id=getattr(scope, "vehicle_id", None), mode=mode)


def rows_about(scope: Subject) -> Q:
    """The condition for our own rows (previews, operations) of exactly this scope."""
    return Q(
        scope=kind_of(scope),
        user_id=getattr(scope, "user_id", None),
        vehicle_id=getattr(scope, "vehicle_id", None),
    )


def scope_of(row: Operation) -> Subject:
    """The scope that an operation's row holds. Raises `ValueError` if it was written over."""
    match ScopeKind(row.scope):
        case ScopeKind.PAIR if row.user_id and row.vehicle_id:
            return PairScope(row.user_id, row.vehicle_id)
        case ScopeKind.USER if row.user_id:
            return UserScope(row.user_id)
        case ScopeKind.PURGE if row.user_id:
            return Purge(row.user_id)
        case ScopeKind.VEHICLE if row.vehicle_id:
            return VehicleScope(row.vehicle_id)
    raise ValueError(f"Operation {row.pk} has no ids for its scope.")


def target_of(scope: Subject, connections: Sequence[Connection] = ()) -> Target:
    """The audit log's snapshot; of a single connection it holds all that is known, and a purge says that it is one."""
    if isinstance(scope, PairScope) and len(connections) == 1:
        return target_of_connection(connections[0])
    return Target(
        kind=_TARGETS[kind_of(scope)],
        id=PURGED if isinstance(scope, Purge) else None,
        user=getattr(scope, "user_id", None),
        vehicle=getattr(scope, "vehicle_id", None),
    )


def target_of_row(operation: Operation, connections: Sequence[Connection] = ()) -> Target:
    """Of its scope; where somebody wrote one that there is none of, by the ids that are left in the row."""
    try:
        return target_of(scope_of(operation), connections)
    except ValueError:
        kind = TargetKind.USER if operation.user_id else TargetKind.VEHICLE
        return Target(kind=kind, user=operation.user_id, vehicle=operation.vehicle_id)


def is_sent_at_once(operation: Operation) -> bool:
    """Whether one DELETE takes all that the scope covers at that moment, and not each connection by its id."""
    return operation.scope == ScopeKind.PURGE or gateway.capabilities().deletes_by_scope


def target_of_request(operation: Operation, items: Sequence[Item]) -> Target:
    """What a DELETE names: the whole scope where one takes all of it, however few are left of what was shown."""
    if operation.scope != ScopeKind.PAIR and is_sent_at_once(operation):
        return target_of_row(operation)
    return target_of_items(operation, items)


def target_of_items(operation: Operation, items: Sequence[Item]) -> Target:
    """The one connection as it was shown, or the scope if it is about several."""
    if len(items) == 1 and items[0].pair:
        return _target_of_item(operation, items[0])
    return target_of_row(operation)


def _target_of_item(operation: Operation, item: Item) -> Target:
    """Where somebody wrote what was shown, what the item itself knows of it."""
    try:
        return target_of_connection(restored(operation.preview.connections[item.position]))
    except (AttributeError, LookupError, TypeError, ValueError):
        return Target(
            kind=TargetKind.CONNECTION,
            user=item.user_id,
            vehicle=item.vehicle_id,
            connection=item.connection_id,
            connected_at=item.connected_at,
        )


def target_of_connection(connection: Connection) -> Target:
    return Target(
        kind=TargetKind.CONNECTION,
        user=connection.user_id,
        vehicle=connection.vehicle_id,
        connection=connection.connection_id,
        mode=connection.mode,
        connected_at=connection.connected_at,
        make=connection.make,
        model=connection.model,
        year=connection.year,
        permissions=connection.permissions,
    )
