"""What the report's pictures show, as plain numbers; how they are drawn is charts' concern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings, Scale
from penchant.evaluation.report.overfitting import Curve, curves
from penchant.evaluation.scoring.evaluation_scorers import Answers
from penchant.metrics.rating_error import calibration_bins, interval_coverage
from penchant.models.sides import Side
from penchant.recommending.neighbours import directions_of
from penchant.recommending.recommender import Recommender, main_model

_BINS = 36
_LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_LISTED, _MAPPED, _FEWEST = 10, 200, 5


@dataclass(frozen=True)
class Density:
    """Rows by truth and prediction. truths: (T,) rating levels. edges: (P + 1,) of predictions. counts: (T, P)."""

    truths: NDArray[Any]
    edges: NDArray[Any]
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class ItemError:
    """How one item's test ratings were predicted."""

    title: str
    rows: int
    rmse: float
    truth: float
    predicted: float


@dataclass(frozen=True)
class ItemBias:
    """How far one item is rated above the mean, corrected for who rated it."""

    title: str
    bias: float
    ratings: int


@dataclass(frozen=True)
class Spot:
    """One item on the map."""

    title: str
    x: float
    y: float
    ratings: int


@dataclass(frozen=True)
class Pictures:
    """curves: of training. density, calibration (predicted, true, rows), coverage (promised, held) of the test.

    worst, best: items by error. loved, disliked: items by bias. spots: the best-known items on two principal axes.
    """

    curves: Sequence[Curve]
    density: Density
    calibration: tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
    coverage: Sequence[tuple[float, float]]
    worst: Sequence[ItemError]
    best: Sequence[ItemError]
    loved: Sequence[ItemBias]
    disliked: Sequence[ItemBias]
    spots: Sequence[Spot]


def draw(model: Recommender, test: Ratings, answers: Answers) -> Pictures:
    """Gather what the pictures show of a model's answers (n,) to the test rows (n,)."""
    trained = main_model(model)
    items, errors = trained.items, item_errors(test, answers)
    biases = item_biases(items)
    few, some = min(_LISTED, len(errors) // 2), min(_LISTED, len(biases) // 2)
    return Pictures(
        curves=curves(trained.history),
        density=density(test.values, answers.mean, trained.scale),
        calibration=calibration_bins(test.values, answers.mean, bins=12),
        coverage=coverage(test, answers),
        worst=errors[::-1][:few],
        best=errors[:few],
        loved=biases[:some],
        disliked=biases[::-1][:some],
        spots=spots(items),
    )


def density(truth: NDArray[Any], predicted: NDArray[Any], scale: Scale) -> Density:
    """Counts on a grid; truths that are few and even keep a row each, others are binned."""
    edges = np.linspace(scale.low, scale.high, _BINS + 1)
    if scale.step:
        levels = np.arange(scale.low, scale.high + scale.step / 2, scale.step)
    else:
        levels = (edges[1:] + edges[:-1])[::3] / 2
    half = (levels[1] - levels[0]) / 2
    rows = np.concatenate([levels - half, [levels[-1] + half]])
    counts, _, _ = np.histogram2d(np.clip(truth, rows[0], rows[-1]), scale.clip(predicted), bins=(rows, edges))
    return Density(levels, edges, counts.astype(np.int64))


def coverage(test: Ratings, answers: Answers) -> list[tuple[float, float]]:
    """For each promised share the share of truths that intervals held; nothing where no spread is given."""
    if answers.std is None:
        return []
    return [(p, interval_coverage(test.values, answers.mean, answers.std, level=p)) for p in _LEVELS]


def item_errors(test: Ratings, answers: Answers) -> list[ItemError]:
    """Items with enough test ratings, those predicted best first."""
    n, numbers = len(test.items), test.item_numbers
    rows = np.bincount(numbers, minlength=n)
    many = max(_FEWEST, int(np.quantile(rows[rows > 0], 0.8)))

    def mean(terms: NDArray[Any]) -> NDArray[np.float64]:
        means: NDArray[np.float64] = np.bincount(numbers, weights=terms, minlength=n) / np.maximum(rows, 1)
        return means

    rmse = np.sqrt(mean((test.values - answers.mean) ** 2))
    truth, predicted = mean(test.values), mean(answers.mean)
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
    """The better-known tenth of the items by bias, highest first; nothing where the model has no biases."""
    bias = items.bias.mean(axis=0)
    if not bias.any():
        return []
    known = np.flatnonzero(items.counts >= max(_FEWEST, np.quantile(items.counts, 0.9)))
    order = known[np.argsort(-bias[known], kind="stable")]
    return [ItemBias(items.title(i), float(bias[i]), int(items.counts[i])) for i in order]


def spots(items: Side) -> list[Spot]:
    """The most rated items on the two principal axes of their vectors, samples taken together."""
    if items.factors < 2 or len(items) < 3:
        return []
    known = np.argsort(-items.counts, kind="stable")[:_MAPPED]
    vectors = directions_of(items.rows(known)).astype(np.float64)
    centred = vectors - vectors.mean(axis=0)
    squares, axes = np.linalg.eigh(centred @ centred.T)  # of the few items, not of the many samples and factors
    places = axes[:, :-3:-1] * np.sqrt(np.maximum(squares[:-3:-1], 0))
    # An axis and its mirror image say the same: the better-known half decides which end is up.
    places *= np.where(places[: len(places) // 2].sum(axis=0) < 0, -1, 1)
    return [
        Spot(items.title(i), float(x), float(y), int(items.counts[i])) for i, (x, y) in zip(known, places, strict=True)
    ]
