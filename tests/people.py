"""Members of staff in tests."""

from collections.abc import Callable

from django.test import Client

PASSWORD = "correct-horse-battery-staple"

# Makes somebody with this role (and a name, if the role's own will not do) and signs them in.
SignIn = Callable[..., Client]
