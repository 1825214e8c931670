"""
Which class and activity of the Open Cybersecurity Schema Framework each event type is.

Three classes hold them all: Authentication for who comes in, API Activity for
what is asked of Smartcar and of this log, Entity Management for what is decided
about connections, accounts and keys.
"""

from enum import IntEnum
from typing import NamedTuple

from connections.audit.events import EventType

VERSION = "1.9.0"
"""Of the schema, https://schema.ocsf.io/1.9.0/."""


class OcsfClass(IntEnum):
    """`class_uid`; its thousands are the category."""

    AUTHENTICATION = 3002
    ENTITY_MANAGEMENT = 3004
    API_ACTIVITY = 6003

    @property
    def category(self) -> int:
        return self // 1000


class Activity(IntEnum):
    """`activity_id` of Entity Management; the first four are those of API Activity as well."""

    CREATE = 1
    READ = 2
    UPDATE = 3
    DELETE = 4
    DISABLE = 9
    SUSPEND = 12
    RESUME = 13
    OTHER = 99


LOGON, LOGOFF = 1, 2


class Kind(NamedTuple):
    """`name` is that of an activity the class has no number for, which is then 99."""

    ocsf_class: OcsfClass
    activity: int
    name: str


def kind_of(event_type: str) -> Kind:
    """Of a type that is not known here, which a newer version may have recorded: something else, at an interface."""
    return _KINDS.get(event_type) or _api(Activity.OTHER, event_type)


def _api(activity: Activity, name: str = "") -> Kind:
    return Kind(OcsfClass.API_ACTIVITY, activity, name or activity.name.capitalize())


def _entity(activity: Activity, name: str = "") -> Kind:
    return Kind(OcsfClass.ENTITY_MANAGEMENT, activity, name or activity.name.capitalize())


def _authentication(activity: int, name: str) -> Kind:
    return Kind(OcsfClass.AUTHENTICATION, activity, name)


_KINDS: dict[str, Kind] = {
    EventType.AUTH_SIGNED_IN: _authentication(LOGON, "Logon"),
    EventType.AUTH_SIGNED_OUT: _authentication(LOGOFF, "Logoff"),
    EventType.AUTH_SIGN_IN_FAILED: _authentication(LOGON, "Logon"),
    EventType.AUTH_SECOND_FACTOR_CHANGED: _entity(Activity.UPDATE),
    EventType.AUTH_REAUTHENTICATED: _authentication(Activity.OTHER, "Logon again"),
    EventType.ACCESS_REFUSED: _api(Activity.OTHER, "Refused"),
    EventType.CONNECTION_LISTED: _api(Activity.READ),
    EventType.CONNECTION_VIEWED: _api(Activity.READ),
    EventType.REVOCATION_PREVIEWED: _api(Activity.READ),
    EventType.REVOCATION_INTENDED: _entity(Activity.OTHER, "Delete intended"),
    EventType.REVOCATION_ATTEMPTED: _api(Activity.DELETE),
    EventType.REVOCATION_COMPLETED: _entity(Activity.DELETE),
    EventType.REVOCATION_RECONCILED: _api(Activity.READ),
    EventType.REVOCATION_SEEN_GONE: _api(Activity.READ),
    EventType.REVOCATION_ALARMED: _entity(Activity.OTHER, "Alarm"),
    EventType.APPROVAL_REQUESTED: _entity(Activity.OTHER, "Approval requested"),
    EventType.APPROVAL_GRANTED: _entity(Activity.OTHER, "Approval granted"),
    EventType.APPROVAL_DENIED: _entity(Activity.OTHER, "Approval denied"),
    EventType.APPROVAL_EXPIRED: _entity(Activity.OTHER, "Approval expired"),
    EventType.APPROVAL_VOIDED: _entity(Activity.OTHER, "Approval voided"),
    EventType.BULK_UPLOADED: _entity(Activity.CREATE),
    EventType.BULK_STARTED: _entity(Activity.OTHER, "Started"),
    EventType.BULK_PAUSED: _entity(Activity.SUSPEND),
    EventType.BULK_RESUMED: _entity(Activity.RESUME),
    EventType.BULK_CANCELLED: _entity(Activity.OTHER, "Cancelled"),
    EventType.BULK_FINISHED: _entity(Activity.OTHER, "Finished"),
    EventType.RECEIPT_ISSUED: _entity(Activity.READ),
    EventType.AUDIT_VIEWED: _api(Activity.READ),
    EventType.AUDIT_EXPORTED: _api(Activity.READ),
    EventType.AUDIT_VERIFIED: _api(Activity.READ),
    EventType.AUDIT_CHECKPOINTED: _api(Activity.CREATE),
    EventType.AUDIT_REDACTED: _entity(Activity.UPDATE),
    EventType.AUDIT_KEY_ROTATED: _entity(Activity.CREATE),
    EventType.AUDIT_KEY_RETIRED: _entity(Activity.DISABLE),
    EventType.AUDIT_EPOCH_STARTED: _entity(Activity.OTHER, "Epoch started"),
    EventType.AUDIT_REVIEWED: _entity(Activity.OTHER, "Reviewed"),
    EventType.STAFF_CREATED: _entity(Activity.CREATE),
    EventType.STAFF_CHANGED: _entity(Activity.UPDATE),
    EventType.STAFF_DISABLED: _entity(Activity.DISABLE),
    EventType.SYSTEM_STARTED: _entity(Activity.OTHER, "Started"),
    EventType.SYSTEM_SPOOL_REPLAYED: _api(Activity.CREATE),
    EventType.SYSTEM_SELFCHECK_FAILED: _entity(Activity.OTHER, "Self-check failed"),
}
