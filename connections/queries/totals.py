"""
How many connections there are of each mode, as last seen while somebody read the whole table.

Only Vehicle API v3 tells. Nothing is asked of Smartcar for it: what a page of
the table brought along is remembered for a day.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.core.cache import cache

from connections import gateway, times
from connections.smartcar.types import Filters, Mode

_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Total:
    """Connections of a mode, and when that was read: relative, exact, ISO."""

    mode: str
    count: int
    seen: tuple[str, str, str]


def remember(filters: Filters, reading: gateway.Reading) -> None:
    """What a list that only a mode narrows says of its length."""
    if filters.user_id or filters.vehicle_id or filters.mode is None or reading.page.total is None:
        return
    cache.set(_key(filters.mode), (reading.page.total, reading.read_at), _SECONDS)


def last_seen() -> tuple[Total, ...]:
    """The modes of which it is known."""
    now, kept = datetime.now(UTC), cache.get_many([_key(mode) for mode in Mode])
    found = ((mode, *kept[_key(mode)]) for mode in Mode if _key(mode) in kept)
    return tuple(
        Total(str(mode), count, (times.relative(at, now), times.exact(at), times.iso(at))) for mode, count, at in found
    )


def _key(mode: Mode) -> str:
    """Another Smartcar, the simulator for example, has other connections."""
    return f"smartcar:total:{settings.SMARTCAR_VEHICLE_API_ORIGIN}:{settings.SMARTCAR_CLIENT_ID}:{mode}"
