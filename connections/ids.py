"""Identifiers that sort by the time they were made."""

import secrets
import time
from datetime import datetime
from uuid import UUID


def uuid7(after: UUID | None = None) -> UUID:
    """
    A version 7 UUID (RFC 9562): 48 bits of milliseconds, then random bits.

    One that sorts `after` another, also if the clock was set back since that was made.
    """
    milliseconds = time.time_ns() // 1_000_000
    if after is not None:
        milliseconds = max(milliseconds, (after.int >> 80) + 1)
    value = (milliseconds & (2**48 - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def first_of(moment: datetime) -> UUID:
    """What sorts before every UUID of version 7 that was made at this moment or later."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
