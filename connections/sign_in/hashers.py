"""Passwords are hashed with Argon2, a few at once."""

from threading import BoundedSemaphore
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

# Each takes 100 MiB while it lasts, and anybody may cause one: without a bound, as many as a process has threads.
_AT_ONCE = 2
_places = BoundedSemaphore(_AT_ONCE)


class FewAtOnce(Argon2PasswordHasher):
    """Django's own, with its parameters; whoever comes third in a process waits."""

    def encode(self, *args: Any, **kwargs: Any) -> str:
        with _places:
            return super().encode(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> bool:
        with _places:
            return super().verify(*args, **kwargs)
