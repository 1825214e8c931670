"""Operations newest first, a page at a time by id, and what one can narrow them by."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.urls import reverse

from connections.models import Item, Operation, Staff, State
from connections.queries.operations import PAGE_SIZE, OperationSummary, summary_of
from connections.revocations.clock import unanswered
from connections.revocations.progress import OPEN

_WAITING = (State.AWAITING_APPROVAL, *OPEN)
# Smartcar's answer does not tell or is not recorded, and reading again may still.
UNKNOWN = Q(state__in=(State.UNKNOWN, State.ATTEMPTED), needs_person=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFilters:
    """All that are set must hold; `user_id` and `vehicle_id` find every operation that covered them."""

    state: str = ""
    ticket: str = ""
    actor: str = ""
    user_id: UUID | None = None
    vehicle_id: UUID | None = None
    needs_person: bool = False
    waiting: bool = False
    unknown: bool = False
    unanswered: bool = False
    alarm: bool = False

    def query(self) -> dict[str, str]:
        """As it stands in a URL."""
        texts = {name: getattr(self, name) for name in ("state", "ticket", "actor", "user_id", "vehicle_id")}
        flags = {
            name: "on" for name in ("needs_person", "unknown", "waiting", "unanswered", "alarm") if getattr(self, name)
        }
        return {name: str(value) for name, value in texts.items() if value} | flags

    def condition(self) -> Q:
        condition = Q()
        if self.state:
            condition &= Q(state=self.state)
        if self.ticket:
            condition &= Q(ticket__in=sorted({self.ticket, self.ticket.upper()}))
        if self.actor:
            condition &= _by(self.actor)
        if self.user_id or self.vehicle_id:
            condition &= _about(self.user_id, self.vehicle_id)
        if self.needs_person:
            condition &= Q(needs_person=True)
        if self.unknown:
            condition &= UNKNOWN
        if self.waiting:
            condition &= Q(state__in=_WAITING)
        if self.unanswered:
            condition &= unanswered()
        if self.alarm:
            condition &= ~Q(alarm="")
        return condition


@dataclass(frozen=True, slots=True)
class OperationPage:
    """Operations and the URLs of the pages beside theirs."""

    operations: tuple[OperationSummary, ...]
    newer_url: str | None = None
    older_url: str | None = None


def operation_page(
    filters: OperationFilters | None = None,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
    limit: int = PAGE_SIZE,
) -> OperationPage:
    """The page just older than `before` or just newer than `after`, since ids sort by time; else the newest."""
    filters = filters or OperationFilters()
    found = Operation.objects.filter(filters.condition()).select_related("preview")
    if after is not None:
        rows, has_newer = _cut(found.filter(id__gt=after).order_by("id"), limit)
        rows, has_older = rows[::-1], True
    else:
        older = found if before is None else found.filter(id__lt=before)
        rows, has_older = _cut(older.order_by("-id"), limit)
        has_newer = before is not None
    return OperationPage(
        tuple(summary_of(row) for row in rows),
        list_url(filters, after=rows[0].id) if rows and has_newer else None,
        list_url(filters, before=rows[-1].id) if rows and has_older else None,
    )


def list_url(filters: OperationFilters, **place: UUID) -> str:
    """The URL that shows this page again."""
    query = filters.query() | {name: str(value) for name, value in place.items()}
    return f"{reverse('operation-list')}?{urlencode(query)}" if query else reverse("operation-list")


def _cut(found: QuerySet[Operation], limit: int) -> tuple[list[Operation], bool]:
    """At most so many rows, and whether there are more."""
    rows = list(found[: limit + 1])
    return rows[:limit], len(rows) > limit


def _by(actor: str) -> Q:
    """By id, by the name they had when they asked, or by the name they sign in with."""
    ids = Staff.objects.filter(username__iexact=actor).annotate(actor=Cast("pk", CharField()))
    return Q(actor_id=actor) | Q(actor_name__iexact=actor) | Q(actor_id__in=ids.values("actor"))


def _about(user_id: UUID | None, vehicle_id: UUID | None) -> Q:
    items = Item.objects.filter(operation=OuterRef("pk"))
    if user_id:
        items = items.filter(user_id=user_id)
    if vehicle_id:
        items = items.filter(vehicle_id=vehicle_id)
    return Q(Exists(items))
