"""Operations newest first, a page at a time by id, and what one can narrow them by."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.urls import reverse

from connections.models import Item, Operation, Staff, State
from connections.queries.keyset import keyset
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
    """The page just older than `before` or just newer than `after`; else the newest."""
    filters = filters or OperationFilters()
    found = Operation.objects.filter(filters.condition()).select_related("preview")
    page = keyset(found, before=before, after=after, limit=limit)
    return OperationPage(
        tuple(summary_of(row) for row in page.rows),
        list_url(filters, after=page.newer) if page.newer else None,
        list_url(filters, before=page.older) if page.older else None,
    )


def list_url(filters: OperationFilters, **place: UUID) -> str:
    """The URL that shows this page again."""
    query = filters.query() | {name: str(value) for name, value in place.items()}
    return f"{reverse('operation-list')}?{urlencode(query)}" if query else reverse("operation-list")


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
