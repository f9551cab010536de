"""Synthetic ratings of any size with known means, biases and vectors."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.synthetic_pairs import power_law, sample_pairs
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.arguments import checked_arguments
from penchant.foundations.contraction import contract
from penchant.foundations.errors import DataError
from penchant.foundations.rng import Seed, generator

Floats = NDArray[np.float32]
CHUNK = 1 << 20
"""Ratings computed at a time, so that the vectors of 20 million pairs are never in memory together."""


@dataclass(frozen=True)
class World:
    """Synthetic ratings and the parameters they were sampled from.

    user_bias: (U,), item_bias: (I,), user_vectors: (U, K), item_vectors: (I, K). noise: the standard deviation of a
    rating around its expectation before rounding to the scale; it is the lowest RMSE that a model can reach.
    label_bias: (G,) and label_vectors: (G, K), what each label adds to its items, or None.
    """

    ratings: Ratings
    mean: float
    user_bias: Floats
    item_bias: Floats
    user_vectors: Floats
    item_vectors: Floats
    noise: float
    label_bias: Floats | None = None
    label_vectors: Floats | None = None

    def expected(self, users: NDArray[Any], items: NDArray[Any]) -> Floats:
        """The expected rating of each pair before noise and rounding, (B,) float32. users, items: (B,) numbers."""
        expected = np.empty(len(users), dtype=np.float32)
        for start in range(0, len(users), CHUNK):
            u, i = users[start : start + CHUNK], items[start : start + CHUNK]
            product = contract("bk,bk->b", self.user_vectors[u], self.item_vectors[i])
            expected[start : start + CHUNK] = self.mean + self.user_bias[u] + self.item_bias[i] + product
        return expected


@checked_arguments
def synthetic(
    *,
    users: int = 1000,
    items: int = 500,
    ratings: int = 50_000,
    factors: int = 8,
    noise: float = 0.7,
    signal: float = 0.7,
    bias: float = 0.4,
    mean: float = 3.5,
    labels: int = 0,
    driven: float = 0.8,
    scale: tuple[float, float, float] | None = None,
    counts: bool = False,
    timestamps: bool = False,
    seed: Seed = 0,
) -> World:
    """Synthetic ratings; the activity of users and the popularity of items follow power laws, and all have a rating.

    ratings: the number of distinct pairs. signal, bias, noise: the standard deviations of the vectors' dot product, of
    each bias, and of the noise. labels: the number of labels; an item has one to three of them (a feature "labels"),
    which make up the share `driven` of the variance of its bias and vector, so that features predict new items.
    scale: (low, high, step) to clip and round to; left out, ratings are unbounded real numbers.
    counts: generate implicit feedback: a pair with a higher fit is more likely, and its value is a count, one plus a
    Poisson number of mean exp(fit), where fit is the expected rating less the mean; the noise is not used.
    timestamps: add random times within ten years, in seconds since 1970.
    """
    rng = generator(seed)
    _check(users, items, ratings)
    width = (signal / np.sqrt(factors)) ** 0.5  # of each coordinate: K · width⁴ = signal²
    label_bias, label_vectors, has_label = None, None, None
    item_bias, item_vectors = _normal(rng, bias, items), _normal(rng, width, items, factors)
    if labels:
        has_label = _item_labels(rng, items, labels)
        label_bias, label_vectors = _normal(rng, bias, labels), _normal(rng, width, labels, factors)
        item_bias = _blend(has_label, label_bias[:, None], item_bias[:, None], driven)[:, 0]
        item_vectors = _blend(has_label, label_vectors, item_vectors, driven)
    user_bias, user_vectors = _normal(rng, bias, users), _normal(rng, width, users, factors)
    truth = World(
        _without_ratings(users, items, has_label), mean, user_bias, item_bias, user_vectors, item_vectors, noise,
        label_bias, label_vectors,
    )  # fmt: skip
    return _rated(truth, ratings, scale, counts, timestamps, rng)


def _check(users: int, items: int, ratings: int) -> None:
    if min(users, items) < 2 or not max(users, items) <= ratings <= users * items // 2:
        raise DataError(
            f"{ratings:,} ratings do not fit {users:,} × {items:,} cells", where="synthetic",
            remedy="Ask for at least one rating for each user and item, and at most half of the cells",
        )  # fmt: skip


def _normal(rng: np.random.Generator, deviation: float, *shape: int) -> Floats:
    return (deviation * rng.standard_normal(shape, dtype=np.float32)).astype(np.float32)


def _item_labels(rng: np.random.Generator, items: int, labels: int) -> NDArray[np.bool_]:
    """Which labels each item has, (I, G): one to three, some labels more often than others."""
    keys = rng.gumbel(size=(items, labels)) + np.log(power_law(labels, 0.5, rng))
    rank = np.argsort(np.argsort(-keys, axis=1), axis=1)
    has_label: NDArray[np.bool_] = rank < rng.integers(1, 4, size=(items, 1))
    return has_label


def _blend(has_label: NDArray[np.bool_], label_rows: Floats, own: Floats, driven: float) -> Floats:
    """Item rows: the normalized sum of their labels' rows and a part of their own, weighted by shares of variance."""
    weights = has_label / np.sqrt(has_label.sum(axis=1, keepdims=True))
    blended: Floats = (np.sqrt(driven) * weights @ label_rows + np.sqrt(1 - driven) * own).astype(np.float32)
    return blended


def _without_ratings(users: int, items: int, has_label: NDArray[np.bool_] | None) -> Ratings:
    """The users, items and item features, without ratings."""
    none, table = np.empty(0, dtype=np.int32), None
    if has_label is not None:
        names = [tuple(f"label {at}" for at in np.flatnonzero(row)) for row in has_label]
        table = FeatureTable({"labels": names}, {"labels": "many"})
    return Ratings(
        none, none, np.empty(0, dtype=np.float32), Vocabulary(np.arange(users)), Vocabulary(np.arange(items)),
        Scale(0, 1), item_features=table,
    )  # fmt: skip


def _rated(
    truth: World,
    count: int,
    scale: tuple[float, float, float] | None,
    counts: bool,
    timestamps: bool,
    rng: np.random.Generator,
) -> World:
    def fit(users: NDArray[Any], items: NDArray[Any]) -> Floats:
        return truth.expected(users, items) - np.float32(truth.mean)

    world = truth.ratings
    users, items = sample_pairs(world.n_users, world.n_items, count, rng, fit if counts else None)
    if counts:
        values = (1 + rng.poisson(np.exp(np.minimum(fit(users, items), 5)))).astype(np.float32)
    else:
        values = truth.expected(users, items)
        values += truth.noise * rng.standard_normal(count, dtype=np.float32)
    if scale is not None:
        low, high, step = scale
        values = np.clip(low + step * np.round((values - low) / step), low, high).astype(np.float32)
    times = rng.integers(1_000_000_000, 1_315_360_000, size=count) if timestamps else None
    ends = None if scale is None else (scale[0], scale[1])
    sampled = dataclasses.replace(
        world, user_numbers=users, item_numbers=items, values=values, timestamps=times, scale=Scale.of(values, ends)
    )
    return dataclasses.replace(truth, ratings=sampled)
