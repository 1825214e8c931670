"""
JSON Lines of the Open Cybersecurity Schema Framework, for SIEMs; the last line is the export's own end.

What the schema has no place for stands in `unmapped`, by its name in our body.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connections.audit.delivery import Delivery
from connections.audit.entries import ERASED
from connections.audit.events import EventType, Status
from connections.audit.formats.lines import to_the_end
from connections.audit.formats.native import File
from connections.audit.formats.ocsf_classes import VERSION, Kind, OcsfClass, kind_of
from connections.audit.formats.reading import Reading, readings, said
from connections.audit.selection import Block
from connections.audit.verifier.verify import part

NAME = "events.ocsf.jsonl"
PRODUCT = "Smartcar connections dashboard"
_VENDOR = "Self-hosted"
_INFORMATIONAL, _LOW, _MEDIUM, _HIGH = 1, 2, 3, 4
_SUCCEEDED = {Status.SUCCESS, Status.SEEN_GONE, Status.ALREADY_GONE}
_FAILED = {Status.FAILED, Status.REFUSED}
# Types that are a failure, or want attention, whatever else their body says.
_FAILURES = {EventType.AUTH_SIGN_IN_FAILED, EventType.ACCESS_REFUSED, EventType.SYSTEM_SELFCHECK_FAILED}
_SEVERITIES = {
    EventType.AUTH_SIGN_IN_FAILED: _LOW,
    EventType.ACCESS_REFUSED: _LOW,
    EventType.REVOCATION_ALARMED: _HIGH,
    EventType.SYSTEM_SELFCHECK_FAILED: _HIGH,
}
_MAPPED = frozenset({"id", "type", "at", "seq", "actor", "prev", "v"})
_ENCODED = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def files(delivery: Delivery) -> Iterator[File]:
    yield NAME, to_the_end(delivery, _lines_of)


def _lines_of(block: Block) -> bytes:
    return "".join(f"{_ENCODED(ocsf_event(reading))}\n" for reading in readings(block)).encode()


def ocsf_event(reading: Reading) -> dict[str, Any]:
    """One event of ours as one of theirs. What an altered log holds instead of an event is said to be unreadable."""
    body = reading.body or {"type": "unreadable", "at": "1970-01-01T00:00:00.000000Z", "id": str(reading.seq)}
    kind = kind_of(body["type"])
    return {
        **_classification(kind),
        "severity_id": _severity(body),
        "time": _milliseconds(body["at"]),
        "message": said(reading),
        **_status(body),
        "metadata": _metadata(body, reading.seq),
        "actor": _actor(body, reading.name),
        **_OWN[kind.ocsf_class](body, kind),
        "unmapped": _unmapped(body, reading),
    }


def _classification(kind: Kind) -> dict[str, Any]:
    return {
        "category_uid": kind.ocsf_class.category,
        "class_uid": int(kind.ocsf_class),
        "activity_id": int(kind.activity),
        "activity_name": kind.name,
        "type_uid": kind.ocsf_class * 100 + int(kind.activity),
    }


def _severity(body: Mapping[str, Any]) -> int:
    outcome = part(body, "outcome")
    if outcome.get("alarm"):
        return _HIGH
    if outcome.get("status") == Status.UNKNOWN:
        return _MEDIUM
    return _SEVERITIES.get(body["type"], _INFORMATIONAL)


def _status(body: Mapping[str, Any]) -> dict[str, Any]:
    """Success 1, failure 2, any other 99 by its own name; nothing where nothing could succeed or fail."""
    status = part(body, "outcome").get("status")
    if status in _FAILED or body["type"] in _FAILURES:
        return {"status_id": 2, "status": "Failure", "status_detail": status or "failed"}
    if status in _SUCCEEDED:
        return {"status_id": 1, "status": "Success", "status_detail": status}
    return {"status_id": 99, "status": status} if status else {}


def _milliseconds(at: str) -> int:
    """Since 1970, cut; the exact text stands in `metadata.original_time`."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:  # in an altered log
        return 0
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def _metadata(body: Mapping[str, Any], seq: int) -> dict[str, Any]:
    correlation = body.get("operation") or body.get("request")
    return {
        "version": VERSION,
        "product": {"name": PRODUCT, "vendor_name": _VENDOR, "version": str(body.get("app", ""))},
        "uid": body["id"],
        "original_event_uid": body["id"],
        "event_code": body["type"],
        "original_time": body["at"],
        "sequence": seq,
        "log_name": str(body.get("instance", "")),
        **({"correlation_uid": correlation} if correlation else {}),
    }


def _actor(body: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    """A person, or what acted in nobody's name."""
    actor = part(body, "actor")
    if actor.get("kind") in ("system", "command"):
        return {"application": {"name": str(actor.get("id") or PRODUCT)}, **({"user": {"name": name}} if name else {})}
    session = actor.get("session")
    return {"user": _user(body), **({"session": {"uid": session}} if session else {})}


def _user(body: Mapping[str, Any]) -> dict[str, Any]:
    actor = part(body, "actor")
    user = {"uid": actor.get("id"), "name": actor.get("name")}
    known = {key: str(value) for key, value in user.items() if value} or {"name": "unknown"}
    roles = actor.get("roles")
    return {**known, **({"groups": [{"name": str(role)} for role in roles]} if isinstance(roles, list) else {})}


def _source(body: Mapping[str, Any]) -> dict[str, Any]:
    """Where it came from: the address of a browser, or else the process that recorded it."""
    address = part(body, "actor").get("ip")
    if address and address != ERASED:
        return {"ip": str(address)}
    return {"svc_name": str(body.get("instance") or PRODUCT)}


def _authentication(body: Mapping[str, Any], _: Kind) -> dict[str, Any]:
    auth = part(body, "actor").get("auth")
    factor = auth.get("second_factor") if isinstance(auth, dict) else None
    return {
        "user": _user(body),
        "service": {"name": PRODUCT},
        "src_endpoint": _source(body),
        "is_remote": True,
        "is_mfa": bool(factor),
    }


def _api_activity(body: Mapping[str, Any], _: Kind) -> dict[str, Any]:
    outcome = part(body, "outcome")
    code = outcome.get("http")
    is_smartcars = body["type"].startswith(("connection.", "revocation."))
    return {
        "api": {
            "operation": body["type"],
            "service": {"name": "Smartcar" if is_smartcars else PRODUCT},
            "request": {"uid": str(body.get("request") or body["id"])},
            **({"response": {"code": code}} if isinstance(code, int) else {}),
        },
        "src_endpoint": _source(body),
        **_resources(body),
    }


def _resources(body: Mapping[str, Any]) -> dict[str, Any]:
    entity = _entity(body)
    return {"resources": [entity]} if entity else {}


def _entity_management(body: Mapping[str, Any], _: Kind) -> dict[str, Any]:
    comment = part(body, "why").get("note")
    entity = _entity(body) or {"name": body["type"].partition(".")[0], "type": "audit"}
    return {"entity": entity, **({"comment": str(comment)} if comment else {})}


def _entity(body: Mapping[str, Any]) -> dict[str, Any]:
    """What it was done to, named by the most exact of its ids."""
    target = part(body, "target")
    pair = "/".join(str(target[name]) for name in ("user", "vehicle") if target.get(name))
    uid = target.get("connection") or target.get("id") or pair
    if not uid:
        return {}
    described = " ".join(str(target[name]) for name in ("make", "model", "year") if target.get(name))
    return {"uid": str(uid), "type": str(target.get("kind", "")), **({"name": described} if described else {})}


def _unmapped(body: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """All of the body that stands nowhere else, and the leaf by which the event is found in a proof."""
    return {
        "seq": reading.seq,
        "leaf": reading.leaf,
        "actor_kind": part(body, "actor").get("kind", ""),
        **{name: value for name, value in body.items() if name not in _MAPPED},
    }


_OWN = {
    OcsfClass.AUTHENTICATION: _authentication,
    OcsfClass.API_ACTIVITY: _api_activity,
    OcsfClass.ENTITY_MANAGEMENT: _entity_management,
}
