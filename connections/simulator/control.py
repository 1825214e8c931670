"""The levers over HTTP, under `/__simulator__/`: JSON in and out; no credentials, rate limit or journal."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from connections.simulator.fault_board import FaultError
from connections.simulator.faults import described
from connections.simulator.levers import Levers
from connections.simulator.rows import MODES, Connection, timestamp
from connections.simulator.wire import Answer, Request, is_uuid, json_answer

PREFIX = "/__simulator__/"

Fields = dict[str, Any]
_IDS = ("user_id", "vehicle_id")
_TEXTS = ("make", "model", "powertrain", "external_id")
_FAULT_FIELDS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "times": (int, type(None)),
    "method": (str, type(None)),
    "generation": (str, type(None)),
    "seconds": (int, float, type(None)),
}


class ControlError(ValueError):
    """A control call that cannot be done as asked."""


def answer(request: Request, levers: Levers) -> Answer:
    name = request.path.removeprefix(PREFIX).strip("/")
    call = _CALLS.get((request.method, name))
    if call is None:
        known = ", ".join(f"{method} {path}" for method, path in _CALLS)
        return json_answer(404, {"error": f"There is no {request.method} {name}. There are: {known}."})
    try:
        return json_answer(200, call(levers, _fields(request)))
    except LookupError as missing:
        return json_answer(404, {"error": str(missing)})
    except (FaultError, ValueError) as problem:
        return json_answer(400, {"error": str(problem)})


def _fields(request: Request) -> Fields:
    try:
        fields = json.loads(request.body) if request.body else {}
    except (ValueError, RecursionError):
        raise ControlError("The body is not JSON.") from None
    if not isinstance(fields, dict):
        raise ControlError("The body must be an object.")
    return fields


def _get_faults(levers: Levers, _fields: Fields) -> Any:
    return {"faults": levers.faults, "known": described()}


def _post_fault(levers: Levers, fields: Fields) -> Any:
    _only(fields, *_FAULT_FIELDS)
    for name, types in _FAULT_FIELDS.items():
        value = fields.get(name)
        if (name in fields and not isinstance(value, types)) or isinstance(value, bool):
            raise ControlError(f"{name} has the wrong type.")
    if not fields.get("name"):
        raise ControlError("name is missing.")
    return levers.fault(fields.pop("name"), **fields)


def _delete_faults(levers: Levers, _fields: Fields) -> Any:
    levers.clear()
    return {}


def _get_requests(levers: Levers, _fields: Fields) -> Any:
    return {"requests": [entry.as_json() for entry in levers.requests]}


def _delete_requests(levers: Levers, _fields: Fields) -> Any:
    levers.clear_requests()
    return {}


def _get_state(levers: Levers, _fields: Fields) -> Any:
    return levers.state


def _reset(levers: Levers, _fields: Fields) -> Any:
    levers.reset()
    return levers.state


def _reconnect(levers: Levers, fields: Fields) -> Any:
    return _said(levers.reconnect(**_pair(fields)))


def _connect(levers: Levers, fields: Fields) -> Any:
    _only(fields, *_IDS, *_TEXTS, "mode", "year", "permissions")
    if any(not _is_good(name, value) for name, value in fields.items()):
        raise ControlError("A field has the wrong type or value.")
    if "permissions" in fields:
        fields["permissions"] = tuple(fields["permissions"])
    return _said(levers.connect(**fields))


def _disconnect(levers: Levers, fields: Fields) -> Any:
    return {"disconnected": levers.disconnect(**_pair(fields))}


def _bucket(levers: Levers, fields: Fields) -> Any:
    _only(fields, "level")
    level = fields.get("level")
    if isinstance(level, bool) or not isinstance(level, int | float):
        raise ControlError("level must be a number.")
    levers.set_bucket(level)
    return levers.state["bucket"]


def _expire_tokens(levers: Levers, _fields: Fields) -> Any:
    levers.expire_tokens()
    return {}


_CALLS: dict[tuple[str, str], Callable[[Levers, Fields], Any]] = {
    ("GET", "faults"): _get_faults,
    ("POST", "faults"): _post_fault,
    ("DELETE", "faults"): _delete_faults,
    ("GET", "requests"): _get_requests,
    ("DELETE", "requests"): _delete_requests,
    ("GET", "state"): _get_state,
    ("POST", "reset"): _reset,
    ("POST", "reconnect"): _reconnect,
    ("POST", "connect"): _connect,
    ("POST", "disconnect"): _disconnect,
    ("POST", "bucket"): _bucket,
    ("POST", "expire-tokens"): _expire_tokens,
}


def _only(fields: Fields, *names: str) -> None:
    unknown = sorted(set(fields) - set(names))
    if unknown:
        raise ControlError(f"Unknown: {', '.join(unknown)}. Known: {', '.join(names)}.")


def _pair(fields: Fields) -> dict[str, str]:
    _only(fields, *_IDS)
    if not all(isinstance(fields.get(name), str) and is_uuid(fields[name]) for name in _IDS):
        raise ControlError("user_id and vehicle_id must be UUIDs.")
    return {name: fields[name] for name in _IDS}


def _is_good(name: str, value: Any) -> bool:
    if name == "permissions":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if name == "year":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "external_id" and value is None:
        return True
    if not isinstance(value, str):
        return False
    return is_uuid(value) if name in _IDS else name != "mode" or value in MODES


def _said(row: Connection) -> Fields:
    return asdict(row) | {"connected_at": timestamp(row.connected_ms)}
