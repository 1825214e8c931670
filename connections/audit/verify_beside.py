"""What verification of the database finds beside events: strays of the stored tree, reviews, exports, clock turns."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Min, Q

from connections.audit.clock import SLACK
from connections.audit.emergencies import BREAK_GLASS
from connections.audit.events import EventType
from connections.audit.kept_exports import first_not_borne_out
from connections.audit.stored import as_canonical, numbered
from connections.audit.tree import STEP
from connections.audit.verifier.verify import NotIntact, Verdict, part
from connections.models import AuditEvent, AuditExport, AuditNode, ClockTurn, EmergencySignIn, Review

# A database that did not note them from the start compared times less exactly.
_TURN = SLACK + timedelta(seconds=1)
_REVIEWS_AT_ONCE = 2000
_SIGNED_IN = EventType.AUTH_SIGNED_IN.value  # read once: it is compared with the type of every event


def leaves_under_nodes() -> int:
    """Over how many leaves the stored tree was built. Raises `NotIntact` for a node that no tree has."""
    levels = AuditNode.objects.order_by().values_list("level").annotate(Min("idx"), Max("idx"), Count("idx"))
    reach = 0
    for level, first, last, count in levels:
        if level < 0 or level % STEP or first != 0 or count != last + 1:
            raise NotIntact(Verdict.ALTERED, None, f"the stored tree has a node of level {level} that it cannot have")
        reach = max(reach, count << level)
    return reach


def refuse_ahead(seq: int, what: str) -> None:
    """Raises `NotIntact` for a row by the number of an event that nobody has appended yet."""
    if seq > (numbered(AuditEvent.objects.all()).aggregate(newest=Max("seq"))["newest"] or 0):
        raise NotIntact(Verdict.ALTERED, None, f"there is a {what} of an event that is not there")


class Turns:
    """Where the clock was set back: searches by day leave out events where that is not noted."""

    def __init__(self) -> None:
        self._before = self._newest = ""

    def problem(self, seq: int, at: object) -> str | None:
        """Of the next event, recorded at this time."""
        if not isinstance(at, str):
            return None  # which is found elsewhere
        before, self._before = self._before, at
        if at >= before:
            self._newest = max(self._newest, at)
            return None
        is_turn = datetime.fromisoformat(at) < datetime.fromisoformat(before) - _TURN
        return None if not is_turn or self._is_noted(seq, at) else "that the clock was set back before it is not noted"

    def _is_noted(self, seq: int, at: str) -> bool:
        rows = ClockTurn.objects.filter(seq=seq).annotate(here=as_canonical("at"), there=as_canonical("peak"))
        # What begins with another sign than a digit is no time.
        return any(here == at and self._newest <= there < ":" for here, there in rows.values_list("here", "there"))


class Emergencies:
    """Sign-ins through the account for emergencies: each is an alarm until it was reviewed, and nothing else is."""

    def __init__(self) -> None:
        self._count = 0

    def problem(self, seq: int, body: Mapping[str, Any]) -> str | None:
        """Of the next event."""
        if body.get("type") != _SIGNED_IN or part(body, "why").get("reason") != BREAK_GLASS:
            return None
        self._count += 1
        rows = EmergencySignIn.objects.filter(seq=seq).annotate(time=as_canonical("at"))
        row = rows.values_list("staff_id", "time").first()
        if row is None:
            return "it is an emergency, and stands among those no more"
        said = str(part(body, "actor").get("id")), body.get("at")
        return None if (str(row[0]), row[1]) == said else "it is an emergency, and stands among those as another"

    def check(self, newest: int, unread: int) -> None:
        """That there are no others, up to an event; those up to `unread` did not go by. Raises `NotIntact`."""
        refuse_ahead(EmergencySignIn.objects.aggregate(newest=Max("seq"))["newest"] or 0, "emergency")
        went_by = Q(seq__gt=unread) | Q(seq__lt=1)
        if EmergencySignIn.objects.filter(went_by, seq__lte=newest).count() != self._count:
            raise NotIntact(Verdict.ALTERED, None, "an event stands among the emergencies, and is none")


def check_exports(newest: int, through: int) -> None:
    """
    That each export that can be downloaded is what an event says was prepared, up to an event.

    One whose event is archived up to `through` cannot be downloaded. Raises `NotIntact`.
    """
    refuse_ahead(AuditExport.objects.aggregate(newest=Max("seq"))["newest"] or 0, "prepared export")
    try:
        wrong = first_not_borne_out((Q(seq__gt=through) | Q(seq__lt=1)) & Q(seq__lte=newest))
    except ValueError as problem:  # what is no id, or no list
        raise NotIntact(Verdict.ALTERED, None, "a prepared export holds what none does") from problem
    if wrong is not None:
        raise NotIntact(Verdict.ALTERED, wrong, "the export that is kept by its number is not the one that it prepared")


def check_reviews(newest: int, through: int) -> None:
    """
    That the queue of reviews leaves out what an event says was reviewed, and nothing else, up to an event.

    What is archived up to `through` is in no queue. Raises `NotIntact`.
    """
    count = 0
    for seq, reviewed, verdict in _reviews(newest, through):
        if not Review.objects.filter(seq=seq, reviewed=reviewed, verdict=verdict).exists():
            raise NotIntact(Verdict.ALTERED, seq, f"it reviewed event {reviewed}, and the row of that says otherwise")
        count += 1
    refuse_ahead(Review.objects.aggregate(newest=Max("seq"))["newest"] or 0, "review")
    kept = Review.objects.filter(seq__gt=through, seq__lte=newest).count()
    if kept != count or Review.objects.filter(seq__lte=F("reviewed")).exists():
        raise NotIntact(Verdict.ALTERED, None, "an event counts as reviewed, and no audit.reviewed says so")


def _reviews(newest: int, through: int) -> Iterator[tuple[int, int, str]]:
    """By their events: the number of each, of which event it is, and the verdict."""
    last = through
    while True:
        events = AuditEvent.objects.filter(type=EventType.AUDIT_REVIEWED, seq__gt=last, seq__lte=newest)
        block = list(events.order_by("seq").values_list("seq", "body")[:_REVIEWS_AT_ONCE])
        for last, text in block:
            body = json.loads(text)
            yield last, body.get("cause"), part(body, "why").get("reason", "")
        if len(block) < _REVIEWS_AT_ONCE:
            return
