"""Who may call: the management token of v2.0, the token host, and the bearer tokens it minted for v3."""

import base64
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from connections.simulator.errors import Kind, Refusal
from connections.simulator.wire import Answer, Request, json_answer

_FIELDS = ("grant_type", "client_id", "client_secret")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Credentials to insist on; None or empty takes any of the right shape."""

    management_token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)


class Gate:
    def __init__(self, accepted: Accepted, token_lifetime: float) -> None:
        self._accepted = accepted
        self._lifetime = token_lifetime
        self._expiries: dict[str, float] = {}

    def admit_management(self, request: Request) -> None:
        """Basic authentication whose user name is exactly `default` (D)."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            name, _, token = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except ValueError:
            raise Refusal(Kind.AUTHENTICATION) from None
        is_named = scheme.lower() == "basic" and name == "default"
        if not is_named or not _fits(token, self._accepted.management_token):
            raise Refusal(Kind.AUTHENTICATION)

    def admit_bearer(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or self._expiries.get(token.strip(), 0) <= time.monotonic():
            raise Refusal(Kind.AUTHENTICATION)

    def admit_client(self, request: Request) -> None:
        """Client credentials in a form or as JSON; a UUID is the Application ID, pasted by mistake (C)."""
        asked = _credentials(request)
        missing = [name for name in _FIELDS if not asked.get(name)]
        if missing:
            raise Refusal(Kind.VALIDATION, f"Missing required parameter: {', '.join(missing)}.")
        if asked["grant_type"] != "client_credentials":
            raise Refusal(Kind.VALIDATION, "The grant_type must be client_credentials.")
        if not self._is_client(asked["client_id"], asked["client_secret"]):
            raise Refusal(Kind.AUTHENTICATION, "Client authentication failed.")

    def mint(self) -> Answer:
        now = time.monotonic()
        self._expiries = {token: expiry for token, expiry in self._expiries.items() if expiry > now}
        token = secrets.token_urlsafe(32)
        self._expiries[token] = now + self._lifetime
        return json_answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": int(self._lifetime)})

    @property
    def tokens(self) -> list[str]:
        return list(self._expiries)

    def expire_tokens(self) -> None:
        self._expiries.clear()

    def _is_client(self, client_id: str, client_secret: str) -> bool:
        return (
            client_id.startswith("client_")
            and _fits(client_id, self._accepted.client_id)
            and _fits(client_secret, self._accepted.client_secret)
        )


def route(request: Request) -> None:
    if request.path != "/oauth2/token" or request.method != "POST":
        raise Refusal(Kind.NOT_FOUND)


def _fits(given: str, expected: str | None) -> bool:
    if not expected:
        return bool(given)
    # JSON can carry lone surrogates, which do not encode otherwise.
    return hmac.compare_digest(given.encode(errors="surrogatepass"), expected.encode())


def _credentials(request: Request) -> dict[str, str]:
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            asked = json.loads(request.body)
        else:
            asked = dict(parse_qsl(request.body.decode()))
    except (ValueError, RecursionError):
        raise Refusal(Kind.VALIDATION, "The body cannot be read.") from None
    if not isinstance(asked, dict):
        raise Refusal(Kind.VALIDATION, "The body cannot be read.")
    return {name: value for name, value in asked.items() if isinstance(value, str)}
