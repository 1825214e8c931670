"""
The one way to Smartcar: its client built from the settings, and a short cache shared by all processes.

A page that was read seconds ago is shown again without a request. Every deed
drops all of it at once.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.core.cache import cache
from django.db import Error

from connections.budget import SharedAllowance
from connections.smartcar.client import ConnectionsAPI, Credentials, Origins, Smartcar
from connections.smartcar.errors import NotConfigured
from connections.smartcar.transport import Timeouts
from connections.smartcar.types import Capabilities, Connection, Deletion, Filters, Generation, Mode, Page, Purge

SECONDS_CACHED = 15
# Long enough to come back to a page within a working day; an older bookmark starts again.
SECONDS_OF_TRAIL = 24 * 3600
_EPOCH = "smartcar:epoch"


@dataclass(frozen=True, slots=True)
class Reading:
    """What Smartcar answered to a read, and when."""

    page: Page
    read_at: datetime


def smartcar() -> Smartcar:
    """The client for the present settings. Raises `NotConfigured`."""
    return _client(
        Credentials(
            management_token=settings.SMARTCAR_APP_MANAGEMENT_TOKEN,
            client_id=settings.SMARTCAR_CLIENT_ID,
            client_secret=settings.SMARTCAR_CLIENT_SECRET,
        ),
        Origins(
            management=settings.SMARTCAR_MANAGEMENT_API_ORIGIN,
            vehicle=settings.SMARTCAR_VEHICLE_API_ORIGIN,
            iam=settings.SMARTCAR_IAM_ORIGIN,
        ),
        settings.SMARTCAR_API,
        settings.SMARTCAR_TIMEOUT_SECONDS,
    )


def api() -> ConnectionsAPI:
    """The generation that lists and revokes."""
    return smartcar().api


def details_api() -> ConnectionsAPI | None:
    """The generation that knows make, model and permissions, when its credentials are there."""
    return smartcar().details


def can_purge() -> bool:
    """Whether a user can be purged: only with v3 credentials."""
    return smartcar().details is not None


def purge_user(purge: Purge) -> Deletion:
    """The user and all that Smartcar keeps of them. Raises `SmartcarError`, `NotConfigured` without v3 credentials."""
    vehicle_api = smartcar().details
    if vehicle_api is None:
        raise NotConfigured("Purging a user needs SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET.")
    return vehicle_api.purge_user(purge)


def capabilities() -> Capabilities:
    return api().capabilities


def generation_name() -> str:
    """`v2` or `v3`, as decided by the settings."""
    return str(smartcar().generation)


def speaks_to_simulator() -> bool:
    """Whether the origins are not Smartcar's own."""
    origins = (settings.SMARTCAR_MANAGEMENT_API_ORIGIN, settings.SMARTCAR_VEHICLE_API_ORIGIN)
    return not all((urlsplit(origin).hostname or "").endswith(".smartcar.com") for origin in origins)


def modes_to_ask(likely: str | None = None) -> tuple[Mode | None, ...]:
    """Vehicle API v3 lists one mode at a time, so "every mode" is two reads there; the likely one first."""
    if capabilities().lists_all_modes:
        return (None,)
    return (Mode.SIMULATED, Mode.LIVE) if likely == Mode.SIMULATED else (Mode.LIVE, Mode.SIMULATED)


def read_page(filters: Filters, *, limit: int, cursor: str | None = None, via: ConnectionsAPI | None = None) -> Reading:
    """One page, from the shared cache or with one request. Raises `SmartcarError`."""
    source = via or api()
    key = _key(source.generation, filters, limit, cursor)
    reading = cache.get(key)
    if not isinstance(reading, Reading):
        reading = Reading(source.page(filters, limit=limit, cursor=cursor), datetime.now(UTC))
        cache.set(key, reading, SECONDS_CACHED)
    return reading


def read_connection(connection_id: UUID) -> Connection:
    """One connection by its id, always fresh. Raises `NotFound`, `Unsupported`."""
    return api().connection(connection_id)


def drop_cached_pages() -> None:
    """
    Forget every page read so far, for all processes.

    Keys carry an epoch instead of being listed: a page that was asked for
    before the deed and arrives after it is stored under the old epoch. A
    database that fails leaves them for the seconds they have: it must not
    keep the deed's answer from being recorded.
    """
    with suppress(Error):
        cache.set(_EPOCH, uuid4().hex, None)


def _key(generation: Generation, filters: Filters, limit: int, cursor: str | None) -> str:
    epoch = cache.get_or_set(_EPOCH, lambda: uuid4().hex, None)
    asked = "|".join(
        str(part) for part in (generation, settings.SMARTCAR_MANAGEMENT_API_ORIGIN, filters, limit, cursor)
    )
    return f"smartcar:page:{epoch}:{hashlib.sha256(asked.encode()).hexdigest()}"


@lru_cache(maxsize=8)
def _client(credentials: Credentials, origins: Origins, generation: str, seconds: float) -> Smartcar:
    """One client for all threads, so that connections and access tokens are reused."""
    timeouts = Timeouts.within(seconds)
    return Smartcar(credentials, origins, api=generation, timeouts=timeouts, allowance=SharedAllowance())
