"""What people did to come in, what they were refused, and what became of accounts."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from connections.audit.events import EventType, Status
from connections.audit.sentences.subjects import subject_of
from connections.audit.sentences.wording import Body, Phrase, because, gettext, just, part


def _signed_in(body: Body) -> str:
    is_emergency = part(body, "why").get("reason") == "break glass"
    if is_emergency:
        return gettext("signed in without single sign-on, through the account for emergencies")
    return gettext("signed in")


def _signed_out(body: Body) -> str:
    reason = part(body, "why").get("reason")
    return gettext("ended %(sessions)s") % {"sessions": reason} if reason else gettext("signed out")


def _sign_in_failed(body: Body) -> str:
    return because(gettext("failed to sign in"), part(body, "why").get("reason"))


def _password(body: Body) -> str:
    was_refused = part(body, "outcome").get("status") == Status.REFUSED
    if was_refused:
        return gettext("did not know their password when changing it")
    return gettext("changed their password")


def _second_factor(body: Body) -> str:
    return because(gettext("changed their second factor"), part(body, "why").get("reason"))


def _refused(body: Body) -> str:
    refused = gettext("was refused")
    if "target" in body:
        refused = gettext("was refused on %(subject)s") % {"subject": subject_of(body)}
    return because(refused, str(part(body, "why").get("reason") or "").replace("_", " "))


def _account(words: str) -> Phrase:
    def phrase(body: Body) -> str:
        return because(gettext(words) % {"account": subject_of(body)}, part(body, "why").get("reason"))

    return phrase


PHRASES: Mapping[str, Phrase] = {
    EventType.AUTH_SIGNED_IN: _signed_in,
    EventType.AUTH_SIGNED_OUT: _signed_out,
    EventType.AUTH_SIGN_IN_FAILED: _sign_in_failed,
    EventType.AUTH_PASSWORD_CHANGED: _password,
    EventType.AUTH_SECOND_FACTOR_CHANGED: _second_factor,
    EventType.AUTH_REAUTHENTICATED: just(gettext_noop("signed in again")),
    EventType.ACCESS_REFUSED: _refused,
    EventType.STAFF_CREATED: _account(gettext_noop("created the account of %(account)s")),
    EventType.STAFF_CHANGED: _account(gettext_noop("changed the account of %(account)s")),
    EventType.STAFF_DISABLED: _account(gettext_noop("disabled the account of %(account)s")),
}
