"""Vehicle API v3: list by page, one connection, delete it, purge a user."""

import math
import re
from typing import Any
from urllib.parse import urlencode

from connections.simulator.errors import Kind, Refusal
from connections.simulator.rows import Connection, UserAttributes, timestamp
from connections.simulator.turn import Parameters, Turn
from connections.simulator.wire import Answer, Request, is_uuid, json_answer

_MODES = ("live", "simulated")
_DEFAULT_SIZE, _HIGHEST_SIZE, _HIGHEST_NUMBER = 10, 100, 10**8
_KNOWN = frozenset(
    {
        "filter[userId]",
        "filter[vehicleId]",
        "filter[vehicle.mode]",
        "filter[user.externalId]",
        "page[number]",
        "page[size]",
    }
)
_LIST = re.compile(r"/v3/connections/?")
_ONE = re.compile(r"/v3/(connections|users)/([^/]+)/?")


def route(request: Request) -> None:
    """Raises the refusal for a path or method that v3 does not have."""
    if _LIST.fullmatch(request.path) and request.method == "GET":
        return
    one = _ONE.fullmatch(request.path)
    if not one or request.method not in (("GET", "DELETE") if one[1] == "connections" else ("DELETE",)):
        raise Refusal(Kind.NOT_FOUND)


def is_unscoped_delete(request: Request) -> bool:
    return request.method == "DELETE" and not _ONE.fullmatch(request.path)


def answer(turn: Turn) -> Answer:
    one = _ONE.fullmatch(turn.request.path)
    if one is None:
        return _list(turn)
    if not is_uuid(one[2]):
        raise Refusal(Kind.VALIDATION, detail=({"field": "id", "message": "must be a UUID"},))
    if one[1] == "users":
        return _purge(turn, one[2].lower())
    row = _found(turn, one[2].lower())
    if turn.request.method == "DELETE":
        return _delete(turn, row)
    return json_answer(200, {"data": _item(row, turn)})


def _list(turn: Turn) -> Answer:
    parameters = Parameters(turn.request)
    for name in set(parameters.names) - _KNOWN:
        if name.startswith(("filter", "page")):
            parameters.refuse(name, "is not a parameter of this list")
    filters = {
        "filter[userId]": parameters.identifier("filter[userId]"),
        "filter[vehicleId]": parameters.identifier("filter[vehicleId]"),
        "filter[vehicle.mode]": parameters.choice("filter[vehicle.mode]", _MODES, default="live"),
        "filter[user.externalId]": parameters.text("filter[user.externalId]"),
    }
    number = parameters.number("page[number]", default=1, highest=_HIGHEST_NUMBER)
    size = parameters.number("page[size]", default=_DEFAULT_SIZE, highest=_HIGHEST_SIZE)
    parameters.check()
    rows = turn.world.matching(
        user_id=filters["filter[userId]"],
        vehicle_id=filters["filter[vehicleId]"],
        mode=filters["filter[vehicle.mode]"],
        external_id=filters["filter[user.externalId]"],
    )
    page = rows[(number - 1) * size : number * size]
    if "disconnected-meanwhile" in turn.twists:
        turn.world.remove(page[:1])
    return json_answer(
        200,
        {
            "data": [_item(row, turn) for row in page],
            "meta": {
                "pageNumber": number,
                "pageSize": size if page else 0,  # (C)
                "totalCount": len(rows),
                "orderBy": "createdAt",
                "orderDirection": "DESC",
            },
            "links": _links(turn.request, filters, number, size, math.ceil(len(rows) / size)),
        },
    )


def _links(request: Request, filters: dict[str, str], number: int, size: int, last: int) -> dict[str, str | None]:
    """Absolute and percent-encoded, with the filters that took effect even if they were not sent (C)."""
    given = {name: value for name, value in filters.items() if value}

    def link(page: int) -> str:
        query = urlencode({**given, "page[number]": page, "page[size]": size})
        return f"{request.origin}/v3/connections?{query}"

    return {
        "self": link(number),
        "first": link(1),
        "last": link(max(1, last)),
        "next": link(number + 1) if number < last else None,
        "prev": link(number - 1) if number > 1 else None,
    }


def _item(row: Connection, turn: Turn) -> dict[str, Any]:
    base = f"{turn.request.origin}/v3"
    attributes: dict[str, Any] = {
        "permissions": row.permissions,
        "vehicle": {
            "make": row.make,
            "model": row.model,
            "year": str(row.year) if row.year_is_text else row.year,
            "mode": row.mode,
            "powertrainType": row.powertrain,
        },
    }
    if row.user_attributes is not UserAttributes.ABSENT and "user-absent" not in turn.twists:
        attributes["user"] = _user_attributes(row)
    return {
        "id": "not-a-uuid" if "row-without-uuid" in turn.twists else row.connection_id,
        "type": "connection",
        "attributes": attributes,
        "relationships": {
            "vehicle": {
                "data": {"id": row.vehicle_id, "type": "vehicle"},
                "links": {"related": f"{base}/vehicles/{row.vehicle_id}"},
            },
            "user": {"data": {"id": row.user_id, "type": "user"}},
        },
        "meta": {
            "createdAt": timestamp(row.connected_ms, with_milliseconds=row.has_milliseconds),
            "updatedAt": timestamp(row.updated_ms, with_milliseconds=row.has_milliseconds),
        },
        "links": {"self": f"{base}/connections/{row.connection_id}"},
    }


def _user_attributes(row: Connection) -> dict[str, str | None] | None:
    if row.user_attributes is UserAttributes.NULL:
        return None
    if row.external_id is None and row.user_attributes is UserAttributes.PRESENT:
        return {"id": row.user_id}
    return {"id": row.user_id, "externalId": row.external_id}


def _found(turn: Turn, connection_id: str) -> Connection:
    row = turn.world.shown(connection_id)
    # v3 has no mode `test`: such a connection does not exist for it (D).
    if row is None or row.mode not in _MODES:
        raise Refusal(Kind.NOT_FOUND)
    return row


def _delete(turn: Turn, row: Connection) -> Answer:
    if not turn.world.exists(row):
        raise Refusal(Kind.NOT_FOUND)
    return Answer(status=204, content_type=None, removed=turn.remove([row]))


def _purge(turn: Turn, user_id: str) -> Answer:
    if not turn.world.knows(user_id):
        raise Refusal(Kind.NOT_FOUND)
    return Answer(status=204, content_type=None, removed=turn.purge(user_id))
