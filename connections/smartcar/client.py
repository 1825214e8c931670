"""Smartcar as one interface with two generations behind it."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from connections.smartcar.budget import UNLIMITED, Allowance
from connections.smartcar.errors import NotConfigured
from connections.smartcar.management import ManagementAPI
from connections.smartcar.retries import Retries
from connections.smartcar.tokens import AccessTokens
from connections.smartcar.transport import USUAL_TIMEOUTS, Timeouts, Transport
from connections.smartcar.types import Capabilities, Connection, Deletion, Filters, Generation, Page, Scope
from connections.smartcar.vehicle import VehicleAPI


class ConnectionsAPI(Protocol):
    """
    What either generation answers.

    Every call raises `SmartcarError` and nothing else, but for arguments that
    make no sense (`ValueError`, `TypeError`). Reads are repeated a bounded
    number of times, deletes never.
    """

    @property
    def generation(self) -> Generation: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def page(self, filters: Filters, *, limit: int, cursor: str | None = None) -> Page:
        """
        One page of at most `limit` (1 to 100) connections: one request, a token aside.

        A cursor belongs to the filters and limit it came with. In v3 it is the
        page number, and the mode must be explicit: `ValueError` without one.
        """

    def every(self, filters: Filters, *, limit: int = 100) -> Iterator[Page]:
        """
        Pages to the end of the list, each asked for when it is taken.

        Removes no duplicates. Raises `Unreadable` if the list never ends.
        """

    def connection(self, connection_id: UUID) -> Connection:
        """One connection. Raises `NotFound`; `Unsupported` in v2."""

    def delete_connection(self, connection: Connection) -> Deletion:
        """Delete exactly this one: by both ids in v2, by its connection id in v3."""

    def delete_scope(self, scope: Scope) -> Deletion:
        """Delete all that the scope covers, in one request. Raises `Unsupported` in v3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What Smartcar knows us by; an empty string is a credential one does not have."""

    management_token: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Where Smartcar is: scheme, host and port, without a path."""

    management: str = "https://management.smartcar.com"
    vehicle: str = "https://vehicle.api.smartcar.com"
    iam: str = "https://iam.smartcar.com"


class Smartcar:
    """
    Both generations, as far as there are credentials for them.

    One object serves all threads of a process. It opens no socket before its
    first call, so it survives a fork until then.
    """

    api: ConnectionsAPI
    details: VehicleAPI | None

    def __init__(
        self,
        credentials: Credentials,
        origins: Origins,
        api: str = "auto",
        *,
        timeouts: Timeouts = USUAL_TIMEOUTS,
        allowance: Allowance = UNLIMITED,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """
        Choose the generation that lists and revokes; `auto` prefers v3.

        Raises `NotConfigured` naming the variable that is missing, `ValueError`
        for an `api` that is none.
        """
        retries = Retries(sleep=sleep, jitter=jitter)
        self._transport = Transport(timeouts=timeouts, clock=clock, retries=retries, allowance=allowance)
        generation = _chosen(api, credentials)
        self.details = self._vehicle(credentials, origins) if _knows_application(credentials) else None
        if generation is Generation.V2:
            self.api = self._management(credentials, origins)
        elif self.details is None:
            raise NotConfigured("SMARTCAR_API is v3, and SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET are missing.")
        else:
            self.api = self.details

    @property
    def generation(self) -> Generation:
        """The generation that lists and revokes."""
        return self.api.generation

    def close(self) -> None:
        """Close the pooled sockets; a later call opens new ones."""
        self._transport.close()

    def _management(self, credentials: Credentials, origins: Origins) -> ManagementAPI:
        if not credentials.management_token:
            raise NotConfigured("SMARTCAR_API is v2, and SMARTCAR_APP_MANAGEMENT_TOKEN is missing.")
        return ManagementAPI(self._transport, origin=origins.management, token=credentials.management_token)

    def _vehicle(self, credentials: Credentials, origins: Origins) -> VehicleAPI:
        tokens = AccessTokens(
            self._transport,
            origin=origins.iam,
            client_id=credentials.client_id,
            client_secret=credentials.client_secret,
        )
        return VehicleAPI(self._transport, origin=origins.vehicle, tokens=tokens)


def _chosen(api: str, credentials: Credentials) -> Generation:
    if api != "auto":
        return Generation(api)
    if _knows_application(credentials):
        return Generation.V3
    if credentials.management_token:
        return Generation.V2
    raise NotConfigured(
        "Smartcar's credentials are missing: set SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET, "
        "or SMARTCAR_APP_MANAGEMENT_TOKEN."
    )


def _knows_application(credentials: Credentials) -> bool:
    """Half of the pair is a slip of the hand: falling back to v2 in silence would hide it."""
    if bool(credentials.client_id) == bool(credentials.client_secret):
        return bool(credentials.client_id)
    missing = "SMARTCAR_CLIENT_ID" if credentials.client_secret else "SMARTCAR_CLIENT_SECRET"
    raise NotConfigured(f"{missing} is missing, though its other half is set.")
