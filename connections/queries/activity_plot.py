"""A plot of days and how things ended on them: where each bar stands, in the units of its drawing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from connections.audit.activity import TONES, Day

Words = Mapping[str, str]
EVENT_WORDS = {
    "good": gettext_noop("done"),
    "busy": gettext_noop("under way"),
    "warn": gettext_noop("refused"),
    "bad": gettext_noop("failed"),
    "unknown": gettext_noop("unknown"),
    "": gettext_noop("without outcome"),
}
"""What the tones of events stand for."""

WIDTH, HEIGHT = 900, 160
_GAP = 0.2


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a day's column; all lengths are text, ready for the SVG."""

    tone: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Column:
    """One day: its bars from the bottom up, what they count in words, and the page with what happened on it."""

    day: str
    total: int
    counts: tuple[int, ...]
    named: tuple[tuple[str, int], ...]
    bars: tuple[Bar, ...]
    url: str


@dataclass(frozen=True, slots=True)
class Plot:
    """`series` are the tones, each with its word: the legend, and the columns of the table."""

    columns: tuple[Column, ...]
    series: tuple[tuple[str, str], ...]
    most: int
    total: int
    width: int = WIDTH
    height: int = HEIGHT


def plot_of(days: Sequence[Day], words: Words, url_of: Callable[[str], str] = lambda _: "") -> Plot:
    """`words` say what each of `TONES` stands for; `url_of` is given a day as `2026-11-21`."""
    most = max((day.total for day in days), default=0)
    step = WIDTH / max(len(days), 1)
    columns = (
        Column(
            day=(written := day.day.isoformat()),
            total=day.total,
            counts=day.counts,
            named=tuple((gettext(words[tone]), count) for tone, count in zip(TONES, day.counts, strict=True)),
            bars=tuple(_bars(day, number * step, step * (1 - _GAP), most)),
            url=url_of(written),
        )
        for number, day in enumerate(days)
    )
    series = tuple((tone, gettext(words[tone])) for tone in TONES)
    return Plot(tuple(columns), series, most, sum(day.total for day in days))


def _bars(day: Day, x: float, width: float, most: int) -> Iterator[Bar]:
    y = float(HEIGHT)
    for tone, count in zip(TONES, day.counts, strict=True):
        height = HEIGHT * count / most if most else 0
        y -= height
        if count:
            yield Bar(tone or "none", f"{x:.2f}", f"{y:.2f}", f"{width:.2f}", f"{height:.2f}")
