"""What was seen and revoked: connections, revocations, approvals, receipts."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from connections.audit.events import EventType, Status
from connections.audit.sentences.subjects import is_purge, of, subject_of, worded
from connections.audit.sentences.wording import Body, Phrase, gettext, ngettext, part


def _listed(body: Body) -> str:
    found = part(body, "found")
    query = found.get("query") or {}
    narrowed = [f"{name.removesuffix('_id')} {value}" for name, value in query.items()]
    return ", ".join([_counted(found.get("count")), *narrowed])


def _counted(count: int | None) -> str:
    if count is None:
        return gettext("listed connections")
    return ngettext("listed %(count)s connection", "listed %(count)s connections", count) % {"count": count}


def _completed(body: Body) -> str:
    outcome = part(body, "outcome")
    phrase = worded(body, _COMPLETED.get(outcome.get("status", ""), _TRIED)) % {"subject": subject_of(body)}
    http = outcome.get("http")
    return gettext("%(deed)s (Smartcar answered %(http)s)") % {"deed": phrase, "http": http} if http else phrase


_TRIED = gettext_noop("tried to revoke %(subject)s")
_COMPLETED = {
    Status.SUCCESS: gettext_noop("revoked %(subject)s"),
    Status.ALREADY_GONE: gettext_noop("found %(subject)s already gone"),
    Status.FAILED: gettext_noop("could not revoke %(subject)s"),
    Status.REFUSED: gettext_noop("was refused by Smartcar when revoking %(subject)s"),
    Status.UNKNOWN: gettext_noop("tried to revoke %(subject)s, and it is not known whether it was done"),
    Status.SUPERSEDED: gettext_noop("left %(subject)s alone, as it had been made anew"),
}


def _reconciled(body: Body) -> str:
    status = str(part(body, "outcome").get("status", "")).replace("_", " ")
    subject = subject_of(body)
    if part(body, "actor").get("kind") != "staff" or "why" not in body:
        is_not_known = status == "already gone" and is_purge(body)
        if is_not_known:
            return gettext("found that Smartcar does not know %(subject)s") % {"subject": subject}
        words, found = gettext("read again what became of %(subject)s: %(found)s"), status or _NO_NEWS
    else:
        said = _SAID.get(part(body, "why").get("reason", ""), _SAID_NOTHING)
        words, found = worded(body, said), _CONCLUDED.get(status, status)
    return words % {"subject": subject, "found": worded(body, found)}


_NO_NEWS = gettext_noop("no news")
# What a person said where a last look told.
_SAID = {
    "said_gone": gettext_noop("said that %(subject)s is gone, and a last look found: %(found)s"),
    "said_not_applied": gettext_noop("said that %(subject)s was not revoked, and a last look found: %(found)s"),
}
_SAID_NOTHING = gettext_noop("concluded what became of %(subject)s: %(found)s")
_CONCLUDED = {
    "seen gone": gettext_noop("it is gone"),
    "success": gettext_noop("it is gone"),
    "failed": gettext_noop("it was not revoked"),
}


def _voided(body: Body) -> str:
    if part(body, "actor").get("kind") == "staff":
        words = gettext_noop("withdrew the request to revoke %(subject)s")
    else:
        words = gettext_noop("voided the approvals, as something had changed, to revoke %(subject)s")
    return worded(body, words) % {"subject": subject_of(body)}


PHRASES: Mapping[str, Phrase] = {
    EventType.CONNECTION_LISTED: _listed,
    EventType.CONNECTION_VIEWED: of(gettext_noop("viewed %(subject)s")),
    EventType.REVOCATION_PREVIEWED: of(gettext_noop("looked at what revoking would remove: %(subject)s")),
    EventType.REVOCATION_INTENDED: of(gettext_noop("asked to revoke %(subject)s")),
    EventType.REVOCATION_ATTEMPTED: of(gettext_noop("sent Smartcar the request to revoke %(subject)s")),
    EventType.REVOCATION_COMPLETED: _completed,
    EventType.REVOCATION_RECONCILED: _reconciled,
    EventType.REVOCATION_SEEN_GONE: of(gettext_noop("saw that Smartcar no longer lists %(subject)s")),
    EventType.REVOCATION_ALARMED: of(gettext_noop("raised an alarm about %(subject)s")),
    EventType.APPROVAL_REQUESTED: of(gettext_noop("asked for approval to revoke %(subject)s")),
    EventType.APPROVAL_GRANTED: of(gettext_noop("approved revoking %(subject)s")),
    EventType.APPROVAL_DENIED: of(gettext_noop("denied revoking %(subject)s")),
    EventType.APPROVAL_EXPIRED: of(gettext_noop("let the time run out for approving to revoke %(subject)s")),
    EventType.APPROVAL_VOIDED: _voided,
    EventType.RECEIPT_ISSUED: of(gettext_noop("issued a receipt for %(subject)s")),
}
