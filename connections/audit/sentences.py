"""
What happened, in one sentence a person reads: plain, calm, exact.

Everything here is text from a body and its details; nothing is looked up. It is in the language of whoever reads;
what the log holds is not. A phrase is the whole of what follows the actor, so that a translation can order its words.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_noop

from connections.audit.events import EventType, Status
from connections.audit.purge_words import IN_PLACE_OF

Body = Mapping[str, Any]

REDACTED = gettext_noop("somebody (redacted)")
SHORT = 8


_IS_IN_ENGLISH = ContextVar("_IS_IN_ENGLISH", default=False)


def gettext(message: str) -> str:
    return message if _IS_IN_ENGLISH.get() else translation.gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    if _IS_IN_ENGLISH.get():
        return singular if number == 1 else plural
    return translation.ngettext(singular, plural, number)


def english_sentence(body: Body, actor: str | None) -> str:
    """The same for files, which do not differ by who asks for them; a catalogue would be most of its cost."""
    before = _IS_IN_ENGLISH.set(True)
    try:
        return sentence(body, actor)
    finally:
        _IS_IN_ENGLISH.reset(before)


def sentence(body: Body, actor: str | None) -> str:
    """One sentence about an event; `actor` is the name if it is known and not erased."""
    deed = _PHRASES.get(body["type"], _unknown)(body)
    alarm, ticket = _part(body, "outcome").get("alarm"), _part(body, "why").get("ticket")
    if alarm and ticket:
        pattern = gettext("%(actor)s %(deed)s for %(ticket)s, with an alarm: %(alarm)s.")
    elif alarm:
        pattern = gettext("%(actor)s %(deed)s, with an alarm: %(alarm)s.")
    elif ticket and body["type"] == EventType.REVOCATION_RECONCILED:  # it ends in what became of it
        pattern = gettext("%(actor)s %(deed)s, for %(ticket)s.")
    elif ticket:
        pattern = gettext("%(actor)s %(deed)s for %(ticket)s.")
    else:
        pattern = gettext("%(actor)s %(deed)s.")
    said = gettext(_ended(alarm)).rstrip(".") if alarm else ""
    return pattern % {"actor": actor or _nameless(body), "deed": deed, "ticket": ticket, "alarm": said}


def _ended(sentence: str) -> str:
    """As it was kept: with its full stop."""
    return f"{sentence.rstrip('.')}."


def subject_of(body: Body) -> str:
    """What it was done to, with shortened ids: whole ones stand beside the sentence."""
    target = _part(body, "target")
    user, vehicle = target.get("user"), target.get("vehicle")
    match target.get("kind"):
        case "connection" if user and vehicle:
            words = gettext("the connection of user %(user)s to %(vehicle)s")
            return words % {"user": user[:SHORT], "vehicle": _car(target)}
        case "connection" if target.get("connection"):
            return gettext("the connection %(id)s") % {"id": target["connection"][:SHORT]}
        case "user" if user:
            whole = gettext("user %(user)s with all that Smartcar keeps of them")
            part = gettext("all connections of user %(user)s")
            return (whole if _is_purge(body) else part) % {"user": user[:SHORT]}
        case "vehicle" if vehicle:
            return gettext("all connections of %(vehicle)s") % {"vehicle": _car(target)}
        case str() as kind if target.get("id"):
            return f"{kind} {target['id']}"
    return gettext("a connection")


def _is_purge(body: Body) -> bool:
    target = _part(body, "target")
    return target.get("kind") == "user" and target.get("id") == "purge"


def _worded(body: Body, words: str) -> str:
    return gettext(IN_PLACE_OF.get(words, words) if _is_purge(body) else words)


def _car(target: Body) -> str:
    described = " ".join(str(target[part]) for part in ("make", "model", "year") if target.get(part))
    vehicle = gettext("vehicle %(id)s") % {"id": target["vehicle"][:SHORT]}
    return f"{vehicle} ({described})" if described else vehicle


def _nameless(body: Body) -> str:
    actor = _part(body, "actor")
    match actor.get("kind"):
        case "system":
            return gettext("The system")
        case "command":
            return gettext("A command")
        case "anonymous" if "name" not in actor:
            return gettext("Somebody not signed in")
    return gettext(REDACTED).capitalize()


def _listed(body: Body) -> str:
    found = _part(body, "found")
    query = found.get("query") or {}
    narrowed = [f"{name.removesuffix('_id')} {value}" for name, value in query.items()]
    return ", ".join([_counted(found.get("count")), *narrowed])


def _counted(count: int | None) -> str:
    if count is None:
        return gettext("listed connections")
    return ngettext("listed %(count)s connection", "listed %(count)s connections", count) % {"count": count}


def _completed(body: Body) -> str:
    outcome = _part(body, "outcome")
    phrase = _worded(body, _COMPLETED.get(outcome.get("status", ""), _TRIED)) % {"subject": subject_of(body)}
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
    status = str(_part(body, "outcome").get("status", "")).replace("_", " ")
    subject = subject_of(body)
    if _part(body, "actor").get("kind") != "staff" or "why" not in body:
        is_not_known = status == "already gone" and _is_purge(body)
        if is_not_known:
            return gettext("found that Smartcar does not know %(subject)s") % {"subject": subject}
        words, found = gettext("read again what became of %(subject)s: %(found)s"), status or _NO_NEWS
    else:
        said = _SAID.get(_part(body, "why").get("reason", ""), _SAID_NOTHING)
        words, found = _worded(body, said), _CONCLUDED.get(status, status)
    return words % {"subject": subject, "found": _worded(body, found)}


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


def _verified(body: Body) -> str:
    verdict = (_part(body, "found").get("query") or {}).get("verdict")
    if not verdict:
        return gettext("verified the audit log")
    return gettext("verified the audit log: %(verdict)s") % {"verdict": gettext(_VERDICTS.get(verdict, verdict))}


_VERDICTS = {
    "intact": gettext_noop("intact"),
    "altered": gettext_noop("altered"),
    "incomplete": gettext_noop("incomplete"),
}


def _exported(body: Body) -> str:
    found, status = _part(body, "found"), _part(body, "outcome").get("status")
    form = gettext(_FORMS.get((found.get("query") or {}).get("format", ""), _LOG))
    number = found.get("count")
    events = "" if number is None else ngettext("%(count)s event", "%(count)s events", number) % {"count": number}
    match status:
        case Status.PENDING:
            pattern = gettext("prepared an export of %(log)s")
        case Status.FAILED:
            pattern = gettext("got an export of %(log)s that broke off after %(events)s")
        case _ if events:
            pattern = gettext("exported %(log)s: %(events)s")
        case _:
            pattern = gettext("exported %(log)s")
    return pattern % {"log": form, "events": events}


_LOG = gettext_noop("the audit log")
_FORMS = {
    "native": gettext_noop("the audit log as a bundle"),
    "csv": gettext_noop("the audit log as CSV"),
    "ocsf": gettext_noop("the audit log as OCSF"),
}


def _refused(body: Body) -> str:
    refused = gettext("was refused")
    if "target" in body:
        refused = gettext("was refused on %(subject)s") % {"subject": subject_of(body)}
    return _because(refused, str(_part(body, "why").get("reason") or "").replace("_", " "))


def _because(deed: str, reason: str | None) -> str:
    """With the reason as it is kept."""
    return gettext("%(deed)s: %(reason)s") % {"deed": deed, "reason": reason} if reason else deed


def _reviewed(body: Body) -> str:
    event = _part(body, "target").get("id")
    is_flagged = _part(body, "why").get("reason") == "flagged"
    words = gettext("flagged event %(event)s") if is_flagged else gettext("found event %(event)s appropriate")
    return words % {"event": event}


def _redacted(body: Body) -> str:
    reason = str(_part(body, "why").get("reason", "")).replace("_", " ")
    count = _part(body, "found").get("count") or 0
    if "acknowledged" in (_part(body, "found").get("query") or {}):
        words = ngettext(
            "named %(count)s personal detail that had been erased from the audit log",
            "named %(count)s personal details that had been erased from the audit log",
            count,
        )
    else:
        words = ngettext(
            "erased %(count)s personal detail from the audit log",
            "erased %(count)s personal details from the audit log",
            count,
        )
    return _because(words % {"count": count}, reason)


def _segment(words: str) -> Callable[[Body], str]:
    def phrase(body: Body) -> str:
        query = _part(body, "found").get("query") or {}
        return gettext(words) % {"first": query.get("first"), "last": query.get("last")}

    return phrase


def _hold(words: str) -> Callable[[Body], str]:
    def phrase(body: Body) -> str:
        query = _part(body, "found").get("query") or {}
        return gettext(words) % {"what": f"{query.get('on', '')} {query.get('value', '')}".strip()}

    return phrase


def _voided(body: Body) -> str:
    if _part(body, "actor").get("kind") == "staff":
        words = gettext_noop("withdrew the request to revoke %(subject)s")
    else:
        words = gettext_noop("voided the approvals, as something had changed, to revoke %(subject)s")
    return _worded(body, words) % {"subject": subject_of(body)}


def _account(words: str) -> Callable[[Body], str]:
    def phrase(body: Body) -> str:
        return _because(gettext(words) % {"account": subject_of(body)}, _part(body, "why").get("reason"))

    return phrase


def _second_factor(body: Body) -> str:
    return _because(gettext("changed their second factor"), _part(body, "why").get("reason"))


def _password(body: Body) -> str:
    was_refused = _part(body, "outcome").get("status") == Status.REFUSED
    if was_refused:
        return gettext("did not know their password when changing it")
    return gettext("changed their password")


def _sign_in_failed(body: Body) -> str:
    return _because(gettext("failed to sign in"), _part(body, "why").get("reason"))


def _signed_in(body: Body) -> str:
    is_emergency = _part(body, "why").get("reason") == "break glass"
    if is_emergency:
        return gettext("signed in without single sign-on, through the account for emergencies")
    return gettext("signed in")


def _signed_out(body: Body) -> str:
    reason = _part(body, "why").get("reason")
    return gettext("ended %(sessions)s") % {"sessions": reason} if reason else gettext("signed out")


def _of(words: str) -> Callable[[Body], str]:
    return lambda body: _worded(body, words) % {"subject": subject_of(body)}


def _just(words: str) -> Callable[[Body], str]:
    return lambda _body: gettext(words)


def _unknown(body: Body) -> str:
    return gettext("did %(type)s") % {"type": body["type"]}


def _part(body: Body, group: str) -> Body:
    part: Body = body.get(group) or {}
    return part


_PHRASES: dict[str, Callable[[Body], str]] = {
    EventType.AUTH_SIGNED_IN: _signed_in,
    EventType.AUTH_SIGNED_OUT: _signed_out,
    EventType.AUTH_SIGN_IN_FAILED: _sign_in_failed,
    EventType.AUTH_PASSWORD_CHANGED: _password,
    EventType.AUTH_SECOND_FACTOR_CHANGED: _second_factor,
    EventType.AUTH_REAUTHENTICATED: _just(gettext_noop("signed in again")),
    EventType.ACCESS_REFUSED: _refused,
    EventType.CONNECTION_LISTED: _listed,
    EventType.CONNECTION_VIEWED: _of(gettext_noop("viewed %(subject)s")),
    EventType.REVOCATION_PREVIEWED: _of(gettext_noop("looked at what revoking would remove: %(subject)s")),
    EventType.REVOCATION_INTENDED: _of(gettext_noop("asked to revoke %(subject)s")),
    EventType.REVOCATION_ATTEMPTED: _of(gettext_noop("sent Smartcar the request to revoke %(subject)s")),
    EventType.REVOCATION_COMPLETED: _completed,
    EventType.REVOCATION_RECONCILED: _reconciled,
    EventType.REVOCATION_SEEN_GONE: _of(gettext_noop("saw that Smartcar no longer lists %(subject)s")),
    EventType.REVOCATION_ALARMED: _of(gettext_noop("raised an alarm about %(subject)s")),
    EventType.APPROVAL_REQUESTED: _of(gettext_noop("asked for approval to revoke %(subject)s")),
    EventType.APPROVAL_GRANTED: _of(gettext_noop("approved revoking %(subject)s")),
    EventType.APPROVAL_DENIED: _of(gettext_noop("denied revoking %(subject)s")),
    EventType.APPROVAL_EXPIRED: _of(gettext_noop("let the time run out for approving to revoke %(subject)s")),
    EventType.APPROVAL_VOIDED: _voided,
    EventType.RECEIPT_ISSUED: _of(gettext_noop("issued a receipt for %(subject)s")),
    EventType.AUDIT_VIEWED: _just(gettext_noop("read the audit log")),
    EventType.AUDIT_EXPORTED: _exported,
    EventType.AUDIT_VERIFIED: _verified,
    EventType.AUDIT_CHECKPOINTED: _just(gettext_noop("had a checkpoint of the audit log signed")),
    EventType.AUDIT_REDACTED: _redacted,
    EventType.AUDIT_ARCHIVED: _segment(gettext_noop("archived the events %(first)s to %(last)s of the audit log")),
    EventType.AUDIT_RESTORED: _segment(
        gettext_noop("brought back from the archive the events %(first)s to %(last)s of the audit log")
    ),
    EventType.AUDIT_HOLD_PLACED: _hold(gettext_noop("placed a legal hold on %(what)s")),
    EventType.AUDIT_HOLD_LIFTED: _hold(gettext_noop("lifted a legal hold on %(what)s")),
    EventType.AUDIT_KEY_ROTATED: _just(gettext_noop("added a new key that signs the audit log")),
    EventType.AUDIT_KEY_RETIRED: _just(gettext_noop("ended the overlap of the keys that sign the audit log")),
    EventType.AUDIT_EPOCH_STARTED: _just(
        gettext_noop("began a new epoch of the audit log, after a backup was restored")
    ),
    EventType.AUDIT_REVIEWED: _reviewed,
    EventType.STAFF_CREATED: _account(gettext_noop("created the account of %(account)s")),
    EventType.STAFF_CHANGED: _account(gettext_noop("changed the account of %(account)s")),
    EventType.STAFF_DISABLED: _account(gettext_noop("disabled the account of %(account)s")),
    EventType.SYSTEM_STARTED: _just(gettext_noop("started")),
    EventType.SYSTEM_SPOOL_REPLAYED: _just(
        gettext_noop("recorded what had been kept aside while the database was away")
    ),
    EventType.SYSTEM_SELFCHECK_FAILED: _just(gettext_noop("refused to start, as the audit log could be altered")),
}
