"""What of the log is archived: the tombstones that stand in its place, from the first event on."""

import base64
import json
from collections.abc import Iterable, Iterator, Sequence

from django.db import DatabaseError
from django.db.models import Min
from django.utils.translation import gettext

from connections.audit.tree import stored_tree
from connections.audit.verifier import verify as verifier
from connections.audit.verifier.verify import Tombstone
from connections.models import AuditEvent, AuditTombstone


def standing() -> list[AuditTombstone]:
    """Those whose events were not brought back, in the order of the log; each goes on where the one before ends."""
    return list(AuditTombstone.objects.filter(restored_seq=None).order_by("first"))


def newest() -> AuditTombstone | None:
    """The last of them: everything up to its end is archived."""
    return AuditTombstone.objects.filter(restored_seq=None).order_by("-last").first()


def covering(seq: int) -> AuditTombstone | None:
    """That of this event, if it is archived."""
    return AuditTombstone.objects.filter(restored_seq=None, first__lte=seq, last__gte=seq).first()


def archived_through() -> int:
    """The number of the last event that is archived; 0 where none is."""
    last = newest()
    return last.last if last else 0


def extent_of_archive() -> object:
    """Another value whenever something was archived, brought back or deleted; None where it cannot be read."""
    try:
        tombstones = AuditTombstone.objects.order_by("seq").values_list("seq", "restored_seq")
        return [*tombstones, AuditEvent.objects.aggregate(first=Min("seq"))["first"]]
    except DatabaseError:
        return None


def words() -> str:
    """A sentence for pages that show events, on which these are not; empty where nothing is archived."""
    return _about(gettext("Events 1 to %(last)s are archived and not shown here."))


def words_on_export() -> str:
    """The same for an export, which has none of them in it."""
    return _about(gettext("Events 1 to %(last)s are archived and not in the export."))


def _about(words: str) -> str:
    last = archived_through()
    return words % {"last": last} if last else ""


def files_before(tombstones: Sequence[AuditTombstone]) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The files of a bundle that say what is archived before its events, and with which tree it goes on."""
    if not tombstones:
        return
    yield verifier.TOMBSTONES, (_line({"note": each.note}) for each in tombstones)
    last = Tombstone.parse(tombstones[-1].note)
    peaks = stored_tree().peaks(last.last)
    yield verifier.BASE, [_line({"size": last.last, "leaf": _base64(last.leaf), "peaks": [*map(_base64, peaks)]})]


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _line(value: dict[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
