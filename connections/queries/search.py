"""Ids in whatever a person pastes, and what Smartcar says they are. What our own records say is in `recognise`."""

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from connections import gateway
from connections.models import Operation
from connections.queries import table
from connections.smartcar.errors import NotFound
from connections.smartcar.types import Filters, Mode

MAX_TEXT = 10_000
MAX_IDS = 20
_ROWS = 25
_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE)


class IdKind(StrEnum):
    USER = "user"
    VEHICLE = "vehicle"
    CONNECTION = "connection"


_HINTS = {
    IdKind.USER: re.compile(r"user|customer|owner", re.IGNORECASE),
    IdKind.VEHICLE: re.compile(r"vehicle|car\b", re.IGNORECASE),
    IdKind.CONNECTION: re.compile(r"connection", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Mention:
    """An id in the text, and what the words just before it call it."""

    id: UUID
    hint: IdKind | None


def find(mentions: tuple[Mention, ...]) -> str | None:
    """
    The page of what one or two ids are, or None if Smartcar does not know them. Raises `SmartcarError`.

    One id costs up to three reads (five in v3, which asks each mode apart), two
    ids up to two (four); hints in the text and what we did before decide which
    come first.
    """
    return _find_one(mentions[0]) if len(mentions) == 1 else _find_pair(mentions)


def mentioned(text: str) -> tuple[Mention, ...]:
    """Ids in the order they stand in, each once, with or without hyphens, in either case."""
    found: dict[UUID, Mention] = {}
    end = 0
    for match in _ID.finditer(text[:MAX_TEXT]):
        before = text[max(end, match.start() - 30) : match.start()]
        end = match.end()
        identifier = UUID(match[0])
        found.setdefault(identifier, Mention(identifier, _hint(before)))
    return tuple(found.values())[:MAX_IDS]


def _hint(before: str) -> IdKind | None:
    """The kind that is named last, nearest to the id."""
    named = [(match.end(), kind) for kind, words in _HINTS.items() for match in words.finditer(before)]
    return max(named)[1] if named else None


def _find_one(mention: Mention) -> str | None:
    guess = mention.hint or _known_as(mention.id)
    kinds = sorted(IdKind, key=lambda kind: kind is not guess)
    return next((url for kind in kinds if (url := _find_as(kind, mention.id))), None)


def _known_as(identifier: UUID) -> IdKind | None:
    """What an id was in an operation of ours, which costs no request."""
    for kind, condition in (
        (IdKind.USER, Q(user_id=identifier)),
        (IdKind.VEHICLE, Q(vehicle_id=identifier)),
        (IdKind.CONNECTION, Q(connection_id=identifier)),
    ):
        if Operation.objects.filter(condition).exists():
            return kind
    return None


def _find_as(kind: IdKind, identifier: UUID) -> str | None:
    if kind is IdKind.CONNECTION:
        return _find_connection(identifier)
    for mode in gateway.modes_to_ask():
        filters = Filters(**{f"{kind}_id": identifier}, mode=mode)
        if gateway.read_page(filters, limit=_ROWS).page.connections:
            return table.list_url(filters, _ROWS)
    return None


def _find_connection(identifier: UUID) -> str | None:
    if not gateway.capabilities().has_connection_ids:
        return None
    try:
        gateway.read_connection(identifier)
    except NotFound:
        return None
    return reverse("connection-by-id", args=[identifier])


def _find_pair(mentions: tuple[Mention, ...]) -> str | None:
    for user, vehicle in sorted(permutations(mentions), key=_unlikeliness):
        for mode in gateway.modes_to_ask():
            filters = Filters(user_id=user.id, vehicle_id=vehicle.id, mode=mode)
            if rows := gateway.read_page(filters, limit=_ROWS).page.connections:
                return table.pair_url(user.id, vehicle.id, rows[0].mode)
    return None


def _unlikeliness(pair: tuple[Mention, ...]) -> int:
    user, vehicle = pair
    return (user.hint is IdKind.VEHICLE) + (vehicle.hint is IdKind.USER)


def urls_of(identifier: UUID) -> tuple[tuple[IdKind, str], ...]:
    """A page for each thing that an id may be; asks Smartcar nothing."""
    mode = None if gateway.capabilities().lists_all_modes else Mode.LIVE
    urls = [
        (IdKind.USER, table.list_url(Filters(user_id=identifier, mode=mode), _ROWS)),
        (IdKind.VEHICLE, table.list_url(Filters(vehicle_id=identifier, mode=mode), _ROWS)),
    ]
    if gateway.capabilities().has_connection_ids:
        urls.append((IdKind.CONNECTION, reverse("connection-by-id", args=[identifier])))
    return tuple(urls)
