"""Members of staff in tests."""

from collections.abc import Callable

from django.test import Client

from connections.models import Staff

PASSWORD = "correct-horse-battery-staple"

# Makes somebody with this role (and a name, if the role's own will not do) and signs them in.
SignIn = Callable[..., Client]


def enter(client: Client, name: str, password: str = PASSWORD) -> bool:
    """Sign in with this password, and whether that led to any page."""
    return bool(client.post("/accounts/login/", {"login": name, "password": password}).status_code == 302)


def known(name: str) -> Staff:
    """The account as it is in the database now."""
    return Staff.objects.get(username=name)


def url_of(name: str, kind: str = "") -> str:
    """The page of an account, or of something that can be done to it."""
    return f"/staff/{known(name).pk}/{kind}/" if kind else f"/staff/{known(name).pk}/"
