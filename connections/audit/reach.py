"""How far a search has to look: a stretch of the log, from which end, and for how many events."""

from dataclasses import dataclass

from django.db.models import Q


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """
    Events after `after` and before `before`, both left out.

    With a `limit` only so many are wanted, the newest, or the oldest if `is_from_below`.
    """

    after: int = 0
    before: int | None = None
    limit: int | None = None
    is_from_below: bool = False

    @property
    def order(self) -> str:
        return "seq" if self.is_from_below else "-seq"

    def condition(self) -> Q:
        condition = Q(seq__gt=self.after) if self.after else Q()
        return condition if self.before is None else condition & Q(seq__lt=self.before)


WHOLE = Reach()
