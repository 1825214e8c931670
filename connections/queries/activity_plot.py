"""The plot of activity: where each bar stands, in the units of its drawing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from connections.audit.activity import TONES, Activity, Day

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
    """One day: its bars from the bottom up, and the page with its events."""

    day: str
    total: int
    counts: tuple[int, ...]
    bars: tuple[Bar, ...]
    url: str


@dataclass(frozen=True, slots=True)
class Plot:
    columns: tuple[Column, ...]
    most: int
    width: int = WIDTH
    height: int = HEIGHT


def plot_of(activity: Activity, query: Mapping[str, str]) -> Plot:
    """`query` is that of the search, which each day narrows."""
    most = max((day.total for day in activity.days), default=0)
    step = WIDTH / max(len(activity.days), 1)
    columns = (_column(day, number, step, most, query) for number, day in enumerate(activity.days))
    return Plot(tuple(columns), most)


def _column(day: Day, number: int, step: float, most: int, query: Mapping[str, str]) -> Column:
    written = day.day.isoformat()
    url = f"{reverse('audit-list')}?{urlencode({**query, 'since': written, 'until': written})}"
    bars = tuple(_bars(day, number * step, step * (1 - _GAP), most))
    return Column(written, day.total, day.counts, bars, url)


def _bars(day: Day, x: float, width: float, most: int) -> Iterator[Bar]:
    y = float(HEIGHT)
    for tone, count in zip(TONES, day.counts, strict=True):
        height = HEIGHT * count / most if most else 0
        y -= height
        if count:
            yield Bar(tone or "none", f"{x:.2f}", f"{y:.2f}", f"{width:.2f}", f"{height:.2f}")
