"""Deliver an export: as one file that streams, or as files in a folder."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from connections.audit.delivery import Delivery, Export, Format, NotExported, prepare
from connections.audit.events import Actor
from connections.audit.files import new_folder, write
from connections.audit.filters import Filters
from connections.audit.formats import native, ocsf, spreadsheet
from connections.audit.formats.archive import archived
from connections.audit.formats.native import File, verifier_source

__all__ = ["Export", "Format", "NotExported", "export", "prepare", "streamed", "verifier_source"]

_FILES: dict[Format, Callable[[Delivery], Iterator[File]]] = {
    Format.NATIVE: native.files,
    Format.CSV: spreadsheet.files,
    Format.OCSF: ocsf.files,
}


def streamed(delivery: Delivery) -> Generator[bytes, None, None]:
    """
    The export as one file, piece by piece: a bundle as a ZIP file, any other format as it is.

    However it ends is recorded, also when whoever reads it goes away.
    """
    with delivery.to_its_end():
        files = _FILES[delivery.export.format](delivery)
        if delivery.export.format is Format.NATIVE:
            yield from archived(files, delivery.export.at)
        else:
            for _, pieces in files:
                yield from pieces


def export(
    folder: Path,
    filters: Filters,
    *,
    actor: Actor,
    request: UUID | None = None,
    form: Format = Format.NATIVE,
) -> Delivery:
    """
    Record the export, sign the log, then write all events up to there which match the filters.

    The folder must be new or empty; it gets its files together at the end, or
    not at all. Raises `NotExported`, or `NotRecorded` if the log could not be written.
    """
    with _explained(folder), new_folder(folder) as unfinished:
        prepared = prepare(filters, form=form, visible_to=None, actor=actor, request=request)
        delivery = Delivery(prepared, actor=actor, request=request)
        with delivery.to_its_end():
            for name, pieces in _FILES[form](delivery):
                write(unfinished / name, pieces)
    return delivery


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as problem:
        raise NotExported(f"{folder} is not an empty folder.") from problem
    except OSError as problem:
        raise NotExported(f"{folder} cannot be written: {problem.strerror}.") from problem
