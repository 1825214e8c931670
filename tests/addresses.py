"""Every URL of the URLconf, with sample values in it."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from connections.permissions import Permission

# Where one method of a view asks for more than the others.
ASKS_FOR_MORE = {
    (name, "DELETE"): Permission.REVOKE_CONNECTION
    for name in ("connection-detail", "user-connections", "vehicle-connections")
}
# What an auditor alone is shown, since it is nothing without everybody's events.
FOR_WHO_READS_ALL = {"subject-report", "audit-retention"}
OPEN = {
    *("health-alive", "health-ready", "health-metrics", "csp-report"),
    *("account_login", "account_logout", "account_inactive", "language-choose"),
    *("mfa_authenticate", "mfa_login_webauthn", "openid_connect_login", "openid_connect_callback"),
}
SAMPLES = {"AnyUUIDConverter": "00000000-0000-4000-8000-000000000000", "IntConverter": 1, "KindConverter": "role"}


@dataclass(frozen=True)
class Address:
    """A URL of ours with sample values in it."""

    name: str
    url: str
    pattern: str
    view: Callable[..., Any]

    @property
    def is_open(self) -> bool:
        """To people who are not signed in: machines ask the first four, the others show nobody."""
        return self.name in OPEN

    @property
    def is_ours(self) -> bool:
        return self.view.__module__.startswith("connections.")

    @property
    def allowed_methods(self) -> tuple[str, ...]:
        return tuple(vars(self.view).get("allowed_methods", ()))

    def permission(self, method: str) -> Permission | None:
        return ASKS_FOR_MORE.get((self.name, method)) or vars(self.view).get("required_permission")


def walked(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[Address]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from walked(pattern.url_patterns)
            continue
        assert pattern.name, f"{pattern} has no name"
        converters = pattern.pattern.converters
        samples = {name: SAMPLES[type(converter).__name__] for name, converter in converters.items()}
        yield Address(pattern.name, reverse(pattern.name, kwargs=samples), _written(pattern), pattern.callback)


def _written(pattern: URLPattern) -> str:
    """As people write it: `/staff/<staff_id>/`."""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", str(pattern.pattern))


EVERY = list(walked(get_resolver().url_patterns))
