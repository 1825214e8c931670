"""
Access tokens of the application, for vehicle v3.

Kept in memory only, renewed before they end, one renewal at a time however
many threads wait for it: each mint spends from the request allowance.
"""

from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

from connections.smartcar.answers import read_json_object
from connections.smartcar.errors import (
    AuthenticationFailed,
    Exchange,
    GenerationRetired,
    InvalidRequest,
    NotFound,
    Refused,
    Unreadable,
)
from connections.smartcar.messages import Answer, Request
from connections.smartcar.transport import Transport

PATH = "/oauth2/token"
# Renewed this early, so that no request leaves with a token about to end on its way.
_EARLY_SHARE = 0.1
_EARLY_SECONDS = 60.0
# For an answer that does not say: Smartcar documents an hour.
_UNTOLD_LIFETIME = 300.0
_LONGEST_LIFETIME = 24 * 3600.0
# Callers read these as "no such connection", "no such page" and "v2 has ended", which no token host can tell.
_MEANT_OF_CONNECTIONS = (InvalidRequest, NotFound, GenerationRetired)


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    renew_at: float


class AccessTokens:
    """The current access token, minted when needed."""

    def __init__(self, transport: Transport, *, origin: str, client_id: str, client_secret: str) -> None:
        self._transport = transport
        self._url = origin.rstrip("/") + PATH
        self._client_id = client_id
        self._client_secret = client_secret
        self._lock = Lock()
        self._token: _Token | None = None
        self._renewal: Future[str] | None = None

    def current(self) -> str:
        """
        A token that is good for a while. Raises `SmartcarError`.

        The first thread to need a new one mints it; the others wait for what it
        gets, be it an error.
        """
        with self._lock:
            if self._token is not None and self._transport.clock() < self._token.renew_at:
                return self._token.value
            renewal = self._renewal
            if renewal is None:
                own = self._renewal = Future()
        return self._renew(own) if renewal is None else renewal.result()

    def forget(self, value: str) -> None:
        """Smartcar did not accept this token; a newer one, minted meanwhile, stays."""
        with self._lock:
            if self._token is not None and self._token.value == value:
                self._token = None

    def _renew(self, renewal: Future[str]) -> str:
        try:
            token = self._mint()
        except BaseException as error:
            self._finish(None)
            renewal.set_exception(error)
            raise
        self._finish(token)
        renewal.set_result(token.value)
        return token.value

    def _finish(self, token: _Token | None) -> None:
        with self._lock:
            self._token = token
            self._renewal = None

    def _mint(self) -> _Token:
        asked_at = self._transport.clock()
        try:
            answer = self._transport.read(self._request())
        except Refused as error:
            if error.code == "invalid_client" or isinstance(error, AuthenticationFailed):
                raise self._not_accepted(error) from error
            if isinstance(error, _MEANT_OF_CONNECTIONS):
                raise _not_minted(error) from error
            raise
        content = read_json_object(answer)
        lifetime = _lifetime(content.get("expires_in"))
        early = min(_EARLY_SECONDS, lifetime * _EARLY_SHARE)
        return _Token(_token(content, answer), asked_at + lifetime - early)

    def _request(self) -> Request:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret,
        }
        return Request(method="POST", url=self._url, form=form, secrets=(self._client_secret,))

    def _not_accepted(self, error: Refused) -> AuthenticationFailed:
        """The refusal in words that lead to its mending."""
        sentence = "Smartcar's token host does not accept SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET."
        if _is_uuid(self._client_id):
            sentence = (
                "SMARTCAR_CLIENT_ID holds the Application ID (a UUID), the usual mistake: "
                "Smartcar's client ids begin with client_."
            )
        return AuthenticationFailed(sentence, _exchange(error), code=error.code)


def _not_minted(error: Refused) -> Refused:
    return Refused(f"Smartcar's token host gave no access token. {error.sentence}", _exchange(error), code=error.code)


def _exchange(error: Refused) -> Exchange:
    return Exchange(method=error.method, status=error.status, request_id=error.request_id)


def _token(content: dict[str, Any], answer: Answer) -> str:
    """What goes into a header must be text that a header can hold."""
    value = content.get("access_token")
    if isinstance(value, str) and value and value.isascii() and value.isprintable() and " " not in value:
        return value
    raise Unreadable("Smartcar's token host answered without an access token.", answer.exchange())


def _lifetime(value: object) -> float:
    """Seconds; some token hosts send them as text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(min(value, _LONGEST_LIFETIME))
    return _UNTOLD_LIFETIME


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
