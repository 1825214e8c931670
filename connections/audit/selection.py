"""
The events an export covers, in order and block by block, so that memory stays flat.

As in `stored`, each block is a query of its own that goes on after the last: a
slow recipient keeps no transaction open.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from connections.audit.archived import archived_through
from connections.audit.browse import selected
from connections.audit.filters import Filters
from connections.audit.patience import TookTooLong, patience
from connections.audit.reach import Reach
from connections.audit.stored import AT_ONCE, Stored, detail_rows, fetched

_SECONDS_TO_COUNT = 30.0
_FIRST = 100  # so that whoever waits has something at once


class Block(NamedTuple):
    """Rows of (seq, body, leaf), and those of their details (seq, field, salt, value, redacted_at), both in order."""

    events: list[Stored]
    details: list[Stored]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """
    What matches, of whose events may be read, after what is archived and up to a size of the log.

    `visible_to` holds the ids of the actors whose events may be read; None means
    all. The log up to a size does not change, but a search goes by more than the
    log: by names of accounts and by notes, which can be erased.
    """

    filters: Filters
    visible_to: frozenset[str] | None
    size: int

    @property
    def is_whole(self) -> bool:
        return not self.filters and self.visible_to is None

    def count(self) -> int | None:
        """How many events; None where counting takes too long to wait for."""
        archived = archived_through()
        if self.is_whole:  # without gaps the newest number is the count, but for what is archived
            return self.size - archived
        within = Reach(after=archived, before=self.size + 1)
        found = selected(self.filters, reach=within, visible_to=self.visible_to)
        try:
            with patience(_SECONDS_TO_COUNT):
                return found.count()
        except TookTooLong:
            return None

    def blocks(self) -> Iterator[Block]:
        """An event is complete when it is seen: its details are committed with it and read after it."""
        last, limit = archived_through(), _FIRST
        while True:
            reach = Reach(after=last, before=self.size + 1, limit=limit, is_from_below=True)
            found = selected(self.filters, reach=reach, visible_to=self.visible_to).order_by(reach.order)
            events = fetched(found.values_list("seq", "body", "leaf")[:limit])
            if events:
                yield Block(events, detail_rows([row[0] for row in events]))
            if len(events) < limit:
                return
            last, limit = events[-1][0], AT_ONCE


def block_of(seq: int) -> Block:
    """One event alone."""
    one = Reach(after=seq - 1, before=seq + 1)
    events = fetched(selected(Filters(), reach=one).values_list("seq", "body", "leaf"))
    return Block(events, detail_rows([seq]))
