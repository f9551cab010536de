"""The contexts of the templates. Templates get nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penchant.data.scale import Scale
from penchant.service.catalogue import without_year
from penchant.service.page.covers import Cover

__all__ = ["without_year"]


@dataclass(frozen=True)
class Shell:
    """What every page needs. levels, as_stars: of a rating, for the dialog. items: titles that can be searched."""

    levels: Sequence[float]
    as_stars: bool
    items: int


@dataclass(frozen=True)
class Stars:
    """How an item is rated on the page. value: the visitor's own rating, or None."""

    item: str
    title: str
    value: float | None
    levels: Sequence[float]
    as_stars: bool


@dataclass(frozen=True)
class Sure:
    """A prediction and its uncertainty, as text and as positions on a scale from 0 to 100.

    low, high: the interval of one standard deviation, which contains about two of three ratings.
    """

    score: str
    low: str
    high: str
    word: str
    filled: float
    at: float
    start: float
    width: float


@dataclass(frozen=True)
class Card:
    """One item of a row. expected: the expected rating, or None. value: the visitor's own rating. note: a reason."""

    item: str
    title: str
    name: str
    year: int | None
    tags: Sequence[str]
    cover: Cover
    ratings: int
    expected: str | None
    value: float | None
    mark: str | None
    new: bool = False
    note: str = ""


@dataclass(frozen=True)
class Row:
    """An item that can be rated in a line."""

    card: Card
    stars: Stars


@dataclass(frozen=True)
class CardRow:
    """A row of cards. name: its part of the address. later: whether a script fetches the cards. more: the address of a
    longer list, or None."""

    name: str
    heading: str
    lead: str
    cards: Sequence[Card]
    more: str | None = None
    later: bool = False


@dataclass(frozen=True)
class Filters:
    """What the lists are filtered by. query: the part of an address that keeps the filters."""

    label: str
    years: str
    labels: Sequence[str]
    spans: Sequence[tuple[str, str]]
    query: str

    @property
    def active(self) -> bool:
        return bool(self.label or self.years)


@dataclass(frozen=True)
class Home:
    """ask: items to rate. needed: how many more ratings the first run asks for; 0 if it is over."""

    ask: Sequence[Row]
    rated: int
    needed: int
    card_rows: Sequence[CardRow]
    filters: Filters


@dataclass(frozen=True)
class CardRowPage:
    card_row: CardRow
    filters: Filters


@dataclass(frozen=True)
class SearchPage:
    text: str
    rows: Sequence[Row]
    total: int
    more: str | None


@dataclass(frozen=True)
class SumPart:
    """One signed part of a sum. start, width: of its bar, 0 to 100. up: whether it adds. item: linked, or empty."""

    name: str
    amount: str
    start: float
    width: float
    up: bool
    item: str = ""
    note: str = ""


@dataclass(frozen=True)
class DrawnSum:
    """An exact sum, drawn. total: the sum of the bars. zero: where 0 is, 0 to 100. note: what it means."""

    heading: str
    note: str
    bars: Sequence[SumPart]
    total_name: str
    total: str
    zero: float


@dataclass(frozen=True)
class Liked:
    """P(like) in percent, and from which rating an item is liked."""

    percent: int
    liked_from: str


@dataclass(frozen=True)
class ItemPage:
    row: Row
    sure: Sure | None
    like: Liked | None
    bias: str
    bias_words: str
    links: Sequence[tuple[str, str]]
    splits: Sequence[DrawnSum]
    near: CardRow


@dataclass(frozen=True)
class TasteLine:
    """One genre or decade. own, others: mean ratings as text and positions from 0 to 100. count: of own ratings."""

    name: str
    count: int
    own: str
    others: str
    own_at: float
    others_at: float


@dataclass(frozen=True)
class MapSpot:
    x: float
    y: float
    size: float
    hue: int
    title: str = ""


@dataclass(frozen=True)
class TastePage:
    """sentences: what the ratings say. place: the visitor's place on the map, or None. spots: of the map."""

    rated: int
    needed: int
    sentences: Sequence[str]
    labels: Sequence[TasteLine]
    eras: Sequence[TasteLine]
    counts: Sequence[tuple[str, int, float]]
    spots: Sequence[MapSpot]
    place: MapSpot | None
    near: Sequence[Card] = ()


@dataclass(frozen=True)
class MapPage:
    points: int
    ends: Sequence[Sequence[str]]
    cards: Sequence[Card]


@dataclass(frozen=True)
class MinePage:
    """rows: rated items. more: the address of a longer list. import_note: what an import has done, in sentences."""

    rows: Sequence[Row]
    total: int
    more: str | None
    user: str | None
    hidden: Sequence[Card]
    code: str = ""
    minutes: int = 0
    said: Sequence[str] = ()
    problem: str = ""
    unmatched: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Curve:
    """One metric by epoch or sample. points: for an SVG polyline on a canvas of 600 by 160."""

    name: str
    points: str
    first: str
    last: str


@dataclass(frozen=True)
class ReportPage:
    version: str
    kind: str
    saved: str
    numbers: Sequence[tuple[str, str]]
    settings: Mapping[str, Any]
    facts: Mapping[str, str]
    curves: Sequence[Curve]
    steps: int


@dataclass(frozen=True)
class ErrorPage:
    title: str
    detail: str
    links: Sequence[tuple[str, str]]


def levels(scale: Scale) -> tuple[list[float], bool]:
    """The possible ratings, and whether they are shown as stars."""
    if scale.step <= 0 or scale.width / scale.step > 20:
        return [], False
    count = round(scale.width / scale.step) + 1
    found = [round(scale.low + n * scale.step, 4) for n in range(count)]
    return found, scale.step in (0.5, 1.0) and scale.low in (0.5, 1.0) and scale.high <= 10


def figure(value: float) -> str:
    """A rating as text: 4, 4.5, 4.3."""
    return f"{value:.1f}".removesuffix(".0")


def signed(value: float) -> str:
    """A change in stars, with its sign: +0.32, −0.10, 0.00."""
    text = f"{abs(value):.2f}"
    return text if text == "0.00" else ("+" if value > 0 else "−") + text


def how_sure(mean: float, std: float, noise: float, scale: Scale) -> Sure:
    """A prediction with its uncertainty in words. noise: the standard deviation of a rating around its expectation."""
    low, high = scale.low, scale.high
    doubt = max(std**2 - noise**2, 0.0) ** 0.5 / noise if noise > 0 else 0.0
    word = "quite sure" if doubt < 0.45 else "fairly sure" if doubt < 0.8 else "more of a guess"

    def place(value: float) -> float:
        return round(100 * (min(max(value, low), high) - low) / (scale.width or 1), 1)

    start, end = place(mean - std), place(mean + std)
    return Sure(
        f"{mean:.1f}", figure(max(mean - std, low)), figure(min(mean + std, high)), word,
        round(100 * mean / high, 1) if high > 0 else 0.0, place(mean), start, round(end - start, 1),
    )  # fmt: skip
