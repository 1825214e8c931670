"""
What happened, in one sentence a person reads: plain, calm, exact.

Everything here is text from a body and its details; nothing is looked up.
"""

from collections.abc import Callable, Mapping
from typing import Any

from connections.audit.events import EventType, Status

Body = Mapping[str, Any]

REDACTED = "somebody (redacted)"
SHORT = 8


def sentence(body: Body, actor: str | None) -> str:
    """One sentence about an event; `actor` is the name if it is known and not erased."""
    kind = body["type"]
    words = _PHRASES.get(kind, _unknown)(body)
    return f"{actor or _nameless(body)} {words}{_consequence(body)}."


def subject_of(body: Body) -> str:
    """What it was done to, with shortened ids: whole ones stand beside the sentence."""
    target = _part(body, "target")
    user, vehicle = target.get("user"), target.get("vehicle")
    match target.get("kind"):
        case "connection" if user and vehicle:
            return f"the connection of user {user[:SHORT]} to {_car(target)}"
        case "connection" if target.get("connection"):
            return f"the connection {target['connection'][:SHORT]}"
        case "user" if user:
            is_purge = target.get("id") == "purge"
            whole, part = "user {} with all that Smartcar keeps of them", "all connections of user {}"
            return (whole if is_purge else part).format(user[:SHORT])
        case "vehicle" if vehicle:
            return f"all connections of {_car(target)}"
        case str() as kind if target.get("id"):
            return f"{kind} {target['id']}"
    return "a connection"


def _car(target: Body) -> str:
    described = " ".join(str(target[part]) for part in ("make", "model", "year") if target.get(part))
    vehicle = f"vehicle {target['vehicle'][:SHORT]}"
    return f"{vehicle} ({described})" if described else vehicle


def _consequence(body: Body) -> str:
    alarm = _part(body, "outcome").get("alarm")
    ticket = _part(body, "why").get("ticket")
    is_told = body["type"] == EventType.REVOCATION_RECONCILED  # it ends in what became of it
    return (f"{',' if is_told else ''} for {ticket}" if ticket else "") + (
        f", with an alarm: {alarm.rstrip('.')}" if alarm else ""
    )


def _nameless(body: Body) -> str:
    actor = _part(body, "actor")
    match actor.get("kind"):
        case "system":
            return "The system"
        case "command":
            return "A command"
        case "anonymous" if "name" not in actor:
            return "Somebody not signed in"
    return REDACTED.capitalize()


def _listed(body: Body) -> str:
    found = _part(body, "found")
    query = found.get("query") or {}
    narrowed = [f"{name.removesuffix('_id')} {value}" for name, value in query.items()]
    return ", ".join([f"listed {_count(found.get('count'))}", *narrowed])


def _count(count: int | None) -> str:
    if count is None:
        return "connections"
    return "1 connection" if count == 1 else f"{count} connections"


def _completed(body: Body) -> str:
    outcome = _part(body, "outcome")
    phrase = _COMPLETED.get(outcome.get("status", ""), "tried to revoke {}")
    http = outcome.get("http")
    return phrase.format(subject_of(body)) + (f" (Smartcar answered {http})" if http else "")


_COMPLETED = {
    Status.SUCCESS: "revoked {}",
    Status.ALREADY_GONE: "found {} already gone",
    Status.FAILED: "could not revoke {}",
    Status.REFUSED: "was refused by Smartcar when revoking {}",
    Status.UNKNOWN: "tried to revoke {}, and it is not known whether it was done",
    Status.SUPERSEDED: "left {} alone, as it had been made anew",
}


def _reconciled(body: Body) -> str:
    status = str(_part(body, "outcome").get("status", "")).replace("_", " ")
    if _part(body, "actor").get("kind") != "staff" or "why" not in body:
        is_not_known = status == "already gone" and _part(body, "target").get("id") == "purge"
        return (
            f"found that Smartcar does not know {subject_of(body)}"
            if is_not_known
            else f"read again what became of {subject_of(body)}: {status or 'no news'}"
        )
    found = _CONCLUDED.get(status, status)
    if said := _SAID.get(_part(body, "why").get("reason", "")):
        return f"said that {subject_of(body)} {said}, and a last look found: {found}"
    return f"concluded what became of {subject_of(body)}: {found}"


# What a person said where a last look told.
_SAID = {"said_gone": "is gone", "said_not_applied": "was not revoked"}
_CONCLUDED = {"seen gone": "it is gone", "success": "it is gone", "failed": "it was not revoked"}


def _verified(body: Body) -> str:
    verdict = (_part(body, "found").get("query") or {}).get("verdict")
    return f"verified the audit log: {verdict}" if verdict else "verified the audit log"


def _exported(body: Body) -> str:
    found, status = _part(body, "found"), _part(body, "outcome").get("status")
    form = _FORMS.get((found.get("query") or {}).get("format", ""), "")
    count = f"{found['count']} event{'' if found['count'] == 1 else 's'}" if "count" in found else ""
    match status:
        case Status.PENDING:
            return f"prepared an export of the audit log{form}"
        case Status.FAILED:
            return f"got an export of the audit log{form} that broke off after {count}"
    return f"exported the audit log{form}{f': {count}' if count else ''}"


_FORMS = {"native": " as a bundle", "csv": " as CSV", "ocsf": " as OCSF"}


def _refused(body: Body) -> str:
    reason = _part(body, "why").get("reason")
    on = f" on {subject_of(body)}" if "target" in body else ""
    return f"was refused{on}" + (f": {str(reason).replace('_', ' ')}" if reason else "")


def _reviewed(body: Body) -> str:
    event = _part(body, "target").get("id")
    is_flagged = _part(body, "why").get("reason") == "flagged"
    return f"flagged event {event}" if is_flagged else f"found event {event} appropriate"


def _redacted(body: Body) -> str:
    reason = str(_part(body, "why").get("reason", "")).replace("_", " ")
    count = _part(body, "found").get("count")
    what = "1 personal detail" if count == 1 else f"{count} personal details"
    is_late = "acknowledged" in (_part(body, "found").get("query") or {})
    verb = f"named {what} that had been erased" if is_late else f"erased {what}"
    return f"{verb} from the audit log" + (f": {reason}" if reason else "")


def _segment(verb: str) -> Callable[[Body], str]:
    def phrase(body: Body) -> str:
        query = _part(body, "found").get("query") or {}
        return f"{verb} the events {query.get('first')} to {query.get('last')} of the audit log"

    return phrase


def _hold(verb: str) -> Callable[[Body], str]:
    def phrase(body: Body) -> str:
        query = _part(body, "found").get("query") or {}
        return f"{verb} a legal hold on {query.get('on', '')} {query.get('value', '')}".rstrip()

    return phrase


def _voided(body: Body) -> str:
    if _part(body, "actor").get("kind") == "staff":
        return f"withdrew the request to revoke {subject_of(body)}"
    return f"voided the approvals, as something had changed, to revoke {subject_of(body)}"


def _account(verb: str) -> Callable[[Body], str]:
    def phrase(body: Body) -> str:
        reason = _part(body, "why").get("reason")
        return f"{verb} the account of {subject_of(body)}" + (f": {reason}" if reason else "")

    return phrase


def _second_factor(body: Body) -> str:
    return f"changed their second factor: {_part(body, 'why').get('reason')}"


def _password(body: Body) -> str:
    was_refused = _part(body, "outcome").get("status") == Status.REFUSED
    return "did not know their password when changing it" if was_refused else "changed their password"


def _sign_in_failed(body: Body) -> str:
    reason = _part(body, "why").get("reason")
    return f"failed to sign in: {reason}" if reason else "failed to sign in"


def _signed_in(body: Body) -> str:
    is_emergency = _part(body, "why").get("reason") == "break glass"
    return "signed in without single sign-on, through the account for emergencies" if is_emergency else "signed in"


def _signed_out(body: Body) -> str:
    reason = _part(body, "why").get("reason")
    return f"ended {reason}" if reason else "signed out"


def _of(verb: str) -> Callable[[Body], str]:
    return lambda body: f"{verb} {subject_of(body)}"


def _just(words: str) -> Callable[[Body], str]:
    return lambda _body: words


def _unknown(body: Body) -> str:
    return f"did {body['type']}"


def _part(body: Body, group: str) -> Body:
    part: Body = body.get(group) or {}
    return part


_PHRASES: dict[str, Callable[[Body], str]] = {
    EventType.AUTH_SIGNED_IN: _signed_in,
    EventType.AUTH_SIGNED_OUT: _signed_out,
    EventType.AUTH_SIGN_IN_FAILED: _sign_in_failed,
    EventType.AUTH_PASSWORD_CHANGED: _password,
    EventType.AUTH_SECOND_FACTOR_CHANGED: _second_factor,
    EventType.AUTH_REAUTHENTICATED: _just("signed in again"),
    EventType.ACCESS_REFUSED: _refused,
    EventType.CONNECTION_LISTED: _listed,
    EventType.CONNECTION_VIEWED: _of("viewed"),
    EventType.REVOCATION_PREVIEWED: _of("looked at what revoking would remove:"),
    EventType.REVOCATION_INTENDED: _of("asked to revoke"),
    EventType.REVOCATION_ATTEMPTED: _of("sent Smartcar the request to revoke"),
    EventType.REVOCATION_COMPLETED: _completed,
    EventType.REVOCATION_RECONCILED: _reconciled,
    EventType.REVOCATION_SEEN_GONE: _of("saw that Smartcar no longer lists"),
    EventType.REVOCATION_ALARMED: _of("raised an alarm about"),
    EventType.APPROVAL_REQUESTED: _of("asked for approval to revoke"),
    EventType.APPROVAL_GRANTED: _of("approved revoking"),
    EventType.APPROVAL_DENIED: _of("denied revoking"),
    EventType.APPROVAL_EXPIRED: _of("let the time run out for approving to revoke"),
    EventType.APPROVAL_VOIDED: _voided,
    EventType.RECEIPT_ISSUED: _of("issued a receipt for"),
    EventType.AUDIT_VIEWED: _just("read the audit log"),
    EventType.AUDIT_EXPORTED: _exported,
    EventType.AUDIT_VERIFIED: _verified,
    EventType.AUDIT_CHECKPOINTED: _just("had a checkpoint of the audit log signed"),
    EventType.AUDIT_REDACTED: _redacted,
    EventType.AUDIT_ARCHIVED: _segment("archived"),
    EventType.AUDIT_RESTORED: _segment("brought back from the archive"),
    EventType.AUDIT_HOLD_PLACED: _hold("placed"),
    EventType.AUDIT_HOLD_LIFTED: _hold("lifted"),
    EventType.AUDIT_KEY_ROTATED: _just("added a new key that signs the audit log"),
    EventType.AUDIT_KEY_RETIRED: _just("ended the overlap of the keys that sign the audit log"),
    EventType.AUDIT_EPOCH_STARTED: _just("began a new epoch of the audit log, after a backup was restored"),
    EventType.AUDIT_REVIEWED: _reviewed,
    EventType.STAFF_CREATED: _account("created"),
    EventType.STAFF_CHANGED: _account("changed"),
    EventType.STAFF_DISABLED: _account("disabled"),
    EventType.SYSTEM_STARTED: _just("started"),
    EventType.SYSTEM_SPOOL_REPLAYED: _just("recorded what had been kept aside while the database was away"),
    EventType.SYSTEM_SELFCHECK_FAILED: _just("refused to start, as the audit log could be altered"),
}
