"""Look before the deed: read what would go, store exactly that for this person, and record that it was shown."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from connections import gateway
from connections.audit.events import Actor, Control, Event, EventType, Found
from connections.audit.ledger import recording
from connections.budget import refuse_without
from connections.ids import uuid7
from connections.models import Operation, Preview
from connections.revocations.errors import Unreadable
from connections.revocations.scope import Subject, covered_now, kind_of, rows_about, target_of
from connections.revocations.snapshot import digest_of, restored, stored
from connections.smartcar.errors import SmartcarError
from connections.smartcar.types import Connection, Filters, Mode, PairScope, Purge

_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Shown:
    """
    A stored preview with its connections as values; `preview` is None when there is nothing to revoke.

    A user can be purged of whom no connection is listed.
    """

    preview: Preview | None
    connections: tuple[Connection, ...]


def preview(*, actor: Actor, scope: Subject, mode: str | None, request_id: UUID) -> Shown:
    """
    Read what the scope covers now and store it as shown to this person; `mode` is the likely one.

    Raises `SmartcarError`, or `NotRecorded` (then nothing may be shown).
    """
    modes = gateway.modes_to_ask(mode)
    refuse_without(1 if isinstance(scope, PairScope) else len(modes))
    connections = covered_now(scope, modes)
    if not connections and not isinstance(scope, Purge):
        return Shown(None, ())
    digest = digest_of(connections)
    if isinstance(scope, PairScope):
        connections = tuple(_with_details(each) for each in connections)
    with recording() as record:
        row = Preview.objects.create(
            id=uuid7(after=_newest_id()),
            digest=digest,
            actor_id=actor.id or "",
            scope=kind_of(scope),
            user_id=getattr(scope, "user_id", None),
            vehicle_id=getattr(scope, "vehicle_id", None),
            connections=[stored(each) for each in connections],
        )
        record(
            Event(
                type=EventType.REVOCATION_PREVIEWED,
                actor=actor,
                target=target_of(scope, connections),
                control=Control(preview=digest),
                found=Found.of(each.connection_id or f"{each.user_id}/{each.vehicle_id}" for each in connections),
                request=request_id,
            )
        )
    return Shown(row, connections)


def _newest_id() -> UUID | None:
    """Call it under the ledger's lock: ids tell which was shown, or asked for, last, whatever the clock says."""
    return Preview.objects.order_by("-id").values_list("id", flat=True).first()


def last_preview(*, actor: Actor, scope: Subject, digest: str) -> Preview | None:
    """What this person was shown last under this digest, which may be any text that somebody sent."""
    if not _DIGEST.fullmatch(digest):
        return None
    rows = Preview.objects.filter(rows_about(scope), digest=digest, actor_id=actor.id or "")
    found = rows.order_by("-id").first()
    return found if found and is_readable(found) else None


def connections_of(row: Preview) -> tuple[Connection, ...]:
    """Raises `Unreadable` for what is not as `stored` keeps it."""
    if not isinstance(row.connections, list):
        raise Unreadable
    try:
        return tuple(restored(kept) for kept in row.connections)
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise Unreadable from problem


def is_readable(row: Preview) -> bool:
    """Nothing but writing into the database makes a preview that is not."""
    try:
        connections_of(row)
    except Unreadable:
        return False
    return True


def last_operation(scope: Subject) -> Operation | None:
    """The newest operation on exactly this scope, by anyone."""
    return Operation.objects.filter(rows_about(scope)).order_by("-id").first()


def forget_old_previews(before: datetime) -> None:
    """What was shown and led to no operation; that it was shown stays in the audit log."""
    Preview.objects.filter(operation=None, shown_at__lt=before).delete()


def _with_details(connection: Connection) -> Connection:
    """Make, model and permissions, where another generation knows them; from the cache if seen a moment ago."""
    details = gateway.details_api()
    if connection.permissions is not None or details is None or connection.mode not in (Mode.LIVE, Mode.SIMULATED):
        return connection
    filters = Filters(user_id=connection.user_id, vehicle_id=connection.vehicle_id, mode=Mode(connection.mode))
    try:
        rows = gateway.read_page(filters, limit=10, via=details).page.connections
    except SmartcarError:
        return connection  # they decorate the deed, they must not prevent it
    return _decorated(connection, rows[0]) if rows else connection


def _decorated(connection: Connection, told: Connection) -> Connection:
    return replace(
        connection,
        make=told.make,
        model=told.model,
        year=told.year,
        powertrain=told.powertrain,
        permissions=told.permissions,
    )
