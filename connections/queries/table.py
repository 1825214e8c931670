"""The table: Smartcar's rows, and beside each what we did to it, as text that a template only writes down."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from connections import gateway, times
from connections.models import Item, State
from connections.queries import paging, totals
from connections.queries.operation_words import Badge, badge_of_state
from connections.smartcar.errors import InvalidRequest
from connections.smartcar.types import Connection, Filters, Mode, PairScope

# While an operation is in one of these states, its connection may still be listed.
_UNSETTLED = (State.AWAITING_APPROVAL, State.INTENDED, State.ATTEMPTED, State.SUCCEEDED, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Row:
    """One connection as the table shows it; everything is text, so that a row costs next to nothing."""

    user_id: str
    vehicle_id: str
    mode: str
    car: str
    year: str
    connected: str
    connected_exact: str
    connected_iso: str
    url: str
    revoke_url: str
    operation_url: str
    badge: Badge | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPage:
    """A page of the table and the URLs around it; `restarted` when the page asked for had expired."""

    rows: tuple[Row, ...]
    filters: Filters
    read_ago: str
    first_url: str
    newer_url: str | None
    older_url: str | None
    total: int | None
    restarted: bool
    has_details: bool

    @property
    def count(self) -> int:
        return len(self.rows)


def connection_page(filters: Filters, *, limit: int, token: str) -> tuple[ConnectionPage, tuple[Connection, ...]]:
    """
    One page for one request to Smartcar at most, and the connections it shows (for the record of who saw them).

    A token that has expired, that Smartcar refuses, or that leads past the end
    starts again from the first page once. Raises `SmartcarError`.
    """
    try:
        place = paging.place_of(token, filters, limit)
        reading, restarted = _read(place, filters, limit), False
    except paging.PlaceExpired:
        token, place, restarted = paging.FIRST, paging.Place(None, None), True
        reading = _read(place, filters, limit)
    older = paging.token_after(token, reading.page, filters, limit)
    now = datetime.now(UTC)
    page = ConnectionPage(
        rows=rows_of(reading.page.connections, now),
        filters=filters,
        read_ago=times.relative(reading.read_at, now),
        first_url=list_url(filters, limit),
        newer_url=None if place.newer is None else list_url(filters, limit, place.newer),
        older_url=None if older is None else list_url(filters, limit, older),
        total=reading.page.total,
        restarted=restarted,
        has_details=gateway.capabilities().knows_details,
    )
    return page, reading.page.connections


def _read(place: paging.Place, filters: Filters, limit: int) -> gateway.Reading:
    """Raises `PlaceExpired` where only the first page can help, `SmartcarError` otherwise."""
    asked_at = datetime.now(UTC)
    try:
        reading = gateway.read_page(filters, limit=limit, cursor=place.cursor)
    except InvalidRequest as problem:
        if place.cursor is None:
            raise
        raise paging.PlaceExpired from problem
    if place.newer is None and reading.read_at > asked_at:
        totals.remember(filters, reading)
    if place.cursor and not reading.page.connections and reading.page.next_cursor is None:
        raise paging.PlaceExpired  # its rows were removed meanwhile, which does not make the list empty
    return reading


def list_url(filters: Filters, limit: int, token: str = paging.FIRST) -> str:
    """The URL that shows this page again."""
    asked = {
        "user_id": filters.user_id,
        "vehicle_id": filters.vehicle_id,
        "mode": filters.mode,
        "limit": limit,
    }
    query = {name: str(value) for name, value in asked.items() if value is not None}
    return f"{reverse('connection-list')}?{urlencode({**query, **({'cursor': token} if token else {})})}"


def narrowed_url(*, user_id: UUID | None = None, vehicle_id: UUID | None = None, mode: str | None) -> str:
    """The table for one user or one vehicle; without a mode that Smartcar knows, the usual one."""
    known = Mode(mode) if mode in set(Mode) else None
    return list_url(Filters(user_id=user_id, vehicle_id=vehicle_id, mode=known), paging.DEFAULT_SIZE)


def rows_of(connections: Iterable[Connection], now: datetime) -> tuple[Row, ...]:
    """Rows with the truth about what we did to them beside what Smartcar lists."""
    connections = tuple(connections)
    base = reverse("connection-list")
    unsettled = _unsettled(connections)
    return tuple(_row(each, base, unsettled.get(each.pair) if unsettled else None, now) for each in connections)


def shown_rows(connections: Iterable[Connection], now: datetime) -> tuple[Row, ...]:
    """Rows of what was shown earlier, without what became of it since."""
    base = reverse("connection-list")
    return tuple(_row(each, base, None, now) for each in connections)


def row_of(connection: Connection, item: Item | None) -> Row:
    """One row alone, after a deed on it."""
    return _row(connection, reverse("connection-list"), item, datetime.now(UTC))


def pair_url(user_id: UUID, vehicle_id: UUID, mode: str | None) -> str:
    """The detail page; knowing the mode saves it a request in v3."""
    return f"{reverse('connection-list')}{user_id}/{vehicle_id}/{f'?mode={mode}' if mode in set(Mode) else ''}"


def row_selector(row: Row) -> str:
    """CSS for its row in the table, by its link: an id of its own would cost a hundred rows half a kilobyte."""
    return f'tr:has(a[href="{row.url}"])'


def _row(connection: Connection, base: str, item: Item | None, now: datetime) -> Row:
    user, vehicle = str(connection.user_id), str(connection.vehicle_id)
    at = connection.connected_at
    query = f"?mode={connection.mode}" if connection.mode else ""
    return Row(
        user_id=user,
        vehicle_id=vehicle,
        mode=connection.mode or "",
        car=car_of(connection),
        year=str(connection.year or ""),
        connected=times.relative(at, now) if at else "",
        connected_exact=times.exact(at) if at else "",
        connected_iso=times.iso(at) if at else "",
        url=f"{base}{user}/{vehicle}/{query}",
        revoke_url=f"{base}{user}/{vehicle}/revoke/{query}",
        operation_url=reverse("operation-detail", args=[item.operation_id]) if item else "",
        badge=badge_of_state(item.state) if item else None,
    )


def car_of(connection: Connection) -> str:
    """`Tesla Model 3`; makes that come in capitals are made readable, short ones (BMW) are left."""
    make = connection.make or ""
    if make.isupper() and len(make) > 3:
        make = make.title()
    return f"{make} {connection.model or ''}".strip()


def _unsettled(connections: tuple[Connection, ...]) -> dict[PairScope, Item]:
    """What our newest unsettled operation did to each pair, unless the pair was connected anew since."""
    users = {each.user_id for each in connections}
    items = list(Item.objects.filter(user_id__in=users, state__in=_UNSETTLED).order_by("pk"))
    connected_at = {each.pair: each.connected_at for each in connections} if items else {}
    found: dict[PairScope, Item] = {}
    for item in items:
        pair = item.pair
        if pair in connected_at and connected_at[pair] == item.connected_at:
            found[pair] = item
    return found
