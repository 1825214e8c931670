"""
What happened, in one sentence a person reads: plain, calm, exact.

Everything here is text from a body and its details; nothing is looked up. It is in the language of whoever reads;
what the log holds is not.
"""

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from connections.audit.events import EventType
from connections.audit.sentences import log, people, revocations
from connections.audit.sentences.wording import IS_IN_ENGLISH, Body, Phrase, gettext, part

_REDACTED = gettext_noop("somebody (redacted)")
_PHRASES: Mapping[str, Phrase] = {**people.PHRASES, **revocations.PHRASES, **log.PHRASES}


def english_sentence(body: Body, actor: str | None) -> str:
    """The same for files, which do not differ by who asks for them; a catalogue would be most of its cost."""
    before = IS_IN_ENGLISH.set(True)
    try:
        return sentence(body, actor)
    finally:
        IS_IN_ENGLISH.reset(before)


def sentence(body: Body, actor: str | None) -> str:
    """One sentence about an event; `actor` is the name if it is known and not erased."""
    deed = _PHRASES.get(body["type"], _unknown)(body)
    alarm, ticket = part(body, "outcome").get("alarm"), part(body, "why").get("ticket")
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


def _nameless(body: Body) -> str:
    actor = part(body, "actor")
    match actor.get("kind"):
        case "system":
            return gettext("The system")
        case "command":
            return gettext("A command")
        case "anonymous" if "name" not in actor:
            return gettext("Somebody not signed in")
    return gettext(_REDACTED).capitalize()


def _unknown(body: Body) -> str:
    return gettext("did %(type)s") % {"type": body["type"]}
