"""Value worlds: ratings of any size whose true means, biases and vectors are known."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings, Scale
from penchant.data.synthetic_pairs import draw_pairs, power_law
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.contraction import contract
from penchant.foundations.errors import DataError
from penchant.foundations.rng import Seed, generator

Floats = NDArray[np.float32]
CHUNK = 1 << 20
"""Ratings made at a time, so that the vectors of 20 million pairs need never stand side by side."""


@dataclass(frozen=True)
class World:
    """Ratings and the truth they were drawn from.

    user_bias: (U,), item_bias: (I,), user_vectors: (U, K), item_vectors: (I, K). noise: the standard deviation of a
    rating around its expectation before it is rounded to the scale; no model can err less. label_bias: (G,) and
    label_vectors: (G, K), what each of the items' labels adds, or None.
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
        """What the pairs of these numbers, (B,) each, would be rated but for noise and rounding: (B,) float32."""
        expected = np.empty(len(users), dtype=np.float32)
        for start in range(0, len(users), CHUNK):
            u, i = users[start : start + CHUNK], items[start : start + CHUNK]
            taste = contract("bk,bk->b", self.user_vectors[u], self.item_vectors[i])
            expected[start : start + CHUNK] = self.mean + self.user_bias[u] + self.item_bias[i] + taste
        return expected


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
    """A world of users and items whose activity and popularity follow power laws; every one has a rating.

    ratings: how many, no pair twice. signal, bias, noise: the standard deviations of the vectors' dot product, of each
    bias, and of the rest. labels: how many labels an item may carry (a feature column "labels", one to three each);
    they make up the share `driven` of the variance of its bias and vector, so that features foretell new items.
    scale: (low, high, step) to clip and round to; without, ratings are real numbers without ends.
    counts: choices instead of ratings: a pair is the likelier to occur the better it fits, and its value is a count,
    one plus a Poisson number of mean exp(fit), where fit is the centred expectation; noise plays no part.
    timestamps: seconds, random over ten years.
    """
    rng = generator(seed)
    _check(users, items, ratings)
    width = (signal / np.sqrt(factors)) ** 0.5  # of each coordinate: K · width⁴ = signal²
    label_bias, label_vectors, carried = None, None, None
    item_bias, item_vectors = _normal(rng, bias, items), _normal(rng, width, items, factors)
    if labels:
        carried = _carried(rng, items, labels)
        label_bias, label_vectors = _normal(rng, bias, labels), _normal(rng, width, labels, factors)
        item_bias = _blend(carried, label_bias[:, None], item_bias[:, None], driven)[:, 0]
        item_vectors = _blend(carried, label_vectors, item_vectors, driven)
    user_bias, user_vectors = _normal(rng, bias, users), _normal(rng, width, users, factors)
    truth = World(
        _nothing(users, items, carried), mean, user_bias, item_bias, user_vectors, item_vectors, noise, label_bias,
        label_vectors,
    )  # fmt: skip
    return _rated(truth, ratings, scale, counts, timestamps, rng)


def _check(users: int, items: int, ratings: int) -> None:
    if min(users, items) < 2 or not max(users, items) <= ratings <= users * items // 2:
        raise DataError(
            f"{ratings:,} ratings do not fit {users:,} × {items:,} cells", where="synthetic",
            remedy="Ask for at least one for each user and item and at most half of the cells",
        )  # fmt: skip


def _normal(rng: np.random.Generator, deviation: float, *shape: int) -> Floats:
    return (deviation * rng.standard_normal(shape, dtype=np.float32)).astype(np.float32)


def _carried(rng: np.random.Generator, items: int, labels: int) -> NDArray[np.bool_]:
    """Which labels each item carries, (I, G): one to three, some labels more common than others."""
    wish = rng.gumbel(size=(items, labels)) + np.log(power_law(labels, 0.5, rng))
    rank = np.argsort(np.argsort(-wish, axis=1), axis=1)
    carried: NDArray[np.bool_] = rank < rng.integers(1, 4, size=(items, 1))
    return carried


def _blend(carried: NDArray[np.bool_], of_labels: Floats, own: Floats, driven: float) -> Floats:
    """Items' rows: the sum of their labels' rows at unit length, and an own part, by their shares of variance."""
    weights = carried / np.sqrt(carried.sum(axis=1, keepdims=True))
    blended: Floats = (np.sqrt(driven) * weights @ of_labels + np.sqrt(1 - driven) * own).astype(np.float32)
    return blended


def _nothing(users: int, items: int, carried: NDArray[np.bool_] | None) -> Ratings:
    """The world before anybody rated."""
    none, table = np.empty(0, dtype=np.int32), None
    if carried is not None:
        names = [tuple(f"label {at}" for at in np.flatnonzero(row)) for row in carried]
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
    users, items = draw_pairs(world.n_users, world.n_items, count, rng, fit if counts else None)
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
    made = dataclasses.replace(
        world, user_numbers=users, item_numbers=items, values=values, timestamps=times, scale=Scale.of(values, ends)
    )
    return dataclasses.replace(truth, ratings=made)
