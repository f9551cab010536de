"""The numbers behind the report's charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.evaluation.scoring.evaluation_scorers import ScorerOutput
from penchant.metrics.learning_curves import LearningCurves
from penchant.metrics.rating_error import calibration_bins, interval_coverage
from penchant.models.sides import Side
from penchant.recommending.neighbours import dense_directions
from penchant.recommending.recommender import Recommender, main_model

_BINS = 36
_LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_LISTED, _MAPPED, _FEWEST = 10, 200, 5
"""Items in a list of best and worst; items on the map; ratings an item needs to be in a list."""

Calibration = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
"""Mean prediction, mean true rating and number of rows of each bin, (bins,) each."""


@dataclass(frozen=True)
class Density:
    """Rows by true rating and prediction. truths: (T,) levels. edges: (P + 1,) of predictions. counts: (T, P)."""

    truths: NDArray[Any]
    edges: NDArray[Any]
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class ItemError:
    """Mean true rating, mean prediction and RMSE of one item's test rows."""

    title: str
    rows: int
    rmse: float
    truth: float
    predicted: float


@dataclass(frozen=True)
class ItemBias:
    """The bias of one item: its rating above the mean, corrected for the biases of its raters."""

    title: str
    bias: float
    ratings: int


@dataclass(frozen=True)
class Spot:
    """One item on the map: x and y on two principal axes."""

    title: str
    x: float
    y: float
    ratings: int


@dataclass(frozen=True)
class PlotData:
    """curves: of training. density, calibration, coverage: of the test; coverage is (nominal level, observed share).

    worst, best: items by error. highest_bias, lowest_bias: items by bias. spots: the most rated items on two principal
    axes.
    """

    curves: LearningCurves
    density: Density
    calibration: Calibration
    coverage: Sequence[tuple[float, float]]
    worst: Sequence[ItemError]
    best: Sequence[ItemError]
    highest_bias: Sequence[ItemBias]
    lowest_bias: Sequence[ItemBias]
    spots: Sequence[Spot]


def plot_data(model: Recommender, test: Ratings, output: ScorerOutput) -> PlotData:
    """All plot data of a model's predictions (n,) for the test rows (n,)."""
    trained = main_model(model)
    items, errors = trained.items, item_errors(test, output)
    biases = item_biases(items)
    few, some = min(_LISTED, len(errors) // 2), min(_LISTED, len(biases) // 2)
    return PlotData(
        curves=LearningCurves.of(trained.history),
        density=density(test.values, output.mean, trained.scale),
        calibration=calibration_bins(test.values, output.mean, bins=12),
        coverage=coverage(test, output),
        worst=errors[::-1][:few],
        best=errors[:few],
        highest_bias=biases[:some],
        lowest_bias=biases[::-1][:some],
        spots=spots(items),
    )


def density(truth: NDArray[Any], predicted: NDArray[Any], scale: Scale) -> Density:
    """Counts on a grid; each level of a stepped rating scale has a row, other scales are binned."""
    edges = np.linspace(scale.low, scale.high, _BINS + 1)
    if scale.step:
        levels = np.arange(scale.low, scale.high + scale.step / 2, scale.step)
    else:
        levels = (edges[1:] + edges[:-1])[::3] / 2
    half = (levels[1] - levels[0]) / 2
    rows = np.concatenate([levels - half, [levels[-1] + half]])
    counts, _, _ = np.histogram2d(np.clip(truth, rows[0], rows[-1]), scale.clip(predicted), bins=(rows, edges))
    return Density(levels, edges, counts.astype(np.int64))


def coverage(test: Ratings, output: ScorerOutput) -> list[tuple[float, float]]:
    """The observed coverage of intervals at each nominal level; empty without standard deviations."""
    if output.std is None:
        return []
    return [(p, interval_coverage(test.values, output.mean, output.std, level=p)) for p in _LEVELS]


def item_errors(test: Ratings, output: ScorerOutput) -> list[ItemError]:
    """The fifth of the items with the most test ratings, lowest RMSE first."""
    n, numbers = len(test.items), test.item_numbers
    rows = np.bincount(numbers, minlength=n)
    many = max(_FEWEST, int(np.quantile(rows[rows > 0], 0.8)))

    def mean(terms: NDArray[Any]) -> NDArray[np.float64]:
        means: NDArray[np.float64] = np.bincount(numbers, weights=terms, minlength=n) / np.maximum(rows, 1)
        return means

    rmse = np.sqrt(mean((test.values - output.mean) ** 2))
    truth, predicted = mean(test.values), mean(output.mean)
    chosen = np.flatnonzero(rows >= many)
    return [
        ItemError(_title(test, i), int(rows[i]), float(rmse[i]), float(truth[i]), float(predicted[i]))
        for i in chosen[np.argsort(rmse[chosen], kind="stable")]
    ]


def _title(ratings: Ratings, number: int) -> str:
    titles = ratings.item_features.titles if ratings.item_features else None
    named = titles[number] if titles is not None else None
    return str(ratings.items.ids[number]) if named is None else named


def item_biases(items: Side) -> list[ItemBias]:
    """The most rated tenth of the items by bias, highest first; empty for a model without biases."""
    bias = items.bias.mean(axis=0)
    if not bias.any():
        return []
    known = np.flatnonzero(items.counts >= max(_FEWEST, np.quantile(items.counts, 0.9)))
    order = known[np.argsort(-bias[known], kind="stable")]
    return [ItemBias(items.title(i), float(bias[i]), int(items.counts[i])) for i in order]


def spots(items: Side) -> list[Spot]:
    """The most rated items on the two principal axes of their vectors over all posterior samples."""
    if items.factors < 2 or len(items) < 3:
        return []
    known = np.argsort(-items.counts, kind="stable")[:_MAPPED]
    vectors = dense_directions(items.rows(known)).astype(np.float64)
    centred = vectors - vectors.mean(axis=0)
    squares, axes = np.linalg.eigh(centred @ centred.T)  # of the few items, not of the many samples and factors
    places = axes[:, :-3:-1] * np.sqrt(np.maximum(squares[:-3:-1], 0))
    # The sign of an axis is arbitrary: the mean of the more rated half is made positive.
    places *= np.where(places[: len(places) // 2].sum(axis=0) < 0, -1, 1)
    return [
        Spot(items.title(i), float(x), float(y), int(items.counts[i])) for i, (x, y) in zip(known, places, strict=True)
    ]
