"""
The tree of RFC 6962 over the leaves: what of it is stored, and roots and proofs from that.

Stored is the hash of every complete subtree of 64, 64², 64³ … leaves. Whatever
lies between is hashed again from a block of 64, so that a proof reads two
blocks for each step of six levels, and the table holds a row for 63 events.
Of events that are archived the leaves are kept there too, as level 0: so every
root and every proof is still to be had.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from django.db import connection

from connections.audit.ledger import insert
from connections.audit.stored import as_bytes
from connections.audit.verifier.verify import node_hash

STEP = 6
FAN = 1 << STEP
_GROUPS_AT_ONCE = 256
_BLOCKS_KEPT = 32
_HASHES_KEPT = 1024
_LEAVES_AT_ONCE = 2000

Read = Callable[[int, int, int], Sequence[bytes]]
"""`read(level, first, count)`: at most so many hashes of complete subtrees of that level, from the first on."""


class Tree:
    """Roots and proofs, for any size up to that which is stored."""

    def __init__(self, read: Read) -> None:
        self._block = lru_cache(_BLOCKS_KEPT)(lambda level, number: read(level, number * FAN, FAN))
        # Neighbours have most of their paths in common.
        self._hash = lru_cache(_HASHES_KEPT)(self._computed)

    def root(self, size: int) -> bytes:
        return self._hash(0, size)

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """The path of the leaf at this index, counted from 0, to the root."""
        return tuple(self._path(index, 0, size))

    def consistency(self, size: int, later: int) -> tuple[bytes, ...]:
        """What proves that the tree of the later size begins with that of the earlier, which is not empty."""
        return tuple(self._proof(size, 0, later, is_known=True))

    def peaks(self, size: int) -> tuple[bytes, ...]:
        """The roots of its complete parts, from the left: what a tree needs to grow on."""
        starts = [size >> bit + 1 << bit + 1 for bit in reversed(range(size.bit_length())) if size >> bit & 1]
        ends = [*starts[1:], size]
        return tuple(self._hash(start, end) for start, end in zip(starts, ends, strict=True))

    def _path(self, index: int, start: int, end: int) -> Iterator[bytes]:
        if end - start == 1:
            return
        middle = start + _split(end - start)
        if index < middle:
            yield from self._path(index, start, middle)
            yield self._hash(middle, end)
        else:
            yield from self._path(index, middle, end)
            yield self._hash(start, middle)

    def _proof(self, size: int, start: int, end: int, *, is_known: bool) -> Iterator[bytes]:
        if size == end:
            if not is_known:
                yield self._hash(start, end)
            return
        middle = start + _split(end - start)
        if size <= middle:
            yield from self._proof(size, start, middle, is_known=is_known)
            yield self._hash(middle, end)
        else:
            yield from self._proof(size, middle, end, is_known=False)
            yield self._hash(start, middle)

    def _computed(self, start: int, end: int) -> bytes:
        """Of a range that the tree itself has: complete, or at its right edge."""
        count = end - start
        if count & (count - 1) == 0:
            level = count.bit_length() - 1
            return self._complete(level, start >> level)
        middle = start + _split(count)
        return node_hash(self._hash(start, middle), self._hash(middle, end))

    def _complete(self, level: int, index: int) -> bytes:
        above = level % STEP
        first = index << above
        place = first % FAN
        block = self._block(level - above, first // FAN)
        return complete_hash(block[place : place + (1 << above)])


def complete_hash(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes, all of one level."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[place], hashes[place + 1]) for place in range(0, len(hashes), 2)]
    return hashes[0]


def _split(count: int) -> int:
    """The largest power of two below it."""
    return 1 << (count - 1).bit_length() - 1


def stored_tree() -> Tree:
    """The tree of this database; it may be asked for sizes up to that of the newest `grow`."""
    return Tree(read_hashes)


def grow(size: int) -> bool:
    """
    Store some of what is complete at this size and not stored yet; false once there is nothing more.

    A block of work is small, so that a transaction which holds others off may
    hold one; what is interrupted goes on where it was.
    """
    level, below = 0, size
    while below >= FAN:
        level, below = level + STEP, below // FAN
        first = _stored(level)
        if first < below:
            _store(level, first, min(below - first, _GROUPS_AT_ONCE))
            return True
    return False


def _store(level: int, first: int, count: int) -> None:
    hashes = read_hashes(level - STEP, first * FAN, count * FAN)
    groups = (hashes[place : place + FAN] for place in range(0, count * FAN, FAN))
    rows = [[level, first + number, complete_hash(group)] for number, group in enumerate(groups)]
    insert("audit_node", ("level", "idx", "hash"), rows)


def _stored(level: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(idx) + 1, 0) FROM audit_node WHERE level = %s", [level])
        return int(cursor.fetchone()[0])


def keep_leaves(size: int) -> bool:
    """Store some of the leaves of the first so many events that are not stored yet; false once all are."""
    first = _stored(0)
    leaves = read_hashes(0, first, min(size - first, _LEAVES_AT_ONCE)) if first < size else []
    if leaves:
        insert("audit_node", ("level", "idx", "hash"), [[0, first + n, leaf] for n, leaf in enumerate(leaves)])
    return bool(leaves)


_LEAVES = """
    SELECT idx, hash FROM audit_node WHERE level = 0 AND idx >= %s AND idx < %s
    UNION ALL
    SELECT seq - 1, leaf FROM audit_event WHERE seq > %s AND seq <= %s
    AND seq > (SELECT coalesce(max(idx) + 1, 0) FROM audit_node WHERE level = 0)
    ORDER BY 1
"""
_NODES = "SELECT idx, hash FROM audit_node WHERE level = %s AND idx >= %s AND idx < %s ORDER BY idx"


def read_hashes(level: int, first: int, count: int) -> list[bytes]:
    """At most so many stored hashes of a level, from the first on; of level 0 they are the leaves."""
    with connection.cursor() as cursor:
        if level == 0:
            cursor.execute(_LEAVES, [first, first + count] * 2)
        else:
            cursor.execute(_NODES, [level, first, first + count])
        return [as_bytes(row[1]) for row in cursor.fetchall()]
