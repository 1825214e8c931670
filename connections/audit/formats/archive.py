"""Several files as one ZIP file that is written as it is read: nothing of it waits in memory or on a disk."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zipfile import ZipFile, ZipInfo

_PRIVATE = 0o600 << 16  # names and addresses are in it


def archived(files: Iterable[tuple[str, Iterable[bytes]]], at: datetime) -> Iterator[bytes]:
    """
    The bytes of a ZIP file. Its directory stands at the end, so that one that was cut off has none and does not open.

    Nothing is compressed: it would cost more than everything else together.
    """
    outgoing = _Outgoing()
    with ZipFile(outgoing, "w") as archive:
        for name, pieces in files:
            entry = ZipInfo(name, at.timetuple()[:6])
            entry.external_attr = _PRIVATE
            with archive.open(entry, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece)
                    yield outgoing.taken()
    yield outgoing.taken()


class _Outgoing:
    """What a ZIP file is written into, and taken from again."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes, /) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """There is nothing to flush into."""

    def close(self) -> None:
        """Nor anything to close."""

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
