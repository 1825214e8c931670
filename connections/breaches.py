"""
Reports of browsers that a page wanted what the content security policy forbids, counted by directive.

Anybody can send them, so nothing of what they say is kept: only that there was
one, under the name of a directive there is, and so many in a minute at most.
"""

import json
from collections import Counter
from collections.abc import Iterator
from time import time
from typing import Any

from django.core.cache import cache
from django.db.models import F

from connections.models import PolicyBreach

LARGEST_REPORT = 16 * 1024
REPORTS_A_MINUTE = 60
_MOST_AT_ONCE = 20
_OTHER = "other"
_DIRECTIVES = {
    *("default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem"),
    *("style-src-attr", "img-src", "connect-src", "font-src", "media-src", "object-src", "frame-src", "child-src"),
    *("worker-src", "manifest-src", "form-action", "base-uri", "frame-ancestors"),
}


def is_too_much() -> bool:
    """Whether this minute has seen enough; counts the report otherwise. Two at once may count as one."""
    key = f"policy-breaches:{int(time()) // 60}"
    seen = cache.get(key, 0)
    if seen >= REPORTS_A_MINUTE:
        return True
    cache.set(key, seen + 1, 120)
    return False


def count(report: bytes) -> None:
    """Raises `ValueError` for what is no report."""
    for directive, number in Counter(_directives(json.loads(report))).items():
        PolicyBreach.objects.get_or_create(directive=directive)
        PolicyBreach.objects.filter(directive=directive).update(count=F("count") + number)


def _directives(report: Any) -> Iterator[str]:
    """Of one report as `report-uri` sends it, or of several as `report-to` does."""
    reports = [each.get("body") for each in _objects(report)] if isinstance(report, list) else [_old(report)]
    for body in _objects(reports):
        name = body.get("effectiveDirective") or body.get("effective-directive") or body.get("violated-directive")
        yield name if isinstance(name, str) and name in _DIRECTIVES else _OTHER


def _old(report: Any) -> Any:
    if not isinstance(report, dict) or "csp-report" not in report:
        raise ValueError("not a report")
    return report["csp-report"]


def _objects(values: list[Any]) -> list[dict[str, Any]]:
    return [value for value in values[:_MOST_AT_ONCE] if isinstance(value, dict)]
