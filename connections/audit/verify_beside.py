"""What verification of the database finds beside events and archives: strays of the stored tree, and legal holds."""

import json
from collections.abc import Mapping

from django.db.models import Count, Max, Min

from connections.audit.events import EventType
from connections.audit.tree import STEP
from connections.audit.verifier.verify import NotIntact, Verdict, part
from connections.models import AuditEvent, AuditHold, AuditNode


def leaves_under_nodes() -> int:
    """Over how many leaves the stored tree was built. Raises `NotIntact` for a node that no tree has."""
    levels = AuditNode.objects.order_by().values_list("level").annotate(Min("idx"), Max("idx"), Count("idx"))
    reach = 0
    for level, first, last, count in levels:
        if level < 0 or level % STEP or first != 0 or count != last + 1:
            raise NotIntact(Verdict.ALTERED, None, f"the stored tree has a node of level {level} that it cannot have")
        reach = max(reach, count << level)
    return reach


def check_holds(newest: int, through: int) -> None:
    """
    That each legal hold is what its events say, and each event has its hold, up to an event.

    What is archived up to `through` may hold their events. Raises `NotIntact`.
    """
    rows = {row.seq: row for row in AuditHold.objects.order_by("seq")}
    # Read after them, since a hold is committed together with its event.
    placed, lifted = _told(newest, through)
    named = (each for row in rows.values() for each in (row.seq, row.lifted_seq or 0))
    refuse_ahead(max(named, default=0), "legal hold")
    for seq, row in rows.items():
        if seq <= newest:
            _check_hold(row, placed.get(seq), lifted.get(seq), newest, through)
    if missing := placed.keys() - rows.keys():
        raise NotIntact(Verdict.ALTERED, min(missing), "it placed a legal hold that is not there")


def refuse_ahead(seq: int, what: str) -> None:
    """Raises `NotIntact` for a row by the number of an event that nobody has appended yet."""
    if seq > (AuditEvent.objects.aggregate(newest=Max("seq"))["newest"] or 0):
        raise NotIntact(Verdict.ALTERED, None, f"there is a {what} of an event that is not there")


def _check_hold(row: AuditHold, placed: tuple[str, str] | None, lifted: int | None, newest: int, through: int) -> None:
    """While it stands its event cannot be archived, and it cannot have been lifted before."""
    seq, ended = row.seq, row.lifted_seq
    is_archived = 0 < seq <= through and ended is not None
    if not is_archived and placed != (row.kind, row.value):
        raise NotIntact(Verdict.ALTERED, seq, "it did not place the legal hold that is there by its number")
    if ended is not None and ended > newest:  # meanwhile
        ended = None
    is_ended_in_archive = is_archived and ended is not None and seq < ended <= through
    if not is_ended_in_archive and ended != lifted:
        blamed = ended if ended and ended > through else lifted or seq
        why = f"it lifted the legal hold {seq}, or did not, and the hold says otherwise"
        raise NotIntact(Verdict.ALTERED, blamed, why)


def _told(newest: int, through: int) -> tuple[Mapping[int, tuple[str, str]], Mapping[int, int]]:
    """By their events: on what each hold was placed, and which event lifted it."""
    kinds = (EventType.AUDIT_HOLD_PLACED, EventType.AUDIT_HOLD_LIFTED)
    events = AuditEvent.objects.filter(type__in=kinds, seq__gt=through, seq__lte=newest).order_by("seq")
    placed: dict[int, tuple[str, str]] = {}
    lifted: dict[int, int] = {}
    for seq, kind, text in events.values_list("seq", "type", "body"):
        body = json.loads(text)
        query = part(part(body, "found"), "query")
        if kind == EventType.AUDIT_HOLD_PLACED:
            placed[seq] = str(query.get("on", "")), str(query.get("value", ""))
        else:
            lifted[body.get("cause")] = seq
    return placed, lifted
