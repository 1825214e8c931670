"""The environment, read in one place: typed readers that name the variable when a value is malformed."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_DATABASE_SCHEMES = ("sqlite", "postgres", "postgresql")
_TRUTHS = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


@dataclass(frozen=True, slots=True)
class Term:
    """Calendar months, or days."""

    months: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """How long each named thing may take, and everything else."""

    otherwise: Term
    by_name: Mapping[str, Term]


class Environment:
    """
    Settings from variables, each also as `NAME_FILE` holding the path of a file with the value.

    Every reader raises `ImproperlyConfigured` with a sentence that names the
    variable and never repeats a value, since values may be secrets.
    """

    def __init__(self, variables: Mapping[str, str] = os.environ) -> None:
        self._variables = variables

    def text(self, name: str, default: str = "") -> str:
        """The value without surrounding white space; the file wins where both are set."""
        path = self._variables.get(f"{name}_FILE", "").strip()
        if not path:
            return self._variables.get(name, default).strip()
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read as text.") from problem

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name).lower()
        if not value:
            return default
        if value not in _TRUTHS:
            raise ImproperlyConfigured(f"{name} must be true or false.")
        return _TRUTHS[value]

    def positive(self, name: str, default: int) -> int:
        value = self.text(name)
        if not value:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) == 0:
            raise ImproperlyConfigured(f"{name} must be a whole number above zero.")
        return int(value)

    def count(self, name: str, default: int) -> int:
        value = self.text(name)
        if not value:
            return default
        if not re.fullmatch(r"[0-9]{1,2}", value):
            raise ImproperlyConfigured(f"{name} must be a whole number below a hundred.")
        return int(value)

    def share(self, name: str, whole: int, default: int) -> int:
        """A part of a whole number that leaves something of it."""
        value = self.text(name)
        if not value:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) >= whole:
            raise ImproperlyConfigured(f"{name} must be a whole number below {whole}.")
        return int(value)

    def terms(self, name: str, default: Term) -> Terms:
        """Days or calendar months, and others for what is named: `1m,erasure_request=45`."""
        otherwise, by_name = default, {}
        for word in self.words(name):
            key, equals, value = word.rpartition("=")
            written = re.fullmatch(r"([1-9][0-9]{0,3})(m?)", value)
            if written is None or bool(key) != bool(equals):
                raise ImproperlyConfigured(
                    f"{name} must be days or months above zero, like 45 or 1m or 1m,erasure_request=45."
                )
            count = int(written[1])
            term = Term(months=count) if written[2] else Term(days=count)
            if key:
                by_name[key.strip()] = term
            else:
                otherwise = term
        return Terms(otherwise, by_name)

    def hours(self, name: str, default: tuple[int, int]) -> tuple[int, int]:
        """From one hour of the day to a later one: `7-19`."""
        value = self.text(name)
        if not value:
            return default
        written = re.fullmatch(r"([0-9]{1,2})-([0-9]{1,2})", value)
        opens, closes = map(int, written.groups()) if written else (0, 0)
        if not opens < closes <= 24:
            raise ImproperlyConfigured(f"{name} must be two hours of a day, like 7-19.")
        return opens, closes

    def choice(self, name: str, choices: Iterable[str], default: str) -> str:
        choices = tuple(choices)
        value = self.text(name).lower() or default
        if value not in choices:
            raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}.")
        return value

    def words(self, name: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        """A comma-separated list; set but empty means none, unset means the default."""
        if name not in self._variables and f"{name}_FILE" not in self._variables:
            return tuple(default)
        return tuple(word.strip() for word in self.text(name).split(",") if word.strip())

    def pattern(self, name: str, default: str) -> re.Pattern[str]:
        try:
            return re.compile(self.text(name) or default)
        except re.error as problem:
            raise ImproperlyConfigured(f"{name} is not a regular expression: {problem}.") from problem

    def origin(self, name: str, default: str) -> str:
        """Scheme, host and port of an http service, without a path or a trailing slash."""
        value = (self.text(name) or default).rstrip("/")
        if not _is_origin(_parts(value)):
            raise ImproperlyConfigured(f"{name} must be an origin such as https://host.example, without a path.")
        return value

    @staticmethod
    def is_address(host: str) -> bool:
        """Whether a host is an IP address and no name."""
        try:
            ip_address(host)
        except ValueError:
            return False
        return True

    def url(self, name: str) -> str:
        """Of an http service, with a path or without; https unless it is on this machine. Empty if it is not set."""
        value = self.text(name).rstrip("/")
        parts = _parts(value) if value else None
        if not value:
            return ""
        if parts is None or not _is_origin(parts._replace(path="")):
            raise ImproperlyConfigured(f"{name} must be a URL such as https://host.example/path, without a query.")
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ImproperlyConfigured(f"{name} must begin with https://.")
        return value

    def pairs(self, name: str, default: Mapping[str, str]) -> dict[str, str]:
        """Names and what each stands for: `lead=sg-leads,support=sg-support`."""
        pairs = dict(word.partition("=")[::2] for word in self.words(name, [f"{k}={v}" for k, v in default.items()]))
        if not all(key and value for key, value in pairs.items()):
            raise ImproperlyConfigured(f"{name} must be pairs like lead=sg-leads,support=sg-support.")
        return {key.strip(): value.strip() for key, value in pairs.items()}

    def path(self, name: str) -> Path | None:
        value = self._variables.get(name, "").strip()
        return Path(value) if value else None

    def database(self, name: str, default: str, *, base: Path) -> dict[str, Any]:
        """Django's database settings; a relative SQLite file lies in `base`."""
        url = self.text(name) or default
        if url.split(":", 1)[0] not in _DATABASE_SCHEMES:
            raise ImproperlyConfigured(f"{name} must begin with sqlite:/// or postgres://.")
        configuration = _parsed(name, lambda: dict(environ.Env.db_url_config(url)))
        if url.startswith("sqlite:") and configuration["NAME"] != ":memory:":
            configuration["NAME"] = str(base / str(configuration["NAME"]))
        return configuration


def _parts(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_origin(parts: SplitResult | None) -> bool:
    return (
        parts is not None
        and parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and not any((parts.path, parts.query, parts.fragment, parts.username, parts.password))
    )


def _parsed(name: str, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        configuration = read()
    except (ValueError, KeyError, ImproperlyConfigured) as problem:
        raise ImproperlyConfigured(f"{name} is not a database URL.") from problem
    if not configuration.get("NAME"):
        raise ImproperlyConfigured(f"{name} names no database.")
    return configuration
