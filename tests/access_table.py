"""
Who may do what, as one table: `python -m tests.access_table` writes it into docs/security.md.

It is made of what the code itself asks: the URLconf, the methods and the
permission that each view names, and the table of roles.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from connections.permissions import GRANTS, Permission, Role
from tests.addresses import EVERY, FOR_WHO_READS_ALL, Address

DOCUMENT = Path(__file__).parents[1] / "docs/security.md"
NOBODY = "not signed in"
WHO = (NOBODY, *(role.value for role in Role))
SERVED, REFUSED, SENT_AWAY = "yes", "403", "sign in"
_BEGIN, _END = "<!-- access table: begin -->", "<!-- access table: end -->"

# URL, methods, and what each of WHO gets.
Row = tuple[str, tuple[str, ...], tuple[str, ...]]


def rows() -> Iterator[Row]:
    """Every URL, once for each group of methods that asks for the same."""
    for address in EVERY:
        methods = address.allowed_methods or _methods_of_others(address)
        for permission in dict.fromkeys(map(address.permission, methods)):
            alike = tuple(method for method in methods if address.permission(method) == permission)
            yield address.pattern, alike, tuple(_verdict(address, permission, who) for who in WHO)


def _methods_of_others(address: Address) -> tuple[str, ...]:
    """Views of allauth are classes with a function for each method; what machines ask is read, but for reports."""
    view = vars(address.view).get("view_class")
    if view is None:
        return ("POST",) if address.name == "csp-report" else ("GET", "HEAD")
    return tuple(name for name in ("GET", "POST") if hasattr(view, name.lower()))


def _verdict(address: Address, permission: Permission | None, who: str) -> str:
    if address.is_open:
        return SERVED
    if who == NOBODY:
        return SENT_AWAY
    if address.name in FOR_WHO_READS_ALL and who != Role.AUDITOR:
        return REFUSED
    return SERVED if permission is None or permission in GRANTS[Role(who)] else REFUSED


def table() -> str:
    """As Markdown."""
    lines = [_line("URL", "Methods", *WHO), _line(*["---"] * (len(WHO) + 2))]
    lines += [_line(f"`{url}`", " ".join(methods), *verdicts) for url, methods, verdicts in rows()]
    return "\n".join(lines)


def documented() -> str:
    """The table that stands in the document now."""
    found = re.search(f"{_BEGIN}\n(.*?)\n{_END}", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found, "the marks of the table are missing"
    return found[1]


def told() -> dict[tuple[str, str, str], str]:
    """What the document says: URL, method and who, and what they get."""
    says: dict[tuple[str, str, str], str] = {}
    for line in documented().splitlines()[2:]:
        url, methods, *verdicts = [cell.strip() for cell in line.strip("|").split("|")]
        for method in methods.split():
            says |= {(url.strip("`"), method, who): verdict for who, verdict in zip(WHO, verdicts, strict=True)}
    return says


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(text.replace(f"{_BEGIN}\n{documented()}\n", f"{_BEGIN}\n{table()}\n"), encoding="utf-8")
