"""Ranker: one number per item out of what the two parts say of it, as a weighted sum of log terms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Scale
from penchant.foundations.errors import CallerError

LOG_CHOICE, LOG_LIKE = "log_choice", "log_like"
TERMS = (LOG_CHOICE, LOG_LIKE)
"""The terms there are: the log probability that an item is chosen, and that it is liked once chosen."""

SMALLEST = 1e-12
"""A probability below this counts as this much, so that its logarithm is finite."""


@dataclass(frozen=True)
class Ranker:
    """A log-linear combination: the score of an item is the sum over terms of weight times term.

    terms: names from TERMS. weights: one for each term, learned elsewhere or given. facts: what a report should say
    about how the weights were found. Raises CallerError for an unknown term or a weight that is no finite number.
    """

    terms: tuple[str, ...]
    weights: tuple[float, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = [term for term in self.terms if term not in TERMS]
        if unknown:
            raise CallerError(
                f"there is no term {unknown[0]!r}", where="ranker", remedy=f"There are: {', '.join(TERMS)}"
            )
        if len(set(self.terms)) != len(self.terms) or len(self.weights) != len(self.terms):
            raise CallerError("every term has one weight", where="ranker", remedy="Name each term once")
        if not all(isinstance(one, int | float) and math.isfinite(one) for one in self.weights):
            raise CallerError(f"{self.weights} are not all finite numbers", where="ranker")

    @classmethod
    def product(cls) -> Ranker:
        """The probability that an item is chosen and liked: both terms with weight one."""
        return cls(TERMS, (1.0, 1.0))

    def score(self, features: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """The weighted sum of the named terms, each (I,) or (B, I); the same shape."""
        total: NDArray[Any] = sum(
            (weight * features[term] for term, weight in zip(self.terms, self.weights, strict=True)),
            start=np.zeros_like(features[TERMS[0]]),
        )
        return total

    def to_json(self) -> dict[str, Any]:
        """The ranker as JSON values."""
        return {"terms": list(self.terms), "weights": list(self.weights), "facts": dict(self.facts)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Ranker:
        """The ranker that `to_json` described."""
        return cls(tuple(values["terms"]), tuple(values["weights"]), dict(values["facts"]))


def liked_from(scale: Scale) -> float:
    """The lowest rating that counts as liked: three quarters up the scale."""
    return scale.low + 0.75 * scale.width


def probability_of_liking(mean: NDArray[Any], std: NDArray[Any], scale: Scale) -> NDArray[Any]:
    """The probability of a rating of `liked_from` or more, for a normal rating of this mean and std; any shape."""
    from scipy.special import ndtr

    probability: NDArray[Any] = ndtr((mean - liked_from(scale)) / std)
    return probability


def ranking_terms(
    choice: NDArray[Any], rating: NDArray[Any], spread: NDArray[Any], scale: Scale
) -> dict[str, NDArray[Any]]:
    """The terms of B users for all items, (B, I) each.

    choice: (B, I) scores of the choice model, read as logits over the catalogue. rating: (B, I) expected ratings.
    spread: (B, 1), the standard deviation of a single rating around its expectation.
    """
    from scipy.special import log_softmax

    like = probability_of_liking(rating, spread, scale)
    return {
        LOG_CHOICE: log_softmax(choice.astype(np.float64), axis=-1),
        LOG_LIKE: np.log(np.maximum(like, SMALLEST)),
    }
