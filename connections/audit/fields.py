"""By what one can look for events, and the condition that each makes."""

from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext

from connections.audit import words
from connections.audit.anomalies import Anomaly, conditions_of
from connections.audit.events import EventType, Status
from connections.audit.reach import Reach
from connections.models import AuditEvent, Staff


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
    ANOMALY = "anomaly"
    WORD = "word"


PINNING = {Field.USER, Field.VEHICLE, Field.CONNECTION, Field.TICKET, Field.OPERATION, Field.REQUEST, Field.WORD}
"""Fields that few events share: whoever looks for one of them needs no other index."""

EXACTLY = "="
"""Before a ticket: this one, and none that only holds its text."""

Alternatives = list[Q]
_ID_COLUMNS = ("target_user", "target_vehicle", "target_connection", "operation", "request_id")
EARLIEST = date(1970, 1, 1)
"""The first day that can be looked for."""
_LATEST = date(2999, 12, 31)
# An event's id holds the time at which it was made, in milliseconds.
_AROUND_ID = timedelta(seconds=5)


class FilterError(ValueError):
    """A filter that cannot be understood; the message names it for the person who typed it."""


def check(field: Field, value: str) -> None:
    """Raises `FilterError` for a value that cannot be looked for."""
    if field in (Field.SINCE, Field.UNTIL):
        moment(field, value)
    if field is Field.ANOMALY and value not in set(Anomaly):
        raise FilterError(gettext("An anomaly is one of %(names)s.") % {"names": ", ".join(Anomaly)})
    is_text = field is Field.WORD or (field is Field.TICKET and not value.startswith(EXACTLY))
    if is_text and len(value) < words.SHORTEST:
        said = gettext("“%(value)s” is too short: write %(count)s letters or more, or words together in quotes.")
        raise FilterError(said % {"value": value, "count": words.SHORTEST})


def alternatives(field: Field, value: str, reach: Reach) -> Alternatives:
    """Conditions of which one must hold, each of which one index answers in the order of the log."""
    return _ALTERNATIVES[field](value, reach)


def moment(field: Field, value: str) -> datetime:
    """The first moment of a day, or the moment itself. Raises `FilterError`."""
    try:
        if "T" not in value:
            return _sensible(datetime.combine(date.fromisoformat(value), time(), UTC))
        written = datetime.fromisoformat(value)
        return _sensible(written if written.tzinfo else written.replace(tzinfo=UTC))
    except ValueError as problem:
        raise FilterError(gettext("%(field)s needs a day such as 2026-01-31.") % {"field": field}) from problem


def _sensible(moment: datetime) -> datetime:
    """In UTC, and far from both ends of the calendar, so that hours and days can be added. Raises `ValueError`."""
    if not MINYEAR < moment.year < MAXYEAR:
        raise ValueError
    # PostgreSQL knows no zone as far off as some that can be written.
    within = moment.astimezone(UTC)
    if not EARLIEST <= within.date() <= _LATEST:
        raise ValueError
    return within


def end(value: str) -> datetime:
    """What `until` leaves out begins here: a day is meant to its end, a time to the very moment."""
    is_moment = "T" in value
    return moment(Field.UNTIL, value) + (timedelta(microseconds=1) if is_moment else timedelta(days=1))


def _actor(value: str, _: Reach) -> Alternatives:
    """By id, or by the name of a member of staff; the log itself keeps names behind commitments."""
    named = Q(username__iexact=value) | Q(first_name__iexact=value) | Q(last_name__iexact=value)
    ids = map(str, Staff.objects.filter(named).values_list("pk", flat=True))
    return [Q(actor_id=each) for each in dict.fromkeys(ids) or [value]]


def _type(value: str, _: Reach) -> Alternatives:
    """One type, or all of a subject: `type:revocation`."""
    wanted = value.lower()
    types = [each.value for each in EventType if each == wanted or each.startswith(f"{wanted}.")]
    return [Q(type=each) for each in types or [wanted]]


def _ticket(value: str, reach: Reach) -> Alternatives:
    """A part of it; after `=` the whole, as typed or in the capitals that tickets are mostly written in."""
    if value.startswith(EXACTLY):
        whole = value.removeprefix(EXACTLY)
        return [Q(ticket=each) for each in sorted({whole, whole.upper()})]
    return [words.in_ticket(value, reach)]


def _word(value: str, reach: Reach) -> Alternatives:
    if not is_uuid(value):
        return [words.in_text(value, reach)]
    return [*(Q(**{column: value.lower()}) for column in _ID_COLUMNS), *_of_id(UUID(value))]


def _of_id(identifier: UUID) -> Alternatives:
    """By its own id an event is found through its time, which spares the log one more index."""
    if identifier.version != 7:
        return []
    try:
        made = _sensible(datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC))
    except ValueError:  # beyond the calendar
        return []
    return [Q(id=str(identifier), at__gte=made - _AROUND_ID, at__lte=made + _AROUND_ID)]


def is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _outcome(value: str, reach: Reach) -> Alternatives:
    """
    With other conditions beside it, SQLite would read every event of one index to ask it for the other.

    Of what went wrong there is little: its numbers are read first, from the
    index alone, and the other index is asked for these.
    """
    found = Q(outcome=value.lower())
    if connection.vendor != "sqlite" or reach.limit is not None or value.lower() not in _RARE:
        return [found]
    return [Q(seq__in=AuditEvent.objects.filter(found & reach.condition()).values("seq"))]


_RARE = {Status.FAILED, Status.REFUSED, Status.UNKNOWN, Status.SUPERSEDED}


def _equal(column: str) -> Callable[[str, Reach], Alternatives]:
    return lambda value, _: [Q(**{column: value.lower()})]


_ALTERNATIVES: dict[Field, Callable[[str, Reach], Alternatives]] = {
    Field.ACTOR: _actor,
    Field.TYPE: _type,
    Field.OUTCOME: _outcome,
    Field.USER: _equal("target_user"),
    Field.VEHICLE: _equal("target_vehicle"),
    Field.CONNECTION: _equal("target_connection"),
    Field.TICKET: _ticket,
    Field.OPERATION: _equal("operation"),
    Field.REQUEST: _equal("request_id"),
    Field.SINCE: lambda value, _: [Q(at__gte=moment(Field.SINCE, value))],
    Field.UNTIL: lambda value, _: [Q(at__lt=end(value))],
    Field.ANOMALY: lambda value, _: conditions_of(Anomaly(value)),
    Field.WORD: _word,
}
