"""A file of one line for each event, whose last line says that it is complete."""

import hashlib
from collections.abc import Callable, Iterator

from connections.audit.delivery import Delivery
from connections.audit.selection import Block, block_of


def to_the_end(delivery: Delivery, lines_of: Callable[[Block], bytes], *, head: bytes = b"") -> Iterator[bytes]:
    """The lines of all events, and after them that of the export's own end, which counts those above."""
    digest = hashlib.sha256(head)
    if head:
        yield head
    for block in delivery.blocks():
        piece = lines_of(block)
        digest.update(piece)
        yield piece
    yield lines_of(block_of(delivery.conclude(digest.hexdigest()).seq))
