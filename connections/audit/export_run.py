"""Exports that people prepare on the page: kept for a day, delivered as often as they ask, a few at a time."""

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import Error, transaction
from django.db.models import Q
from django.utils.translation import gettext

from connections.audit.delivery import Delivery, Export, Format, NotExported, check_unchanged, prepare
from connections.audit.events import Actor
from connections.audit.export import streamed
from connections.audit.filters import Filters
from connections.audit.kept_exports import first_not_borne_out
from connections.audit.ledger import take_lock
from connections.audit.selection import Selection
from connections.audit.verifier.verify import Checkpoint
from connections.models import AuditCheckpoint, AuditExport, Staff

AT_ONCE = 2
"""Deliveries to one person: each takes a thread of the server until the file has arrived."""
AT_ONCE_TO_ALL = 8
_KEPT = timedelta(days=1)
_LONGEST = timedelta(hours=1)
# Longer than a reader may take for a piece (`EXPORT_STALL_SECONDS`): who is silent for this long has died.
_LONGEST_SILENCE = timedelta(minutes=2)
_SECONDS_BETWEEN_NOTES = 1.0
_DELIVERING = 0x6578706F7274  # as the ledger's lock: any number that nothing else uses


class TooManyAtOnce(Exception):  # noqa: N818 - it says what there is too much of
    """No thread is left for this delivery; the message says what to wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a delivery is; `count` and `seconds_left` are None where they are not known."""

    delivered: int
    count: int | None
    seconds_left: int | None
    is_under_way: bool
    is_complete: bool
    is_broken_off: bool


def prepare_for(
    staff: Staff, filters: Filters, *, form: Format, visible_to: frozenset[str] | None, actor: Actor, request: UUID
) -> AuditExport:
    """Record the export and keep what it is. Raises `NotRecorded` or `NotExported`."""
    made = prepare(filters, form=form, visible_to=visible_to, actor=actor, request=request)
    return AuditExport.objects.create(
        id=made.id,
        staff=staff,
        format=made.format,
        search=str(filters),
        visible_to=None if visible_to is None else sorted(visible_to),
        size=made.selection.size,
        seq=made.seq,
        at=made.at,
        count=made.count,
    )


def kept(staff: Staff, export_id: UUID, *, visible_to: frozenset[str] | None) -> AuditExport | None:
    """One's own, as long as one may still read all that is in it. Raises `NotExported` if its row was written over."""
    row = AuditExport.objects.filter(pk=export_id, staff=staff, at__gt=datetime.now(UTC) - _KEPT).first()
    if row is None:
        return None
    if first_not_borne_out(Q(pk=row.pk)) is not None:
        raise NotExported(gettext("The audit log does not say that this export was prepared. Prepare it again."))
    if visible_to is None:
        return row
    return row if row.visible_to is not None and visible_to.issuperset(row.visible_to) else None


def selection_of(row: AuditExport) -> Selection:
    visible_to = None if row.visible_to is None else frozenset(row.visible_to)
    return Selection(filters=Filters.of(row.search), visible_to=visible_to, size=row.size)


def delivered(row: AuditExport, *, actor: Actor, request: UUID) -> Iterator[bytes]:
    """
    The bytes of the export, of which nothing is left to do but to read them to the end or to close them.

    Raises `TooManyAtOnce`, or `NotExported` if it can no longer be what it was;
    and whoever reads gets `NotExported` after an hour.
    """
    export = Export(
        id=row.id,
        format=Format(row.format),
        selection=selection_of(row),
        checkpoint=Checkpoint.parse(AuditCheckpoint.objects.get(size=row.size).note),
        seq=row.seq,
        at=row.at,
        count=row.count,
    )
    check_unchanged(export)
    began = _claim(row)
    return _noted(row, began, Delivery(export, actor=actor, request=request))


def standing(row: AuditExport) -> Standing:
    now = datetime.now(UTC)
    is_heard = row.heard_at is not None and abs(now - row.heard_at) < _LONGEST_SILENCE
    is_under_way = is_heard and row.ended_at is None
    return Standing(
        delivered=row.delivered,
        count=row.count,
        seconds_left=_seconds_left(row, now) if is_under_way else None,
        is_under_way=is_under_way,
        is_complete=row.is_complete,
        is_broken_off=row.started_at is not None and not is_under_way and not row.is_complete,
    )


def forget_old_exports() -> None:
    AuditExport.objects.filter(at__lt=datetime.now(UTC) - _KEPT).delete()


def _claim(row: AuditExport) -> datetime:
    """Take one of the places; when this delivery began, by which it is known from others of the same export."""
    now = datetime.now(UTC)
    with transaction.atomic():
        take_lock(_DELIVERING)
        under_way = AuditExport.objects.filter(
            heard_at__range=(now - _LONGEST_SILENCE, now + _LONGEST_SILENCE), ended_at=None, started_at__isnull=False
        )
        if under_way.filter(pk=row.pk).exists():
            raise TooManyAtOnce(gettext("This export is being downloaded already."))
        if under_way.filter(staff=row.staff_id).count() >= AT_ONCE:
            words = gettext("You are downloading %(count)s exports already. Wait until one of them has ended.")
            raise TooManyAtOnce(words % {"count": AT_ONCE})
        if under_way.count() >= AT_ONCE_TO_ALL:
            raise TooManyAtOnce(gettext("Others are downloading exports. Wait until one of them has ended."))
        began = {"started_at": now, "heard_at": now, "ended_at": None}
        AuditExport.objects.filter(pk=row.pk).update(delivered=0, is_complete=False, **began)
    return now


def _noted(row: AuditExport, began: datetime, delivery: Delivery) -> Iterator[bytes]:
    """The same bytes; how many events have left is noted once a second, for whoever looks at the page meanwhile."""
    noted = time.monotonic()
    try:
        with closing(streamed(delivery)) as pieces:
            for piece in pieces:
                yield piece
                if time.monotonic() - noted > _SECONDS_BETWEEN_NOTES:
                    noted = time.monotonic()
                    _note(row, began, delivered=delivery.count, heard_at=datetime.now(UTC))
                if datetime.now(UTC) - began > _LONGEST:
                    raise NotExported("The export broke off: it was still on its way after an hour.")
    finally:
        ended = datetime.now(UTC)
        is_complete = delivery.end is not None
        _note(row, began, delivered=delivery.count, heard_at=ended, ended_at=ended, is_complete=is_complete)


def _note(row: AuditExport, began: datetime, **values: object) -> None:
    """Of this delivery and of no later one; what only the page shows must not break it off."""
    with suppress(Error):
        AuditExport.objects.filter(pk=row.pk, started_at=began).update(**values)


def _seconds_left(row: AuditExport, now: datetime) -> int | None:
    """By the pace so far."""
    if not row.count or not row.delivered or row.started_at is None:
        return None
    spent = (now - row.started_at).total_seconds()
    return round(spent * (row.count - row.delivered) / row.delivered)
