"""Vehicle API v3: lists by page number in one mode at a time, knows details, deletes by connection id."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, NoReturn
from uuid import UUID

from connections.smartcar.answers import read_json_object
from connections.smartcar.errors import (
    AuthenticationFailed,
    Exchange,
    InvalidRequest,
    Unreadable,
    Unsupported,
)
from connections.smartcar.messages import Answer, Request
from connections.smartcar.paging import follow, require_limit
from connections.smartcar.rows import Misshapen, at, read_rows, read_total, read_vehicle_row
from connections.smartcar.tokens import AccessTokens
from connections.smartcar.transport import Transport
from connections.smartcar.types import (
    Capabilities,
    Connection,
    Deletion,
    Filters,
    Generation,
    Mode,
    Page,
    Purge,
    Scope,
)

PATH = "/v3/connections"
USERS_PATH = "/v3/users"
_LONGEST_NUMBER = 9


class VehicleAPI:
    """The connections of the application, known by its access tokens."""

    generation = Generation.V3
    capabilities = Capabilities(
        lists_all_modes=False,
        knows_total=True,
        knows_details=True,
        has_connection_ids=True,
        deletes_by_scope=False,
        goes_back=True,
    )

    def __init__(self, transport: Transport, *, origin: str, tokens: AccessTokens) -> None:
        self._transport = transport
        self._url = origin.rstrip("/") + PATH
        self._users_url = origin.rstrip("/") + USERS_PATH
        self._tokens = tokens

    def page(self, filters: Filters, *, limit: int, cursor: str | None = None) -> Page:
        """One page: one request, and one for a token now and then. Raises `SmartcarError`."""
        require_limit(limit)
        number = _number(cursor)
        answer = self._read(self._url, _list_params(filters, limit, number))
        content = read_json_object(answer)
        try:
            connections = read_rows(content.get("data"), read_vehicle_row)
        except Misshapen as error:
            raise _unreadable(answer, error) from error
        return Page(
            connections=connections,
            next_cursor=str(number + 1) if _goes_on(content, number, limit) else None,
            previous_cursor=str(number - 1) if number > 1 else None,
            total=read_total(at(content, "meta", "totalCount")),
            request_id=answer.request_id,
        )

    def every(self, filters: Filters, *, limit: int = 100) -> Iterator[Page]:
        """Pages to the end of the list. Raises `SmartcarError`."""
        return follow(lambda cursor: self.page(filters, limit=limit, cursor=cursor), self.generation)

    def connection(self, connection_id: UUID) -> Connection:
        """One connection. Raises `NotFound` and other `SmartcarError`s."""
        answer = self._read(f"{self._url}/{connection_id}", {})
        try:
            connection = read_vehicle_row(read_json_object(answer).get("data"))
        except Misshapen as error:
            raise _unreadable(answer, error) from error
        if connection.connection_id != connection_id:
            # Whoever asked is about to look at it, and perhaps to delete it.
            raise Unreadable("Smartcar answered with another connection.", answer.exchange())
        return connection

    def delete_connection(self, connection: Connection) -> Deletion:
        """
        One DELETE by connection id, never repeated. Raises `SmartcarError`.

        Not even after a 401: the caller reads again before it tries again, and
        that read mints a new token.
        """
        if connection.connection_id is None:
            raise Unsupported("This connection comes without its connection id, by which alone v3 deletes.")
        return self._delete(f"{self._url}/{connection.connection_id}")

    def purge_user(self, purge: Purge) -> Deletion:
        """
        One `DELETE /users/{id}`, never repeated: the user, all their connections and their other data.

        Documented by Smartcar (204, no body). Raises `SmartcarError`.
        """
        return self._delete(f"{self._users_url}/{purge.user_id}")

    def delete_scope(self, _: Scope) -> NoReturn:
        """Raises `Unsupported`: find the connections by filter, and delete each."""
        raise Unsupported("Smartcar's API v3 deletes one connection at a time.")

    def _delete(self, url: str) -> Deletion:
        token = self._tokens.current()
        try:
            answer = self._transport.send_once(self._request("DELETE", url, {}, token))
        except AuthenticationFailed:
            self._tokens.forget(token)
            raise
        if answer.status != HTTPStatus.NO_CONTENT:
            # 204 is all that Smartcar documents: what else says "fine" may be a proxy's page.
            message = f"Smartcar's answer to the delete has status {answer.status} in place of 204."
            raise Unreadable(message, answer.exchange())
        return Deletion(
            removed=None, status=answer.status, request_id=answer.request_id, milliseconds=answer.milliseconds
        )

    def _read(self, url: str, params: dict[str, str]) -> Answer:
        """Read with the current token, and once more with a new one if Smartcar does not accept it."""
        token = self._tokens.current()
        try:
            return self._transport.read(self._request("GET", url, params, token))
        except AuthenticationFailed:
            self._tokens.forget(token)
        return self._transport.read(self._request("GET", url, params, self._tokens.current()))

    def _request(self, method: str, url: str, params: dict[str, str], token: str) -> Request:
        return Request(
            method=method,
            url=url,
            params=params,
            generation=self.generation,
            authorization=f"Bearer {token}",
            secrets=(token,),
        )


def _list_params(filters: Filters, limit: int, number: int) -> dict[str, str]:
    """The mode is always sent: without one Smartcar lists live connections and does not say so."""
    if filters.mode is None:
        raise ValueError("Smartcar's API v3 lists one mode at a time: name it.")
    if filters.mode is Mode.TEST:
        raise Unsupported("Smartcar's API v3 has no connections in mode test.")
    asked = {
        "filter[vehicle.mode]": filters.mode,
        "filter[userId]": filters.user_id,
        "filter[vehicleId]": filters.vehicle_id,
        "page[number]": number,
        "page[size]": limit,
    }
    return {name: str(value) for name, value in asked.items() if value}


def _number(cursor: str | None) -> int:
    """The page number a cursor carries; one that carries none is refused as Smartcar would."""
    if not cursor:
        return 1
    if cursor.isascii() and cursor.isdecimal() and len(cursor) <= _LONGEST_NUMBER and int(cursor):
        return int(cursor)
    raise InvalidRequest("The cursor is not a page number.", Exchange(method="GET", generation=Generation.V3))


def _goes_on(content: dict[str, Any], number: int, limit: int) -> bool:
    """
    Whether a page follows, by the link or, without links, by the count.

    The link itself is not followed: an address in an answer is no place to
    send an access token to.
    """
    links = content.get("links")
    if isinstance(links, dict):
        return bool(links.get("next"))
    total = read_total(at(content, "meta", "totalCount"))
    return total is not None and number * limit < total


def _unreadable(answer: Answer, error: Misshapen) -> Unreadable:
    return Unreadable(f"Smartcar's answer {error}.", answer.exchange())
