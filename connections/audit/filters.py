"""
Which events one looks for, and the language of the one box.

`actor:ana outcome:unknown -type:connection.listed since:2026-01-01` and free
words, which are looked for among tickets and ids.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from django.db.models import CharField, Q
from django.db.models.functions import Cast

from connections.audit.canonical import storable
from connections.audit.events import EventType
from connections.models import Staff


class Field(StrEnum):
    """What one can filter by; `WORD` is free text."""

    ACTOR = "actor"
    TYPE = "type"
    OUTCOME = "outcome"
    USER = "user"
    VEHICLE = "vehicle"
    CONNECTION = "connection"
    TICKET = "ticket"
    OPERATION = "operation"
    REQUEST = "request"
    SINCE = "since"
    UNTIL = "until"
    WORD = "word"


class FilterError(ValueError):
    """A filter that cannot be understood; the message names it for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition, as it was typed. Raises `FilterError` for a date that is none."""

    field: Field
    value: str
    is_excluded: bool = False

    def __post_init__(self) -> None:
        if self.field in (Field.SINCE, Field.UNTIL):
            _moment(self)

    def __str__(self) -> str:
        value = f'"{self.value}"' if re.search(r"\s", self.value) else self.value
        name = "" if self.field is Field.WORD else f"{self.field}:"
        return f"{'-' * self.is_excluded}{name}{value}"

    def condition(self) -> Q:
        condition = _CONDITIONS[self.field](self)
        return ~condition if self.is_excluded else condition


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions that all hold; none at all means everything."""

    terms: tuple[Term, ...] = ()

    @classmethod
    def of(cls, text: str = "", **values: str) -> Self:
        """What the box says together with plain fields by name. Raises `FilterError`."""
        plain = {Field(name): _bare(value) for name, value in values.items()}
        return cls((*_terms(text), *(Term(field, value) for field, value in plain.items() if value)))

    def __str__(self) -> str:
        """The filters in the language of the box; read again they are the same."""
        return " ".join(map(str, self.terms))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def condition(self) -> Q:
        condition = Q()
        for term in self.terms:
            condition &= term.condition()
        return condition


_TERM = re.compile(r"""(?P<not>-)?(?:(?P<field>[a-z]+):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s"]+))""")
_TYPED = {field.value for field in Field} - {Field.WORD}


def _bare(value: str) -> str:
    """A value that can be written down in the language of the box again."""
    return storable(value).replace('"', " ").strip()


def _terms(text: str) -> list[Term]:
    return [term for found in _TERM.finditer(storable(text)) if (term := _term(found)).value]


def _term(found: re.Match[str]) -> Term:
    name, value = found["field"], found["plain"] or found["quoted"] or ""
    if name and name not in _TYPED:
        raise FilterError(f"There is no filter called {name}: use {', '.join(sorted(_TYPED))}.")
    return Term(Field(name or Field.WORD), value, is_excluded=bool(found["not"]))


def _actor(term: Term) -> Q:
    """By id, or by the name of a member of staff; the log itself keeps names behind commitments."""
    named = Staff.objects.filter(
        Q(username__iexact=term.value) | Q(first_name__iexact=term.value) | Q(last_name__iexact=term.value)
    )
    ids = named.annotate(actor=Cast("pk", CharField())).values_list("actor", flat=True)
    return Q(actor_id__in=[term.value, *ids])


def _type(term: Term) -> Q:
    """One type, or all of a subject: `type:revocation`."""
    value = term.value.lower()
    return Q(type__in=[each.value for each in EventType if each == value or each.startswith(f"{value}.")])


def _word(term: Term) -> Q:
    if not is_uuid(term.value):
        return _ticket(term)
    columns = ("target_user", "target_vehicle", "target_connection", "operation", "request_id", "id")
    condition = Q()
    for column in columns:
        condition |= Q(**{column: term.value.lower()})
    return condition


def _ticket(term: Term) -> Q:
    """As typed, or in the capitals that tickets are mostly written in."""
    return Q(ticket__in=sorted({term.value, term.value.upper()}))


def is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _equal(column: str) -> Callable[[Term], Q]:
    return lambda term: Q(**{column: term.value.lower()})


def _since(term: Term) -> Q:
    return Q(at__gte=_moment(term))


def _until(term: Term) -> Q:
    """A day is meant to its end, a time to the very moment."""
    moment = _moment(term)
    return Q(at__lte=moment) if "T" in term.value else Q(at__lt=moment + timedelta(days=1))


def _moment(term: Term) -> datetime:
    try:
        if "T" not in term.value:
            return datetime.combine(date.fromisoformat(term.value), time(), UTC)
        moment = datetime.fromisoformat(term.value)
    except ValueError as problem:
        raise FilterError(f"{term.field} needs a day such as 2026-01-31.") from problem
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_CONDITIONS: dict[Field, Callable[[Any], Q]] = {
    Field.ACTOR: _actor,
    Field.TYPE: _type,
    Field.OUTCOME: _equal("outcome"),
    Field.USER: _equal("target_user"),
    Field.VEHICLE: _equal("target_vehicle"),
    Field.CONNECTION: _equal("target_connection"),
    Field.TICKET: _ticket,
    Field.OPERATION: _equal("operation"),
    Field.REQUEST: _equal("request_id"),
    Field.SINCE: _since,
    Field.UNTIL: _until,
    Field.WORD: _word,
}
