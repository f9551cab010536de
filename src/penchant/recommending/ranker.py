"""Ranker: one number per item, as a weighted sum of the logarithms of what the two parts and time say of it.

score(u, i) = a · log P(u chooses i) + b · log P(rating >= liked | u, i) + Σ_w c_w · log(recent choices of i)

With a = b = 1 and no further terms it is the probability that an item is chosen and liked. The weights are fitted on
training rows that are held back (`ranker_fitting`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.liked import liked_from
from penchant.data.scale import Scale
from penchant.foundations.errors import CallerError

LOG_CHOICE, LOG_LIKE, LOG_NEIGHBOURS = "log_choice", "log_like", "log_recent_neighbours"
POPULARITY = "log_popularity_"
"""Followed by a number of days: the logarithm of how often an item was chosen in so many last days."""

SMALLEST = 1e-9
"""A probability below this counts as this much, so that its logarithm is finite."""

FLOOR = 0.005
"""What is added to every choice score, as a share of the largest score of a typical user."""

DEFAULT_FLOOR = 0.001
"""The same in units of the score, where no user's scores are at hand."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Liking:
    """P(like): the probability of a rating of `liked` or more, calibrated on held-back ratings.

    Φ(intercept + slope · (mean - threshold) / std), where the threshold lies half a step of the scale below `liked`.
    """

    liked: float
    threshold: float
    intercept: float = 0.0
    slope: float = 1.0

    @classmethod
    def of(cls, values: Array, scale: Scale) -> Liking:
        """The uncalibrated form for a table with these ratings (n,)."""
        liked = liked_from(values)
        return cls(liked, liked - scale.step / 2)

    def z(self, mean: Array, std: Array) -> Array:
        """How many standard deviations the expected rating lies above the threshold, any shape."""
        distance: Array = (mean - self.threshold) / std
        return distance

    def probability(self, mean: Array, std: Array) -> Array:
        """P(like) for ratings of this mean and standard deviation, any shape."""
        from scipy.special import ndtr

        found: Array = ndtr(self.intercept + self.slope * self.z(mean, std))
        return found

    def log_probability(self, mean: Array, std: Array) -> Array:
        """Its logarithm."""
        from scipy.special import log_ndtr

        found: Array = log_ndtr(self.intercept + self.slope * self.z(mean, std))
        return np.maximum(found, math.log(SMALLEST))


@dataclass(frozen=True)
class Ranker:
    """The weights of the terms.

    weights: term -> weight of the combined ranking. choice_weights: the same for lists by choice alone. liking: how a
    predicted rating becomes P(like), or None without a rating model. cold_share: the share of held-back interactions
    that fell on items without interactions: all that such items may claim of a list. floor: see `log_choice`. facts:
    how the weights were found.
    Raises CallerError for an unknown term or a weight that is not a finite number.
    """

    weights: Mapping[str, float]
    choice_weights: Mapping[str, float]
    liking: Liking | None = None
    cold_share: float = SMALLEST
    floor: float = DEFAULT_FLOOR
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, weight in (*self.weights.items(), *self.choice_weights.items()):
            if not is_term(name):
                known = f"{LOG_CHOICE}, {LOG_LIKE}, {LOG_NEIGHBOURS}, {POPULARITY}<days>"
                raise CallerError(f"there is no term {name!r}", where="ranker", remedy=f"There are: {known}")
            if not isinstance(weight, int | float) or not math.isfinite(weight) or weight < 0:
                raise CallerError(f"the weight {weight!r} is not a number from 0 on", where=f"ranker, {name}")
        if not 0 < self.cold_share < 1:
            raise CallerError(f"{self.cold_share!r} is not a share between 0 and 1", where="ranker, cold_share")
        if not 0 < self.floor < math.inf:
            raise CallerError(f"{self.floor!r} is not a number above 0", where="ranker, floor")

    @classmethod
    def product(cls, liking: Liking | None) -> Ranker:
        """P(choose and like): both terms with weight one."""
        return cls({LOG_CHOICE: 1.0, LOG_LIKE: 1.0}, {LOG_CHOICE: 1.0}, liking)

    def used(self, by: str) -> dict[str, float]:
        """The terms with a weight above zero for a list by "combined" or "choice"."""
        weights = self.weights if by == "combined" else self.choice_weights
        return {name: float(weight) for name, weight in weights.items() if weight > 0}

    def to_json(self) -> dict[str, Any]:
        """The ranker as JSON values."""
        return {
            "weights": dict(self.weights),
            "choice_weights": dict(self.choice_weights),
            "liking": None if self.liking is None else vars(self.liking),
            "cold_share": self.cold_share,
            "floor": self.floor,
            "facts": dict(self.facts),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Ranker:
        """The ranker that `to_json` described."""
        liking = None if values["liking"] is None else Liking(**values["liking"])
        weights = (dict(values["weights"]), dict(values["choice_weights"]))
        return cls(*weights, liking, float(values["cold_share"]), float(values["floor"]), dict(values["facts"]))


def is_term(name: str) -> bool:
    """Whether a ranker can have a term of that name."""
    return name in (LOG_CHOICE, LOG_LIKE, LOG_NEIGHBOURS) or window_of(name) is not None


def window_of(name: str) -> float | None:
    """The days of a popularity term, or None for other names."""
    days = name.removeprefix(POPULARITY)
    return float(days) if name.startswith(POPULARITY) and days.replace(".", "", 1).isdigit() else None


def log_choice(scores: Array, unrated: NDArray[np.bool_], cold_share: float, floor: float) -> Array:
    """log P(choose) of B users for all items, (B, I), from the scores of a choice model.

    Scores below zero count as zero, and every rated item gets `floor` more, so that none is impossible and that scores
    which say little stay nearly equal. Items without interactions share `cold_share` evenly. unrated: (I,).
    """
    cold = int(unrated.sum())
    positive = np.where(unrated, 0.0, np.maximum(scores, 0.0) + floor)
    total = np.maximum(positive.sum(axis=1, keepdims=True), SMALLEST)
    known = np.log(positive, out=np.zeros_like(positive), where=positive > 0) - np.log(total)
    if not cold:
        return known
    return np.where(unrated, math.log(cold_share / cold), known + math.log1p(-cold_share))


def floor_of(scores: Array) -> float:
    """The floor for the scores of B users, (B, I): a small share of a typical user's largest score."""
    largest = scores.max(axis=1, initial=0.0)
    return FLOOR * float(largest.mean()) if len(largest) and largest.mean() > 0 else DEFAULT_FLOOR


def log_count(counts: Array) -> Array:
    """The logarithm of a count, an unseen item counting as half a choice."""
    found: Array = np.log(counts + 0.5)
    return found
