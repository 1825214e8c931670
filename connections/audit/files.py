"""Files that must be on the disk before anything relies on them."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


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


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """
    A folder beside the wanted one, which takes its name when all is written and synced; else nothing is left.

    Raises `FileExistsError` if there is something in the wanted one already, or another OSError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError
    parent = folder.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=parent, prefix=f".{folder.name}-") as scratch:
        unfinished = Path(scratch) / "bundle"
        unfinished.mkdir(mode=0o700)  # names and addresses are in it
        yield unfinished
        sync_folder(unfinished)
        unfinished.replace(folder.absolute())
    sync_folder(parent)
