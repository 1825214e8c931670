"""Management API v2.0: list by cursor, delete by user, vehicle or both."""

import re
from typing import Any

from connections.simulator.cursors import CursorError, CursorSeal, Place
from connections.simulator.errors import Kind, Refusal
from connections.simulator.rows import MODES, Connection, timestamp
from connections.simulator.turn import Parameters, Turn
from connections.simulator.wire import Answer, Pair, Request, json_answer
from connections.simulator.world import after

_DEFAULT_LIMIT, _HIGHEST_LIMIT = 10, 100
# Both forms answer without a redirect (S).
_PATH = re.compile(r"/v2\.0/management/connections/?")


def route(request: Request) -> None:
    """Raises the refusal for a path, version or method that v2.0 does not have."""
    version = re.match(r"/v([0-9][0-9.]*)(/|$)", request.path)
    if version and version[1] != "2.0":
        raise Refusal(Kind.VERSION)
    if not _PATH.fullmatch(request.path) or request.method not in ("GET", "DELETE"):
        raise Refusal(Kind.NOT_FOUND)


def is_unscoped_delete(request: Request) -> bool:
    """A DELETE that names nobody: whatever else is wrong with it, it must never leave a client."""
    if request.method != "DELETE":
        return False
    return not any(value for name, value in request.parameters if name in ("user_id", "vehicle_id"))


def answer(turn: Turn, seal: CursorSeal) -> Answer:
    return _delete(turn) if turn.request.method == "DELETE" else _list(turn, seal)


def _list(turn: Turn, seal: CursorSeal) -> Answer:
    parameters = Parameters(turn.request)
    user_id, vehicle_id = parameters.identifier("user_id"), parameters.identifier("vehicle_id")
    mode = parameters.choice("mode", MODES)
    limit = parameters.number("limit", default=_DEFAULT_LIMIT, highest=_HIGHEST_LIMIT)
    cursor = parameters.text("cursor")
    query = f"{user_id} {vehicle_id} {mode} {limit}"
    place = _place(parameters, seal, cursor, query, turn)
    parameters.check()

    rows = turn.world.matching(user_id=user_id, vehicle_id=vehicle_id, mode=mode)
    start = after(rows, place.connected_ms, place.connection_id) if place else 0
    end = start + (1 if "single-row-pages" in turn.twists else limit)
    page = rows[start:end]
    following = seal.seal(_place_of(page[-1]), query) if end < len(rows) else None
    if "repeated-cursor" in turn.twists and cursor:
        following = cursor
    body: dict[str, Any] = {"connections": [_row(row, turn) for row in page]}
    return json_answer(200, body | _paging(following, turn))


def _place_of(row: Connection) -> Place:
    return Place(row.connected_ms, row.connection_id)


def _place(parameters: Parameters, seal: CursorSeal, cursor: str, query: str, turn: Turn) -> Place | None:
    if not cursor:
        return None
    if "cursor-expired" in turn.twists:
        parameters.refuse("cursor", "has expired")
        return None
    try:
        return seal.open(cursor, query)
    except CursorError as refused:
        parameters.refuse("cursor", str(refused))
        return None


def _row(row: Connection, turn: Turn) -> dict[str, str]:
    vehicle_id = "not-a-uuid" if "row-without-uuid" in turn.twists else row.vehicle_id
    ids = {"vehicleId": vehicle_id, "userId": row.user_id}
    if row.is_old or "created-at-rows" in turn.twists:
        return ids | {"createdAt": timestamp(row.connected_ms)}
    return ids | {"connectedAt": timestamp(row.connected_ms), "mode": row.mode}


def _paging(cursor: str | None, turn: Turn) -> dict[str, Any]:
    """The end of a list is told in three ways (D, S); the two rarer ones are faults to switch on."""
    if cursor is None and "paging-missing" in turn.twists:
        return {}
    if cursor is None and "paging-empty" in turn.twists:
        return {"paging": {}}
    extra = {"count": 1, "offset": None} if "paging-extra" in turn.twists else {}
    return {"paging": {"cursor": cursor, **extra}}


def _delete(turn: Turn) -> Answer:
    parameters = Parameters(turn.request)
    user_id, vehicle_id = parameters.identifier("user_id"), parameters.identifier("vehicle_id")
    if not user_id and not vehicle_id:
        parameters.refuse("user_id", "user_id or vehicle_id is required")
    parameters.check()
    if user_id and "ignored-vehicle-id" in turn.twists:
        vehicle_id = ""
    found = turn.world.existing(user_id=user_id, vehicle_id=vehicle_id)
    other = _newest_other(turn, found)
    removed = turn.remove(found)
    said = _said([row.pair for row in found], other, turn)
    rows = [{"userId": user, "vehicleId": car} for user, car in said]
    return json_answer(200, {"connections": rows}, removed=removed)


def _newest_other(turn: Turn, found: list[Connection]) -> Pair | None:
    ids = {row.connection_id for row in found}
    rows = turn.world.matching()
    return next((row.pair for row in rows if row.connection_id not in ids), None)


def _said(pairs: list[Pair], other: Pair | None, turn: Turn) -> list[Pair]:
    """What the answer claims was deleted, which under a fault is not what was."""
    if "deleted-but-empty" in turn.twists:
        return []
    if "missing-pair" in turn.twists:
        return pairs[:-1]
    if "extra-pair" in turn.twists and other:
        return [*pairs, other]
    return pairs
