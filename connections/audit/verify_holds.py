"""What verification of the database finds of legal holds: each is what the events say that placed and lifted it."""

from collections.abc import Mapping
from typing import Any

from connections.audit.events import EventType
from connections.audit.verifier.verify import NotIntact, Verdict, part
from connections.audit.verify_beside import refuse_ahead
from connections.models import AuditHold

# Read once: they are compared with the type of every event.
_PLACED, _LIFTED = EventType.AUDIT_HOLD_PLACED.value, EventType.AUDIT_HOLD_LIFTED.value
_On = tuple[str, str]
"""The kind and the value of what a hold is on."""


class Holds:
    """
    What events say of holds, as they go by: those in the database, and in the archive where that is read.

    Each says what its hold is on, so that one of the two is enough to know that.
    """

    def __init__(self) -> None:
        self._placed: dict[int, _On] = {}
        self._lifted: dict[int, tuple[int, _On]] = {}

    def take(self, seq: int, body: Mapping[str, Any]) -> None:
        """The next event."""
        kind = body.get("type")
        if kind == _PLACED:
            self._placed[seq] = _on(body)
        elif kind == _LIFTED:
            cause = body.get("cause")
            if isinstance(cause, int):
                self._lifted[cause] = seq, _on(body)

    def check(self, newest: int, unread: int) -> None:
        """
        That the holds that are stored are these, up to an event; those up to `unread` did not go by.

        Raises `NotIntact`.
        """
        rows = {row.seq: row for row in AuditHold.objects.order_by("seq")}
        refuse_ahead(
            max((each for row in rows.values() for each in (row.seq, row.lifted_seq or 0)), default=0), "legal hold"
        )
        for seq, row in rows.items():
            if seq <= newest:
                self._check_row(row, newest, unread)
        if missing := (self._placed.keys() | self._lifted.keys()) - rows.keys():
            raise NotIntact(Verdict.ALTERED, min(missing), "it placed a legal hold that is not there")

    def _check_row(self, row: AuditHold, newest: int, unread: int) -> None:
        """While it stands its event cannot be archived, and it cannot have been lifted before."""
        seq, on, ended = row.seq, (row.kind, row.value), row.lifted_seq
        if ended is not None and ended > newest:  # meanwhile
            ended = None
        lifted, lifted_on = self._lifted.get(seq, (None, on))
        is_unread = 0 < seq <= unread and ended is not None
        if lifted_on != on or (not is_unread and self._placed.get(seq) != on):
            raise NotIntact(Verdict.ALTERED, seq, "it did not place the legal hold that is there by its number")
        is_ended_unread = is_unread and lifted is None and ended is not None and seq < ended <= unread
        if not is_ended_unread and ended != lifted:
            blamed = ended if ended and ended > unread else lifted or seq
            why = f"it lifted the legal hold {seq}, or did not, and the hold says otherwise"
            raise NotIntact(Verdict.ALTERED, blamed, why)


def _on(body: Mapping[str, Any]) -> _On:
    query = part(part(body, "found"), "query")
    return str(query.get("on", "")), str(query.get("value", ""))
