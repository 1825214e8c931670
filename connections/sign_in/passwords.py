"""One-time passwords: made at random, easy to pass on, and good for nothing but choosing one's own."""

import secrets
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from connections.sign_in.password_rules import word_in

# From Friday afternoon to Monday; whoever comes later asks for another.
ONE_TIME_LIFETIME = timedelta(days=3)
_SYLLABLES = [first + vowel + last for first in "bdfgkmnprstvz" for vowel in "aeiou" for last in "lmnrst"]


def pronounceable() -> str:
    """Easy to read aloud and to type: four words of two syllables, 68 bits."""
    while word_in(made := "-".join(secrets.choice(_SYLLABLES) + secrets.choice(_SYLLABLES) for _ in range(4))):
        pass
    return made


class AnotherThanTheOneTimePassword:
    """Django's password validator: who must choose a password of their own cannot keep the one they were given."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is not None and user.password_until is not None and user.check_password(password):
            raise ValidationError(self.get_help_text(), code="password_is_one_time")

    def get_help_text(self) -> str:
        return gettext("Choose another password than the one you were given.")
