"""Fold-in: the row of a new user or item by the row update of training, with all other rows fixed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import Numbers
from penchant.models.rows import Rows
from penchant.models.scorers import RowPosterior, RowProblem, SideName
from penchant.models.trained import TrainedModel
from penchant.recommending.results import Source
from penchant.training.row_update import row_update


@dataclass(frozen=True)
class Inferred:
    """The row (S, 1, D) of a new user or item, its source, and its posterior."""

    rows: Rows
    source: Source
    posterior: RowPosterior


def infer(
    trained: TrainedModel,
    of: SideName,
    numbers: Numbers,
    values: NDArray[Any],
    features: FeatureTable | None = None,
    history: Numbers | None = None,
    times: NDArray[np.int64] | None = None,
) -> Inferred:
    """The row of one user (or item) who rated the items (or was rated by the users) `numbers`, (n,), with `values`.

    features: its one row of features, or None. Without ratings the row is the prior's, shifted by the features.
    history: the numbers whose selection counts as implicit feedback where the model learns from it; None for all.
    times: (n,), when the ratings were made, in seconds since 1970; None: all as late as the last training rating.
    """
    history = numbers if history is None else history
    side = trained.users if of == "users" else trained.items
    if trained.feedback is not None and side.prior.effects:  # what is no positive interaction is no history either
        history = np.intersect1d(history, numbers[trained.feedback.weights(values) > 0])
    encoded = None if features is None or side.encoder is None else side.encoder.encode(features)
    described = encoded is not None and side.maps_features
    problem = row_problem(trained, of, numbers, values, side.prior.mean_given(encoded, history), times)
    rows, posterior = trained.scorer.infer(problem, row_update)
    source: Source = "folded_in" if problem.counted else "features" if described else "prior"
    return Inferred(replace(rows, unrated=np.array([not problem.counted])), source, posterior)


def row_problem(
    trained: TrainedModel,
    of: SideName,
    numbers: Numbers,
    values: NDArray[Any],
    prior_mean: NDArray[Any],
    times: NDArray[np.int64] | None = None,
) -> RowProblem:
    """The problem that the scorer solves to infer the row. prior_mean: (S, D); other arguments as in `infer`."""
    own, other = (trained.users, trained.items) if of == "users" else (trained.items, trained.users)
    targets, weights = np.asarray(values, np.float64), np.ones(len(values))
    if trained.feedback is not None:
        counts = trained.feedback.weights(values, times).astype(np.float64)
        targets, weights = trained.feedback.targets(counts).astype(np.float64), np.sqrt(counts)
    if of == "items" and other.variance is not None:
        weights = weights * np.sqrt(trained.relative_precision(other.variance[numbers]))
    noise_precision = 1.0 / np.square(trained.noise, dtype=np.float64)
    return RowProblem(of, own, other, numbers, targets, weights, prior_mean, noise_precision)
