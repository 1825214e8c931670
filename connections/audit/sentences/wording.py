"""Words in the language of whoever reads, or in English for files, and what every sentence is made with."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, TypeAlias

from django.utils import translation

Body: TypeAlias = Mapping[str, Any]
# The whole of what follows the actor, so that a translation can order its words.
Phrase: TypeAlias = Callable[[Body], str]

IS_IN_ENGLISH = ContextVar("IS_IN_ENGLISH", default=False)


def gettext(message: str) -> str:
    return message if IS_IN_ENGLISH.get() else translation.gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    if IS_IN_ENGLISH.get():
        return singular if number == 1 else plural
    return translation.ngettext(singular, plural, number)


def part(body: Body, group: str) -> Body:
    found: Body = body.get(group) or {}
    return found


def because(deed: str, reason: str | None) -> str:
    """With the reason as it is kept."""
    return gettext("%(deed)s: %(reason)s") % {"deed": deed, "reason": reason} if reason else deed


def just(words: str) -> Phrase:
    return lambda _body: gettext(words)
