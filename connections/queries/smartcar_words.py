"""
What the client says of Smartcar, in the language of whoever looks.

The client speaks English, as the log does, and an operation keeps its sentence
for as long as it is not done; so a sentence is known again by its form. What
Smartcar itself said stays as it was said, in quotation marks.
"""

import re

from django.utils.translation import gettext, gettext_noop

_FORMS = (
    gettext_noop("%(what)s (HTTP %(status)s): “%(words)s”."),
    gettext_noop("%(what)s (HTTP %(status)s)."),
    gettext_noop("%(whose)s could not be reached (%(why)s); nothing was sent."),
    gettext_noop("%(whose)s did not answer in time."),
    gettext_noop("%(whose)s broke off its answer."),
    gettext_noop("The answer of %(whose)s cannot be unpacked."),
    gettext_noop("Smartcar answered with status %(status)s, which is no answer here."),
    gettext_noop("Smartcar's answer has a row without a UUID as %(field)s."),
    gettext_noop("Smartcar's token host gave no access token. %(rest)s"),
)
_PARTS = {
    "what": (
        gettext_noop("Smartcar finds the request invalid"),
        gettext_noop("Smartcar does not accept the credentials"),
        gettext_noop("Smartcar does not allow this with these credentials"),
        gettext_noop("Smartcar does not know what was asked for"),
        gettext_noop("Smartcar has switched off this version of its API"),
        gettext_noop("Smartcar's request allowance is used up"),
        gettext_noop("Smartcar refuses because of the plan or the account"),
        gettext_noop("Smartcar failed"),
        gettext_noop("Smartcar refuses with a status it does not document"),
    ),
    "whose": ("Smartcar", gettext_noop("Smartcar's token host")),
    "why": (
        gettext_noop("its TLS certificate or protocol is not acceptable"),
        gettext_noop("no connection in time"),
        gettext_noop("no connection"),
    ),
}
_WHOLE = (
    gettext_noop("A page of HTML answered in Smartcar's stead (HTTP 404)."),
    gettext_noop("Smartcar answered with another connection."),
    gettext_noop("Smartcar's answer does not list what was removed."),
    gettext_noop("Smartcar's answer has no list of connections."),
    gettext_noop("Smartcar's answer is empty."),
    gettext_noop("Smartcar's answer is not the JSON that was expected."),
    gettext_noop("Smartcar's answer is too large to be one."),
    gettext_noop("Smartcar's list changed each time it was read."),
    gettext_noop("Smartcar's list goes round in a circle."),
    gettext_noop("Smartcar's token host answered without an access token."),
    gettext_noop("Smartcar's token host does not accept SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET."),
    gettext_noop(
        "SMARTCAR_CLIENT_ID holds the Application ID (a UUID), the usual mistake: "
        "Smartcar's client ids begin with client_."
    ),
    gettext_noop("This connection comes without its connection id, by which alone v3 deletes."),
)


def _pattern(form: str) -> re.Pattern[str]:
    """What may stand for a part that is a word of ours is one of those; anything else may be any text."""

    def part(placeholder: re.Match[str]) -> str:
        name = placeholder[1]
        words = "|".join(map(re.escape, _PARTS.get(name, ())))
        return f"(?P<{name}>{words or '.+'})"

    return re.compile(re.sub(r"%\\\((\w+)\\\)s", part, re.escape(form)), re.DOTALL)


_PATTERNS = tuple((form, _pattern(form)) for form in _FORMS)


def in_words(sentence: str) -> str:
    """The sentence of a `SmartcarError`, translated; one of another form, or in no catalogue, stays as it is."""
    for form, pattern in _PATTERNS:
        if found := pattern.fullmatch(sentence):
            return gettext(form) % {name: _part(name, text) for name, text in found.groupdict().items()}
    return gettext(sentence)


def _part(name: str, text: str) -> str:
    if name == "rest":
        return in_words(text)
    return gettext(text) if name in _PARTS else text
