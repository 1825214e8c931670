"""What the tests of the client are made of: ids, rows as Smartcar sends them, clocks that obey."""

from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import UUID

from connections.smartcar.client import Smartcar
from connections.smartcar.types import Filters, Mode

MakeSmartcar: TypeAlias = Callable[..., Smartcar]

USER = UUID("11111111-1111-4111-8111-111111111111")
VEHICLE = UUID("22222222-2222-4222-8222-222222222222")
CONNECTION = UUID("33333333-3333-4333-8333-333333333333")
LIVE = Filters(mode=Mode.LIVE)
EVERYTHING = Filters()

MANAGEMENT_TOKEN = "token-of-tests"
CLIENT_ID = "client_tests"
CLIENT_SECRET = "s3cret"


def v2_row(**more: Any) -> dict[str, Any]:
    return {
        "userId": str(USER),
        "vehicleId": str(VEHICLE),
        "connectedAt": "2026-03-01T10:20:30.456Z",
        "mode": "live",
    } | more


def v2_list(*rows: Any, cursor: str | None = None) -> dict[str, Any]:
    return {"connections": list(rows), "paging": {"cursor": cursor}}


def v3_item(**more: Any) -> dict[str, Any]:
    return {
        "id": str(CONNECTION),
        "type": "connection",
        "attributes": {
            "permissions": ["read_odometer", "control_security"],
            "vehicle": {
                "make": "TESLA",
                "model": "Model S",
                "year": 2020,
                "mode": "live",
                "powertrainType": "BEV",
            },
            "user": {"id": str(USER), "externalId": "crm-1182"},
        },
        "relationships": {
            "vehicle": {"data": {"id": str(VEHICLE), "type": "vehicle"}},
            "user": {"data": {"id": str(USER), "type": "user"}},
        },
        "meta": {"createdAt": "2025-05-03T02:45:45.349Z", "updatedAt": "2026-06-21T02:56:21Z"},
    } | more


def v3_list(*items: Any, total: int | None = None, following: str | None = None) -> dict[str, Any]:
    return {
        "data": list(items),
        "meta": {
            "pageNumber": 1,
            "pageSize": len(items),
            "totalCount": len(items) if total is None else total,
        },
        "links": {"self": "https://elsewhere.test/", "next": following, "prev": None},
    }


class Naps:
    """A sleep that takes no time and remembers what it was asked for."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
