"""
What a text that somebody pasted may be about, from our own records alone: it costs no request to Smartcar.

What a person may not see is not offered to them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop, ngettext

from connections.audit import browse
from connections.models import Item, Operation, Staff
from connections.permissions import Permission, audit_actors_visible_to, may
from connections.queries import search, table
from connections.queries.operation_words import badge_of_state
from connections.queries.search import IdKind, Mention

_BETWEEN_WORDS = re.compile(r"[\s,;:<>()\[\]{}\"'“”|]+")
_EVENT = re.compile(r"\A(?:event\s+|#)(\d{1,12})\Z", re.IGNORECASE)
_NAME = re.compile(r"\A[\w.@+ -]{2,60}\Z")
_AS = {
    IdKind.USER: gettext_noop("as a user"),
    IdKind.VEHICLE: gettext_noop("as a vehicle"),
    IdKind.CONNECTION: gettext_noop("as a connection"),
}
_MOST_TICKETS, _MOST_NAMES, _LONGEST_TICKET = 10, 5, 64


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing the text may be about, and its pages by what their links say, the likeliest first."""

    kind: str
    words: str
    links: tuple[tuple[str, str], ...]
    is_id: bool = False


@dataclass(frozen=True, slots=True)
class Recognised:
    """
    All that can be offered.

    `to_look_up`: the one or two ids that the text is about, if Smartcar is to
    tell what they are. `ticket`: the only one in the text, which goes along to
    the form of a revocation.
    """

    offers: tuple[Offer, ...] = ()
    to_look_up: tuple[Mention, ...] = ()
    ticket: str = ""

    @property
    def only_url(self) -> str | None:
        return self.offers[0].links[0][1] if len(self.offers) == 1 else None


def recognise(text: str, staff: Staff) -> Recognised:
    """What this person can be offered for this text, for a handful of queries at most."""
    text = text[: search.MAX_TEXT].strip()
    mentions, tickets = search.mentioned(text), _tickets_in(text)
    ticket = tickets[0] if len(tickets) == 1 else ""
    offers: list[Offer] = []
    to_look_up: tuple[Mention, ...] = ()
    if may(staff, Permission.VIEW_CONNECTION):
        operations = {each.id: each for each in Operation.objects.filter(pk__in=[each.id for each in mentions])}
        others = tuple(each for each in mentions if each.id not in operations)
        to_look_up = () if operations or len(others) > 2 else others
        offers += [_operation(each) for each in operations.values()]
        offers += _pair(to_look_up, ticket)
        offers += _ids(others, reads_log=may(staff, Permission.VIEW_AUDIT))
        offers += _tickets(tickets, reads_log=may(staff, Permission.VIEW_AUDIT))
    if not mentions and not tickets:
        offers += [*_event(text, staff), *_names(text, staff)]
    return Recognised(tuple(offers), to_look_up, ticket)


def with_ticket(url: str, ticket: str) -> str:
    """The page of a connection, or the table, that will write this ticket into the form of a revocation."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'ticket': ticket})}" if ticket else url


def _operation(operation: Operation) -> Offer:
    state = badge_of_state(operation.state).words
    words = gettext("for %(ticket)s: %(state)s") % {"ticket": operation.ticket, "state": state}
    links = ((gettext("Open"), reverse("operation-detail", args=[operation.id])),)
    return Offer(gettext("Operation"), words, links)


def _pair(ids: tuple[Mention, ...], ticket: str) -> Iterator[Offer]:
    """Which of two is the user is found out when the page is opened, unless the text says it."""
    if len(ids) == 2:
        told = {each.hint: each.id for each in ids}
        user, vehicle = told.get(IdKind.USER), told.get(IdKind.VEHICLE)
        url = table.pair_url(user, vehicle, None) if user and vehicle else _look_up_url(*(each.id for each in ids))
        yield Offer(gettext("Connection"), gettext("of these two ids"), ((gettext("Open"), with_ticket(url, ticket)),))


def _ids(ids: tuple[Mention, ...], *, reads_log: bool) -> Iterator[Offer]:
    known = _known_kinds(ids)
    for each in ids:
        likeliest = each.hint or known.get(each.id)
        kinds = sorted(search.urls_of(each.id), key=lambda found: found[0] is not likeliest)
        links = [(gettext(_AS[kind]), url) for kind, url in kinds]
        if len(ids) == 1 and not likeliest:
            links.insert(0, (gettext("Look it up"), _look_up_url(each.id)))
        if reads_log:
            links.append((gettext("in the audit log"), _log_url(q=str(each.id))))
        yield Offer(gettext("Id"), str(each.id), tuple(links), is_id=True)


def _known_kinds(ids: tuple[Mention, ...]) -> dict[UUID, IdKind]:
    """What ids were in what we did before."""
    wanted = {each.id for each in ids}
    about = Q(user_id__in=wanted) | Q(vehicle_id__in=wanted) | Q(connection_id__in=wanted)
    rows = Item.objects.filter(about).values_list("user_id", "vehicle_id", "connection_id")[:100] if wanted else ()
    return {found: kind for row in rows for kind, found in zip(IdKind, row, strict=True) if found in wanted}


def _look_up_url(*ids: UUID) -> str:
    return f"{reverse('connection-list')}?{urlencode({'q': ' '.join(map(str, ids))})}"


def _tickets_in(text: str) -> tuple[str, ...]:
    """In the order they stand in, each once; one that is typed alone may be in small letters."""
    words = [word.strip(".!?") for word in _BETWEEN_WORDS.split(text)]
    words = [words[0].upper()] if len(words) == 1 else words
    found = (each for each in words if len(each) <= _LONGEST_TICKET and each.isprintable())
    return tuple(dict.fromkeys(each for each in found if settings.TICKET_PATTERN.search(each)))[:_MOST_TICKETS]


def _tickets(tickets: tuple[str, ...], *, reads_log: bool) -> Iterator[Offer]:
    """Those that operations are for; much looks like a ticket, so others are offered only where there is just one."""
    counted = Operation.objects.filter(ticket__in=tickets).values_list("ticket").annotate(Count("id"))
    counts = dict(counted.order_by()) if tickets else {}
    for ticket in tickets:
        count = counts.get(ticket, 0)
        if count or len(tickets) == 1:
            counted_in_words = ngettext("%(count)s operation", "%(count)s operations", count) % {"count": count}
            amount = counted_in_words if count else gettext("no operation yet")
            links = [(gettext("Operations"), f"{reverse('operation-list')}?{urlencode({'ticket': ticket})}")]
            links += [(gettext("in the audit log"), _log_url(ticket=ticket))] if reads_log else []
            yield Offer(gettext("Ticket"), f"{ticket}, {amount}", tuple(links))


def _event(text: str, staff: Staff) -> Iterator[Offer]:
    """`#123` or `event 123`, if this person may read it."""
    match = _EVENT.match(text)
    if match and may(staff, Permission.VIEW_AUDIT):
        found = browse.row(int(match[1]), visible_to=audit_actors_visible_to(staff))
        if found:
            opened = (gettext("Open"), reverse("audit-event", args=[found.seq]))
            yield Offer(gettext("Event"), f"{found.seq}, {found.type}", (opened,))


def _names(text: str, staff: Staff) -> Iterator[Offer]:
    """
    Members of staff by a part of their name.

    Accounts for whoever manages them or reads the whole log; everybody else knows
    colleagues by what they asked for.
    """
    if not _NAME.match(text):
        return
    manages, visible_to = may(staff, Permission.MANAGE_STAFF), audit_actors_visible_to(staff)
    reads_log = may(staff, Permission.VIEW_AUDIT)
    if manages or (reads_log and visible_to is None):
        named = [(str(each.pk), each.username) for each in _accounts(text)]
    else:
        asked = Operation.objects.filter(actor_name__icontains=text).values_list("actor_id", "actor_name")
        named = list(asked.order_by("actor_name").distinct()[:_MOST_NAMES])
    for actor_id, name in named:
        links = [(gettext("Account"), reverse("staff-detail", args=[actor_id]))] if manages else []
        if may(staff, Permission.VIEW_CONNECTION):
            links.append((gettext("Operations"), f"{reverse('operation-list')}?{urlencode({'actor': name})}"))
        if reads_log and (visible_to is None or actor_id in visible_to):
            links.append((gettext("in the audit log"), _log_url(actor=actor_id)))
        yield Offer(gettext("Staff"), name, tuple(links))


def _accounts(part: str) -> QuerySet[Staff]:
    named = Q(username__icontains=part) | Q(first_name__icontains=part) | Q(last_name__icontains=part)
    return Staff.objects.filter(named).order_by("username")[:_MOST_NAMES]


def _log_url(**filters: str) -> str:
    return f"{reverse('audit-list')}?{urlencode(filters)}"
