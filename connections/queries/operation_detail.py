"""One operation with each of its connections, and how often its page is to ask again."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.urls import reverse

from connections.audit import archived, browse
from connections.audit.browse import Entry
from connections.models import Item, Operation, State
from connections.queries.operation_words import Badge, badge_of_state
from connections.queries.operations import OperationSummary, moment_of, summary_of
from connections.queries.table import car_of
from connections.revocations.preview import connections_of, is_readable
from connections.revocations.progress import OPEN
from connections.revocations.restore import is_archived
from connections.revocations.scope import is_sent_at_once
from connections.revocations.turn import seconds_to_send
from connections.smartcar.types import Connection

ITEMS = 100
# While something happened lately a page asks often, then rarely: seconds since the last event, seconds between asking.
_INTERVALS = ((timedelta(seconds=30), 2), (timedelta(minutes=10), 10))
_SELDOM = 60


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One connection and what became of it."""

    number: int
    car: str
    user_id: str
    vehicle_id: str
    url: str
    badge: Badge


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """Some of the connections, how many there are in each state, and where the next ones are."""

    rows: tuple[ItemRow, ...]
    count: int
    states: tuple[tuple[Badge, int], ...]
    more_url: str


@dataclass(frozen=True, slots=True)
class Live:
    """`every` so many seconds the page asks again, None when all is settled; `seen` is what it shows by now."""

    every: int | None
    seen: str

    def is_other_state_than(self, seen: str) -> bool:
        """Whether a page that shows `seen` shows another state, not merely fewer events."""
        return seen.split(".")[1:3] != self.seen.split(".")[1:3]


@dataclass(frozen=True, slots=True)
class Progress:
    """
    How far an operation is that is not settled.

    `ends`: when the last of what is left is sent, as fast as Smartcar's allowance
    lets it; `next`: when what was sent is read again. Both as `moment_of`.
    """

    done: int
    count: int
    unsent: int
    ends: tuple[str, str, str] | None
    next: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDetail:
    operation: OperationSummary
    is_readable: bool
    progress: Progress | None
    items: ItemPage
    trail: tuple[Entry, ...]
    archived: str
    live: Live
    url: str


def operation_detail(operation: Operation, *, first: int = 0) -> OperationDetail:
    """The operation with its connections from number `first` on."""
    trail = browse.trail_of_operation(operation.id)
    states = Counter(operation.items.values_list("state", flat=True))
    return OperationDetail(
        operation=summary_of(operation),
        is_readable=is_readable(operation.preview),
        progress=_progress(operation, states) if operation.due_at and operation.state in OPEN else None,
        items=_items(operation, states, first),
        trail=trail,
        archived=archived.words() if is_archived(operation) else "",
        live=_live(operation, trail),
        url=_url(operation, first),
    )


def _progress(operation: Operation, states: Counter[str]) -> Progress:
    unsent, now = states[State.INTENDED], datetime.now(UTC)
    requests = 1 if is_sent_at_once(operation) else unsent
    ends = now + timedelta(seconds=seconds_to_send(operation, requests)) if unsent else None
    is_ahead = operation.due_at is not None and operation.due_at > now
    return Progress(
        done=sum(count for state, count in states.items() if state not in OPEN),
        count=states.total(),
        unsent=unsent,
        ends=moment_of(ends, now),
        next=moment_of(operation.due_at, now) if is_ahead else None,
    )


def _live(operation: Operation, trail: tuple[Entry, ...]) -> Live:
    last = trail[0] if trail else None
    quiet = datetime.now(UTC) - (last.at if last else operation.asked_at)
    every = next((seconds for lately, seconds in _INTERVALS if quiet < lately), _SELDOM)
    every_or_none = every if operation.due_at else None
    parts = (
        last.seq if last else 0,
        operation.state,
        int(operation.needs_person),
        every_or_none or 0,
        int(operation.due_at.timestamp()) if operation.due_at else 0,
    )
    return Live(every_or_none, ".".join(map(str, parts)))


def _items(operation: Operation, states: Counter[str], first: int) -> ItemPage:
    connections = connections_of(operation.preview) if is_readable(operation.preview) else ()
    shown = dict(enumerate(connections))
    rows = list(operation.items.filter(position__gte=first, vehicle_id__isnull=False)[: ITEMS + 1])
    return ItemPage(
        rows=tuple(_row(item, shown.get(item.position)) for item in rows[:ITEMS]),
        count=states.total() if rows else 0,
        states=tuple((badge_of_state(state), states[state]) for state in State if states[state]),
        more_url=_url(operation, rows[ITEMS].position) if len(rows) > ITEMS else "",
    )


def _row(item: Item, connection: Connection | None) -> ItemRow:
    return ItemRow(
        number=item.position + 1,
        car=f"{car_of(connection)} {connection.year or ''}".strip() if connection else "",
        user_id=str(item.user_id),
        vehicle_id=str(item.vehicle_id),
        url=reverse("connection-detail", args=[item.user_id, item.vehicle_id]),
        badge=badge_of_state(item.state),
    )


def _url(operation: Operation, first: int) -> str:
    url = reverse("operation-detail", args=[operation.id])
    return f"{url}?from={first}" if first else url
