"""What a person should look at: each kind is a search like any other."""

from enum import StrEnum

from django.conf import settings
from django.db.models import Q

from connections.audit.events import EventType, Status
from connections.models import EmergencySignIn
from connections.models.audit import WIDE

_FRIDAY = 5


class Anomaly(StrEnum):
    """`any` stands for all of the others."""

    ANY = "any"
    UNKNOWN = "unknown"
    ALARM = "alarm"
    REFUSAL = "refusal"
    OUT_OF_HOURS = "out_of_hours"
    EMERGENCY = "emergency"


def conditions_of(anomaly: Anomaly) -> list[Q]:
    """One index answers each."""
    kinds = set(Anomaly) - {Anomaly.ANY} if anomaly is Anomaly.ANY else {anomaly}
    return [condition for kind in sorted(kinds) for condition in _conditions(kind)]


def _conditions(kind: Anomaly) -> list[Q]:
    match kind:
        case Anomaly.UNKNOWN:
            return [Q(outcome=Status.UNKNOWN)]
        case Anomaly.ALARM:
            return [Q(type=EventType.REVOCATION_ALARMED), Q(type=EventType.SYSTEM_SELFCHECK_FAILED)]
        case Anomaly.REFUSAL:
            return [Q(outcome=Status.REFUSED)]
        case Anomaly.EMERGENCY:
            return [Q(seq__in=EmergencySignIn.objects.values("seq"))]
        case _:
            return [WIDE & ~_in_office_hours()]


def _in_office_hours() -> Q:
    """Monday to Friday, by the hours of the settings, in UTC."""
    opens, closes = settings.OFFICE_HOURS
    return Q(at__iso_week_day__lte=_FRIDAY, at__hour__gte=opens, at__hour__lt=closes)
