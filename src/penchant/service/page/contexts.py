"""The context of each template. Templates get nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penchant.data.scale import Scale


@dataclass(frozen=True)
class Stars:
    """How an item is rated on the page. value: the visitor's own rating, or None."""

    item: str
    title: str
    value: float | None
    levels: Sequence[float]
    as_stars: bool


@dataclass(frozen=True)
class Row:
    """An item that can be rated."""

    item: str
    title: str
    tags: Sequence[str]
    ratings: int
    stars: Stars


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
class Because:
    """One of the visitor's ratings and its pull. width: of its bar, 0 to 100. up: whether the pull is positive."""

    item: str
    title: str
    rating: str
    pull: str
    width: float
    up: bool


@dataclass(frozen=True)
class Card:
    """One recommended item. sure: None if there is no rating model. because: the ratings with the highest pulls."""

    rank: int
    item: str
    title: str
    tags: Sequence[str]
    sure: Sure | None
    because: Sequence[Because]
    new: bool


@dataclass(frozen=True)
class ListPart:
    """The list of recommendations. rated: the number of ratings behind it."""

    cards: Sequence[Card]
    rated: int
    source: str
    version: str


@dataclass(frozen=True)
class SearchPart:
    text: str
    rows: Sequence[Row]
    total: int


@dataclass(frozen=True)
class AskPart:
    """Items to ask about. rated: the number of ratings so far."""

    rows: Sequence[Row]
    rated: int


@dataclass(frozen=True)
class RatingsPart:
    rows: Sequence[Row]


@dataclass(frozen=True)
class Home:
    search: SearchPart
    list: ListPart
    ask: AskPart
    mine: RatingsPart
    items: int
    high: str


@dataclass(frozen=True)
class Term:
    """One part of a prediction, in an explanation."""

    name: str
    amount: str


@dataclass(frozen=True)
class WhyPart:
    item: str
    title: str
    terms: Sequence[Term]
    because: Sequence[Because]


@dataclass(frozen=True)
class Near:
    item: str
    title: str
    tags: Sequence[str]
    similarity: str


@dataclass(frozen=True)
class ItemPage:
    row: Row
    sure: Sure | None
    bias: str
    bias_words: str
    known: bool
    near: Sequence[Near]


@dataclass(frozen=True)
class MapPage:
    points: int
    ends: Sequence[Sequence[str]]


@dataclass(frozen=True)
class MinePage:
    mine: RatingsPart
    user: str | None


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
    status: int
    title: str
    detail: str


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


def without_year(title: str) -> str:
    """A title without the brackets at its end."""
    return re.sub(r"( \([^()]*\))+$", "", title) or title


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
