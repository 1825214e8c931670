"""Many rows for little more than the price of one."""

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

from django import template
from django.template import Context
from django.template.loader import get_template
from django.utils.html import escape
from django.utils.safestring import SafeString

register = template.Library()

# Stands around the number of a text in a pattern, and between texts: none has it, since only printable ones are let in.
_MARK = "\0"
_INDENTATION = re.compile(r"\n\s*")
_MARKED = re.compile(f"{_MARK}([0-9]+){_MARK}")


@register.simple_tag(takes_context=True)
def each_row(context: Context, partial: str, rows: Sequence[Any]) -> SafeString:
    """
    The partial for each row, a dataclass that it knows as `row`.

    It is rendered once for each shape of row, with marks in place of texts, and
    every row then fills in its own, escaped: row by row it would be a third of
    the cost of a page. So a partial may print a text or ask whether there is
    one, but a filter or a comparison would see the mark. What is not text, a
    badge for example, belongs to the shape and can be used as ever. Line ends and
    what indents the next line are left out, as a hundred rows repeat them.
    """
    patterns: dict[tuple[object, ...], str] = {}
    lines = []
    for row in rows:
        values = _values(row)
        shape = tuple(bool(value) if isinstance(value, str) else value for value in values)
        if shape not in patterns:
            patterns[shape] = _pattern(context, partial, row)
        lines.append(patterns[shape].format(*_escaped(values)))
    return SafeString("".join(lines))


def _pattern(context: Context, partial: str, row: Any) -> str:
    """The partial as a format string, whose fields are the numbers of the row's."""
    marks = {
        field.name: f"{_MARK}{number}{_MARK}"
        for number, (field, value) in enumerate(zip(fields(row), _values(row), strict=True))
        if value and isinstance(value, str)
    }
    around: dict[Any, Any] = context.flatten()
    html = _INDENTATION.sub("", get_template(partial).render(around | {"row": replace(row, **marks)}))
    return _MARKED.sub(r"{\1}", html.replace("{", "{{").replace("}", "}}"))


def _values(row: Any) -> tuple[Any, ...]:
    values: tuple[Any, ...] = attrgetter(*row.__dataclass_fields__)(row)
    return values


def _escaped(values: tuple[Any, ...]) -> list[str]:
    """All at once, since escaping costs by the call."""
    return escape(_MARK.join(value if isinstance(value, str) else "" for value in values)).split(_MARK)
