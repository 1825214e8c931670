"""What is left of Smartcar's allowance, in words and as a bar."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext, ngettext

from connections import budget, times
from connections.budget import Left
from connections.grouping import grouped


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """
    For the overview: what is left, what may use it, and when all of it is back (relative, exact, ISO).

    The widths of the bar are in hundredths of it, as text for the SVG.
    """

    requests: int
    capacity: int
    sentence: str
    full: tuple[str, str, str] | None
    width: str
    reserve_width: str
    tone: str


def allowance() -> Allowance:
    left, now = budget.left(), datetime.now(UTC)
    return Allowance(
        requests=left.requests,
        capacity=left.capacity,
        sentence=_sentence(left),
        full=(times.ahead(at, now), times.exact(at), times.iso(at)) if (at := left.full_at) else None,
        width=_hundredths(left.requests, left.capacity),
        reserve_width=_hundredths(min(left.reserve, left.requests), left.capacity),
        tone="good" if left.requests > left.reserve else "warn" if left.requests else "bad",
    )


def _sentence(left: Left) -> str:
    if left.requests > left.reserve:
        kept = ngettext(
            "%(count)s of them is kept for revocations.", "%(count)s of them are kept for revocations.", left.reserve
        )
        return kept % {"count": grouped(left.reserve)} if left.reserve else ""
    if left.requests:
        return gettext("They are kept for revocations, so pages wait.")
    return gettext("Nothing can be asked for now.")


def words_of(left: Left) -> str:
    """For the foot of every page."""
    counts = {"left": grouped(left.requests), "capacity": grouped(left.capacity)}
    if left.full_at is None:
        return gettext("%(left)s of %(capacity)s requests left") % counts
    at = {"at": times.exact(left.full_at)}
    return gettext("%(left)s of %(capacity)s requests left, full again at %(at)s") % (counts | at)


def _hundredths(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}"
