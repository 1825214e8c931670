"""Management API v2.0: lists by cursor in all modes at once, deletes by pair, user or vehicle."""

import base64
from collections.abc import Iterator
from typing import NoReturn
from uuid import UUID

from connections.smartcar.answers import read_json_object
from connections.smartcar.errors import Exchange, InvalidRequest, Unreadable, Unsupported
from connections.smartcar.messages import Answer, Request
from connections.smartcar.paging import follow, require_limit
from connections.smartcar.rows import Misshapen, at, read_management_row, read_removed_pair, read_rows
from connections.smartcar.transport import Transport
from connections.smartcar.types import (
    Capabilities,
    Connection,
    Deletion,
    Filters,
    Generation,
    Page,
    PairScope,
    Scope,
    UserScope,
    VehicleScope,
)

PATH = "/v2.0/management/connections"
_LONGEST_CURSOR = 4096


class ManagementAPI:
    """The connections of the application, known by the management token."""

    generation = Generation.V2
    capabilities = Capabilities(
        lists_all_modes=True,
        knows_total=False,
        knows_details=False,
        has_connection_ids=False,
        deletes_by_scope=True,
        goes_back=False,
    )

    def __init__(self, transport: Transport, *, origin: str, token: str) -> None:
        self._transport = transport
        self._url = origin.rstrip("/") + PATH
        # The user name is the literal word "default".
        encoded = base64.b64encode(f"default:{token}".encode()).decode()
        self._authorization = f"Basic {encoded}"
        self._secrets = (token, encoded)

    def page(self, filters: Filters, *, limit: int, cursor: str | None = None) -> Page:
        """One page: one request. Raises `SmartcarError`."""
        require_limit(limit)
        if cursor and not _is_cursor(cursor):
            # As Smartcar would refuse it, for less.
            raise InvalidRequest(
                "The cursor is none of Smartcar's.", Exchange(method="GET", generation=self.generation)
            )
        answer = self._transport.read(self._request("GET", self._url, _list_params(filters, limit, cursor)))
        content = read_json_object(answer)
        try:
            return Page(
                connections=read_rows(content.get("connections"), read_management_row),
                next_cursor=_cursor(content.get("paging")),
                request_id=answer.request_id,
            )
        except Misshapen as error:
            raise _unreadable(answer, error) from error

    def every(self, filters: Filters, *, limit: int = 100) -> Iterator[Page]:
        """Pages to the end of the list. Raises `SmartcarError`."""
        return follow(lambda cursor: self.page(filters, limit=limit, cursor=cursor), self.generation)

    def connection(self, _: UUID) -> NoReturn:
        """Raises `Unsupported`: v2.0 knows connections by user and vehicle only."""
        raise Unsupported("Smartcar's API v2.0 has no connection ids.")

    def delete_connection(self, connection: Connection) -> Deletion:
        """Delete this vehicle of this user, and say what Smartcar says it removed."""
        return self.delete_scope(connection.pair)

    def delete_scope(self, scope: Scope) -> Deletion:
        """One DELETE, never repeated. Raises `SmartcarError`; ask it whether it may have been applied."""
        answer = self._transport.send_once(self._request("DELETE", f"{self._url}/", _scope_params(scope)))
        content = read_json_object(answer)
        try:
            removed = _removed(content.get("connections"))
        except Misshapen as error:
            raise _unreadable(answer, error) from error
        return Deletion(
            removed=removed,
            status=answer.status,
            request_id=answer.request_id,
            milliseconds=answer.milliseconds,
        )

    def _request(self, method: str, url: str, params: dict[str, str]) -> Request:
        return Request(
            method=method,
            url=url,
            params=params,
            generation=self.generation,
            authorization=self._authorization,
            secrets=self._secrets,
        )


def _list_params(filters: Filters, limit: int, cursor: str | None) -> dict[str, str]:
    asked = {
        "limit": limit,
        "user_id": filters.user_id,
        "vehicle_id": filters.vehicle_id,
        "mode": filters.mode,
        "cursor": cursor,
    }
    return {name: str(value) for name, value in asked.items() if value}


def _scope_params(scope: Scope) -> dict[str, str]:
    match scope:
        case PairScope():
            return {"user_id": str(scope.user_id), "vehicle_id": str(scope.vehicle_id)}
        case UserScope():
            return {"user_id": str(scope.user_id)}
        case VehicleScope():
            return {"vehicle_id": str(scope.vehicle_id)}
    # A DELETE without parameters is undocumented and could mean everything.
    raise TypeError("Only a scope can be deleted.")


def _cursor(paging: object) -> str | None:
    """None at the end of the list: `paging` is null, absent, `{}` or holds no cursor."""
    if not isinstance(paging, dict | None):
        raise Misshapen("has paging of an unknown form")
    cursor = at(paging, "cursor")
    if not cursor and not isinstance(cursor, bool | int | float):
        return None
    if not isinstance(cursor, str) or not _is_cursor(cursor):
        raise Misshapen("has a cursor of an unknown form")
    return cursor


def _is_cursor(text: str) -> bool:
    """Opaque, but it must fit into an address."""
    return text.isprintable() and len(text) <= _LONGEST_CURSOR


def _removed(rows: object) -> tuple[PairScope, ...]:
    if not isinstance(rows, list):
        raise Misshapen("does not list what was removed")
    return tuple(read_removed_pair(row) for row in rows)


def _unreadable(answer: Answer, error: Misshapen) -> Unreadable:
    return Unreadable(f"Smartcar's answer {error}.", answer.exchange())
