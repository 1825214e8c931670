"""
Which events one looks for, and the language of the one box.

`actor:ana outcome:unknown -type:connection.listed since:2026-01-01` and free
words, which are looked for in tickets and notes and among ids.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Self

from django.db.models import Q
from django.utils.translation import gettext

from connections.audit.canonical import storable
from connections.audit.fields import PINNING, Alternatives, Field, FilterError, alternatives, check
from connections.audit.reach import WHOLE, Reach

__all__ = ["Field", "FilterError", "Filters", "Term"]


# What would be read as something else if it stood without quotes.
_QUOTED_VALUE = re.compile(r"\s")
_QUOTED_WORD = re.compile(r"\s|^-|^[a-z]+:")


@dataclass(frozen=True, slots=True)
class Term:
    """One condition, as it was typed. Raises `FilterError` for one that cannot be looked for."""

    field: Field
    value: str
    is_excluded: bool = False

    def __post_init__(self) -> None:
        check(self.field, self.value)

    def __str__(self) -> str:
        is_word = self.field is Field.WORD
        needs_quotes = (_QUOTED_WORD if is_word else _QUOTED_VALUE).search(self.value)
        value = f'"{self.value}"' if needs_quotes else self.value
        name = "" if is_word else f"{self.field}:"
        return f"{'-' * self.is_excluded}{name}{value}"

    def condition(self, reach: Reach = WHOLE) -> Q:
        condition = reduce(or_, self.alternatives(reach))
        return ~condition if self.is_excluded else condition

    def alternatives(self, reach: Reach) -> Alternatives:
        return alternatives(self.field, self.value, reach)


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions that all hold; none at all means everything."""

    terms: tuple[Term, ...] = ()

    @classmethod
    def of(cls, text: str = "", **values: str) -> Self:
        """What the box says together with plain fields by name. Raises `FilterError`."""
        plain = {Field(name): _bare(value) for name, value in values.items()}
        return cls((*_terms(text), *(Term(field, value) for field, value in plain.items() if value)))

    def __str__(self) -> str:
        """The filters in the language of the box; read again they are the same."""
        return " ".join(map(str, self.terms))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def condition(self) -> Q:
        return _all(term.condition() for term in self.terms)

    def branches(self, reach: Reach, visible_to: Collection[str] | None) -> Alternatives:
        """
        The same condition as several of which one must hold, each of which one index answers newest first.

        No index gives the events of several types, or actors, in the order of
        the log: each is asked by itself, and what they find is merged.
        """
        is_alone = len(self.terms) == 1 and visible_to is None and not self.terms[0].is_excluded
        near = reach if is_alone else Reach(after=reach.after, before=reach.before)
        conditions = [_alternatives(term, near) for term in self.terms]
        if visible_to is not None:
            conditions.append([Q(actor_id=each) for each in sorted(visible_to)] or [Q(pk__in=[])])
        spread = None if self._is_pinned() else max(conditions, key=len, default=None)
        rest = _all(reduce(or_, each) for each in conditions if each is not spread)
        return [rest & each for each in spread] if spread else [rest]

    def values(self, field: Field) -> list[str]:
        """What is asked of a field, where nothing is excluded."""
        return [term.value for term in self.terms if term.field is field and not term.is_excluded]

    def _is_pinned(self) -> bool:
        """By an id whose events are few; free text alone is merged out of several."""
        return len(self.terms) > 1 and any(term.field in PINNING and not term.is_excluded for term in self.terms)


def _alternatives(term: Term, reach: Reach) -> Alternatives:
    return [term.condition(reach)] if term.is_excluded else term.alternatives(reach)


def _all(conditions: Iterable[Q]) -> Q:
    return reduce(and_, conditions, Q())


_TERM = re.compile(r"""(?P<not>-)?(?:(?P<field>[a-z]+):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s"]+))""")
_TYPED = {field.value for field in Field} - {Field.WORD}


def _bare(value: str) -> str:
    """A value that can be written down in the language of the box again."""
    return storable(value).replace('"', " ").strip()


def _terms(text: str) -> list[Term]:
    return [term for found in _TERM.finditer(storable(text)) if (term := _term(found)) is not None]


def _term(found: re.Match[str]) -> Term | None:
    name, value = found["field"], found["plain"] or found["quoted"] or ""
    if name and name not in _TYPED:
        words = gettext("There is no filter called %(name)s: use %(names)s.")
        raise FilterError(words % {"name": name, "names": ", ".join(sorted(_TYPED))})
    return Term(Field(name or Field.WORD), value, is_excluded=bool(found["not"])) if value else None
