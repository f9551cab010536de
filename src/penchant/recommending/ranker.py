"""Ranker: the score of an item as a weighted sum of log terms from both parts and from recent choices.

score(u, i) = a · log P(u chooses i) + b · log P(rating >= liked | u, i) + Σ_w c_w · log(recent choices of i)

With a = b = 1 and no other terms it is the log probability that an item is chosen and liked. The weights are fitted on
rows held back from training (`ranker_fitting`).
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
"""The prefix of popularity terms, followed by a number of days: the log of an item's choices in the last days."""

SMALLEST = 1e-9
"""The lowest probability, so that its logarithm is finite."""

FLOOR = 0.005
"""The share of the largest score of a typical user that is added to every choice score."""

DEFAULT_FLOOR = 0.001
"""What is added to every choice score if there are no scores of users, in units of the score."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Liking:
    """P(like): the probability of a rating of `liked` or more, calibrated on held-back ratings.

    It is Φ(intercept + slope · (mean - threshold) / std); the threshold is half a step of the scale below `liked`.
    """

    liked: float
    threshold: float
    intercept: float = 0.0
    slope: float = 1.0

    def __post_init__(self) -> None:
        for name, number in vars(self).items():
            if not isinstance(number, int | float) or not math.isfinite(number):
                raise CallerError(f"{number!r} is not a finite number", where=f"ranker, {name}")

    @classmethod
    def of(cls, values: Array, scale: Scale) -> Liking:
        """The uncalibrated form for a table with these ratings (n,)."""
        liked = liked_from(values)
        return cls(liked, liked - scale.step / 2)

    def z(self, mean: Array, std: Array) -> Array:
        """By how many standard deviations the expected rating is above the threshold, any shape."""
        distance: Array = (mean - self.threshold) / std
        return distance

    def probability(self, mean: Array, std: Array) -> Array:
        """P(like) for ratings of this mean and standard deviation, any shape."""
        from scipy.special import ndtr

        found: Array = ndtr(self.intercept + self.slope * self.z(mean, std))
        return found

    def log_probability(self, mean: Array, std: Array) -> Array:
        """log P(like), any shape."""
        from scipy.special import log_ndtr

        found: Array = log_ndtr(self.intercept + self.slope * self.z(mean, std))
        return np.maximum(found, math.log(SMALLEST))


@dataclass(frozen=True)
class Ranker:
    """The weights of the terms.

    weights: term -> weight in the combined ranking. choice_weights: the same for lists by choice. liking: turns a
    predicted rating into P(like); None without a rating model. cold_share: the total P(choose) of all items without
    interactions, from their share of held-back interactions. floor: see `log_choice`. facts: about the fit of the
    weights. Raises CallerError for an unknown term, and for a weight that is negative or not finite.
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
        """The ranker from the result of `to_json`."""
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


def choice_mass(scores: Array, unrated: NDArray[np.bool_]) -> Array:
    """The sum of the positive scores of B users over the rated items, (B, 1). scores: (B, I). unrated: (I,)."""
    positive = np.maximum(scores, np.float32(0.0))
    positive[:, np.flatnonzero(unrated)] = 0.0
    mass: Array = positive.sum(axis=1, keepdims=True, dtype=np.float64)
    return mass


def log_choice(
    scores: Array,
    unrated: NDArray[np.bool_],
    cold_share: float,
    floor: float,
    at: NDArray[Any] | None = None,
    *,
    mass: Array | None = None,
) -> Array:
    """log P(choose) of B users for all items, (B, I), from the scores (B, I) of a choice model.

    Scores below zero are set to zero, and `floor` is added to each rated item. So no probability is zero, and low
    scores have nearly equal probabilities. Items without interactions share `cold_share` equally. unrated: (I,). at:
    item numbers (m,), for which alone the logarithm is computed, (B, m). mass: (B, 1), the result of `choice_mass`
    where it is known.
    """
    mass = choice_mass(scores, unrated) if mass is None else mass
    cold = int(np.count_nonzero(unrated))
    rated = len(unrated) - cold
    if at is not None:
        scores, unrated = scores[:, at], unrated[at]
    found = log_choice_of_rated(scores, cold_share if cold else 0.0, floor, mass, rated)
    if cold:
        found[:, np.flatnonzero(unrated)] = math.log(cold_share / cold)
    return found


def log_choice_of_rated(scores: Array, cold_share: float, floor: float, mass: Array, rated: int) -> Array:
    """log P(choose) of rated items with these scores, (B, m), as in `log_choice`. rated: how many there are in all."""
    positive = np.maximum(scores, 0.0, dtype=np.float64)
    positive += floor
    found: Array = np.log(positive, out=positive)
    found -= np.log(np.maximum(mass + floor * rated, SMALLEST)) - math.log1p(-cold_share)
    return found


def floor_of(scores: Array) -> float:
    """The floor for the scores of B users, (B, I): a small share of a typical user's largest score."""
    largest = scores.max(axis=1, initial=0.0)
    return FLOOR * float(largest.mean()) if len(largest) and largest.mean() > 0 else DEFAULT_FLOOR


def log_count(counts: Array) -> Array:
    """The logarithm of counts; half a choice is added to each."""
    found: Array = np.log(counts + 0.5)
    return found
