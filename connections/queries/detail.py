"""The detail page of one connection, for at most two requests to Smartcar."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import gettext, gettext_noop

from connections import gateway
from connections.smartcar.client import ConnectionsAPI
from connections.smartcar.errors import NotFound, SmartcarError
from connections.smartcar.types import Connection, Filters, Mode, PairScope

_ROWS = 100
_TOO_MANY = gettext_noop("this user has so many connections that asking would have cost a third request.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """
    One connection with those beside it.

    `others_of_user` and `others_of_vehicle` are None where asking would have
    cost a third request. `details_missing` says why make and permissions are
    not known.
    """

    connection: Connection
    others_of_user: tuple[Connection, ...] | None = None
    others_of_vehicle: tuple[Connection, ...] | None = None
    details_missing: str = ""


def detail_of_pair(pair: PairScope, mode: str | None) -> Detail | None:
    """
    The connection of this user to this vehicle, or None if Smartcar has none; `mode` is the likely one.

    The first request lists the user's connections, which finds this one and the
    user's others at once; the second, the vehicle's, or what v2 does not tell.
    A wrong guess of the mode costs that second request, and so does a user with
    more connections than one page holds; both at once cost a third, since "gone"
    must never be a guess. Raises `SmartcarError`.
    """
    api = gateway.api()
    for attempt, asked in enumerate(gateway.modes_to_ask(mode)):
        detail = _detail_in_mode(api, pair, asked)
        if detail is not None:
            is_paid_for = attempt or detail.others_of_user is None
            return detail if is_paid_for else _with_second_request(detail, api)
    return None


def detail_of_connection(connection_id: UUID) -> Detail | None:
    """The connection with this v3 id, or None. Raises `SmartcarError`, `Unsupported` without v3."""
    try:
        connection = gateway.read_connection(connection_id)
    except NotFound:
        return None
    return _with_second_request(Detail(connection=connection), gateway.api())


def _with_second_request(detail: Detail, api: ConnectionsAPI) -> Detail:
    """What the page also shows; if it cannot be read, the page says less instead of failing."""
    connection, details = detail.connection, gateway.details_api()
    try:
        if connection.permissions is None and details is not None and connection.mode in (Mode.LIVE, Mode.SIMULATED):
            return _described(detail, details)
        mode = Mode(connection.mode) if connection.mode in set(Mode) else None
        if mode is None and not api.capabilities.lists_all_modes:
            return detail
        rows, is_whole = _listed(api, Filters(vehicle_id=connection.vehicle_id, mode=mode))
    except SmartcarError as problem:
        return replace(detail, details_missing=problem.sentence if connection.permissions is None else "")
    others = tuple(each for each in rows if each.user_id != connection.user_id)
    return replace(detail, others_of_vehicle=others if is_whole else None)


def _described(detail: Detail, details: ConnectionsAPI) -> Detail:
    """Make, model and permissions from v3 for a connection that v2 listed."""
    pair = detail.connection.pair
    mode = Mode(detail.connection.mode or Mode.LIVE)
    rows, _ = _listed(details, Filters(user_id=pair.user_id, vehicle_id=pair.vehicle_id, mode=mode))
    told = _pick(rows, pair)
    if told is None:
        return replace(detail, details_missing=gettext("Smartcar's vehicle API does not list this connection."))
    return replace(detail, connection=replace(told, connected_at=detail.connection.connected_at))


def _detail_in_mode(api: ConnectionsAPI, pair: PairScope, mode: Mode | None) -> Detail | None:
    mine, is_whole = _listed(api, Filters(user_id=pair.user_id, mode=mode))
    if found := _pick(mine, pair):
        return Detail(connection=found, others_of_user=tuple(each for each in mine if each.pair != pair))
    if is_whole:
        return None
    # A user with more connections than one page holds: ask for the pair itself.
    rows, _ = _listed(api, Filters(user_id=pair.user_id, vehicle_id=pair.vehicle_id, mode=mode))
    found = _pick(rows, pair)
    return (
        Detail(connection=found, details_missing=gettext(_TOO_MANY) if gateway.details_api() else "") if found else None
    )


def _listed(api: ConnectionsAPI, filters: Filters) -> tuple[tuple[Connection, ...], bool]:
    """The rows of one page, and whether that is all there are."""
    page = gateway.read_page(filters, limit=_ROWS, via=api).page
    return page.connections, page.next_cursor is None


def _pick(connections: tuple[Connection, ...], pair: PairScope) -> Connection | None:
    return next((each for each in connections if each.pair == pair), None)
