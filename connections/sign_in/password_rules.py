"""What a password may not be: Django's validators in our words, and the words that whoever knows us tries first."""

import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

_PRODUCT = ("smartcar", "connections")
# Shorter parts of a host name, "com" and "www", are in too many innocent words.
_SHORTEST_PART = 4
# What people write for letters; a 1 is read both ways.
_LOOKALIKES = {ord(sign): letter for sign, letter in zip("034578@$!€", "oeastbasie", strict=True)}
_READINGS = [_LOOKALIKES | {ord("1"): letter, ord("|"): letter} for letter in "il"]


class LongEnough(MinimumLengthValidator):
    def get_error_message(self) -> str:
        return gettext("A password has at least %(count)s characters.") % {"count": self.min_length}


class NotCommon(CommonPasswordValidator):
    def get_error_message(self) -> str:
        return gettext("Many people use this password.")


class NotLikeTheUsername(UserAttributeSimilarityValidator):
    def get_error_message(self) -> str:
        return gettext("This is too much like the %(verbose_name)s.")


class NoWordOfOurs:
    """None of `PASSWORD_WORDS`, of the parts of the host in `PUBLIC_URL` and of the product's name, however spelt."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 - Django's signature
        if word := word_in(password):
            words_out = gettext("Leave out “%(word)s”: whoever knows your company tries it first.")
            raise ValidationError(words_out % {"word": word}, code="password_has_word")

    def get_help_text(self) -> str:
        return gettext("Leave out the names of your company and of what it uses.")


def word_in(password: str) -> str | None:
    """The first of our words in it, also in capitals, with signs between its letters, or with digits for letters."""
    spellings = [_bare(password), *(_bare(password.translate(reading)) for reading in _READINGS)]
    return next((word for word in words() if any(_bare(word) in spelling for spelling in spellings)), None)


def words() -> Iterator[str]:
    """All that no password may contain."""
    yield from settings.PASSWORD_WORDS
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    yield from (part for label in host.split(".") for part in label.split("-") if len(part) >= _SHORTEST_PART)
    yield from _PRODUCT


def _bare(text: str) -> str:
    """Letters and digits alone, in lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(filter(str.isalnum, decomposed))
