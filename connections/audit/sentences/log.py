"""What was done with the audit log itself, and by the system."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from connections.audit.events import EventType, Status
from connections.audit.sentences.wording import Body, Phrase, because, gettext, just, ngettext, part


def _verified(body: Body) -> str:
    verdict = (part(body, "found").get("query") or {}).get("verdict")
    if not verdict:
        return gettext("verified the audit log")
    return gettext("verified the audit log: %(verdict)s") % {"verdict": gettext(_VERDICTS.get(verdict, verdict))}


_VERDICTS = {
    "intact": gettext_noop("intact"),
    "altered": gettext_noop("altered"),
    "incomplete": gettext_noop("incomplete"),
}


def _exported(body: Body) -> str:
    found, status = part(body, "found"), part(body, "outcome").get("status")
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


def _redacted(body: Body) -> str:
    reason = str(part(body, "why").get("reason", "")).replace("_", " ")
    count = part(body, "found").get("count") or 0
    if "acknowledged" in (part(body, "found").get("query") or {}):
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
    return because(words % {"count": count}, reason)


def _segment(words: str) -> Phrase:
    def phrase(body: Body) -> str:
        query = part(body, "found").get("query") or {}
        return gettext(words) % {"first": query.get("first"), "last": query.get("last")}

    return phrase


def _hold(words: str) -> Phrase:
    def phrase(body: Body) -> str:
        query = part(body, "found").get("query") or {}
        return gettext(words) % {"what": f"{query.get('on', '')} {query.get('value', '')}".strip()}

    return phrase


def _reviewed(body: Body) -> str:
    event = part(body, "target").get("id")
    is_flagged = part(body, "why").get("reason") == "flagged"
    words = gettext("flagged event %(event)s") if is_flagged else gettext("found event %(event)s appropriate")
    return words % {"event": event}


PHRASES: Mapping[str, Phrase] = {
    EventType.AUDIT_VIEWED: just(gettext_noop("read the audit log")),
    EventType.AUDIT_EXPORTED: _exported,
    EventType.AUDIT_VERIFIED: _verified,
    EventType.AUDIT_CHECKPOINTED: just(gettext_noop("had a checkpoint of the audit log signed")),
    EventType.AUDIT_REDACTED: _redacted,
    EventType.AUDIT_ARCHIVED: _segment(gettext_noop("archived the events %(first)s to %(last)s of the audit log")),
    EventType.AUDIT_RESTORED: _segment(
        gettext_noop("brought back from the archive the events %(first)s to %(last)s of the audit log")
    ),
    EventType.AUDIT_HOLD_PLACED: _hold(gettext_noop("placed a legal hold on %(what)s")),
    EventType.AUDIT_HOLD_LIFTED: _hold(gettext_noop("lifted a legal hold on %(what)s")),
    EventType.AUDIT_KEY_ROTATED: just(gettext_noop("added a new key that signs the audit log")),
    EventType.AUDIT_KEY_RETIRED: just(gettext_noop("ended the overlap of the keys that sign the audit log")),
    EventType.AUDIT_EPOCH_STARTED: just(
        gettext_noop("began a new epoch of the audit log, after a backup was restored")
    ),
    EventType.AUDIT_REVIEWED: _reviewed,
    EventType.SYSTEM_STARTED: just(gettext_noop("started")),
    EventType.SYSTEM_SPOOL_REPLAYED: just(
        gettext_noop("recorded what had been kept aside while the database was away")
    ),
    EventType.SYSTEM_SELFCHECK_FAILED: just(gettext_noop("refused to start, as the audit log could be altered")),
}
