"""Initial parameters, as arrays for both backends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary
from penchant.models.baseline import damped_biases
from penchant.models.initialization import Floats, logit, mean_start, spread_start
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel


@dataclass
class DotStart:
    """mean: the constant score. user_bias: (U,), item_bias: (I,). user_vectors: (U, K), item_vectors: (I, K)."""

    mean: float
    user_bias: Floats
    item_bias: Floats
    user_vectors: Floats
    item_vectors: Floats


def bounds_of(scale: Scale, widen: float) -> tuple[float, float]:
    """The range of the sigmoid: the rating scale, widened at both ends so that its ends can be predicted."""
    return scale.low - widen, scale.high + widen


def biased_start(
    ratings: Ratings,
    factors: int,
    spread: float,
    damping: float,
    rng: np.random.Generator,
    bounds: tuple[float, float] | None = None,
) -> DotStart:
    """Damped biases, and random vectors whose dot products have the standard deviation `spread` in rating units.

    With bounds, scores go through a sigmoid with that range. The mean is then its inverse at the mean rating, and
    biases and spread are divided by its slope there.
    """
    biases = damped_biases(ratings, user_damping=damping, item_damping=damping)
    mean, slope = biases.mean, 1.0
    if bounds is not None:
        width = max(bounds[1] - bounds[0], 1e-6)
        share = float(np.clip((biases.mean - bounds[0]) / width, 0.02, 0.98))
        mean, slope = float(logit(share)), width * share * (1.0 - share)
    entries = spread_start(spread / slope, factors)
    return DotStart(
        mean,
        (biases.users / np.float32(slope)).astype(np.float32),
        (biases.items / np.float32(slope)).astype(np.float32),
        entries.draw(rng, ratings.n_users, factors),
        entries.draw(rng, ratings.n_items, factors),
    )


def bare_start(ratings: Ratings, factors: int, spread: float, rng: np.random.Generator) -> DotStart:
    """Vectors whose dot products have the mean of the data; the biases are zero and are not trained."""
    entries = mean_start(ratings.mean, spread, factors)
    return DotStart(
        0.0,
        np.zeros(ratings.n_users, np.float32),
        np.zeros(ratings.n_items, np.float32),
        entries.draw(rng, ratings.n_users, factors),
        entries.draw(rng, ratings.n_items, factors),
    )


def continue_from(start: DotStart, ratings: Ratings, model: TrainedModel) -> DotStart:
    """The initial parameters with the rows of an earlier model for its known ids (from its last sample)."""
    start.mean = float(model.mean[-1])
    _carry(start.user_bias, start.user_vectors, ratings.users, model.users)
    _carry(start.item_bias, start.item_vectors, ratings.items, model.items)
    return start


def _carry(bias: Floats, vectors: Floats, vocabulary: Vocabulary, side: Side) -> None:
    at: NDArray[np.int32] = side.vocabulary.numbers(vocabulary.ids)
    known = at >= 0
    bias[known], vectors[known] = side.bias[-1, at[known]], side.vectors[-1, at[known]]
