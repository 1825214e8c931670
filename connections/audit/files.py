"""Files that must be on the disk before anything relies on them."""

import os
from collections.abc import Iterable
from pathlib import Path


def write(path: Path, lines: Iterable[bytes]) -> None:
    """A new file, synced. Raises OSError, also if it exists."""
    with path.open("xb") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """So that the names of its files survive a power cut as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
