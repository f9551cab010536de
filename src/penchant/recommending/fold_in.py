"""Fold-in: the row of somebody new, by the step that training takes for one row while all else stands still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import Numbers
from penchant.foundations.contraction import contract
from penchant.models.rows import Rows
from penchant.models.scorers import DotScorer, ItemItemScorer, SideName
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.recommending.item_item import Choices, chosen_row
from penchant.recommending.results import Source
from penchant.training.row_update import row_update

Array = NDArray[np.float64]

STEPS = 15
"""Gauss-Newton steps at most; a sigmoid needs three to five, a network with its kinks more."""

SMALL = 1e-4
"""A step in which no number of the row moves further ends the search."""


@dataclass(frozen=True)
class Linearization:
    """A head around one row, as the half-step sees it: a linear regression in each draw, and its solution.

    regressors: (S, n, D), what a change of the row does to each rating. targets: (S, n), what the regressors times the
    row should give. solution: (S, D). covariance: (S, D, D), of the row given the ratings. prior_mean: (S, D).
    prior_precision: (S, D, D). noise_precision: (S,).
    """

    regressors: NDArray[Any]
    targets: NDArray[Any]
    solution: NDArray[Any]
    covariance: NDArray[Any]
    prior_mean: NDArray[Any]
    prior_precision: NDArray[Any]
    noise_precision: NDArray[Any]

    def pulls(self, taste: Array) -> tuple[Array, Array]:
        """What the prior, (S,), and each rating, (S, n), add to the score along `taste` (S, D).

        A folded-in row is C (P m + Σ_j τ x_j t_j) with the symbols of `row_update`: linear in the targets t_j. Each
        term, seen along the item's regressor, is the pull of one rating; P m gives the prior's part.
        """
        seen = contract("sd,sde->se", taste, self.covariance)
        prior: Array = contract("sd,sde,se->s", seen, self.prior_precision, self.prior_mean)
        weights = self.targets * self.noise_precision[:, None]
        pulls: Array = contract("sd,snd->sn", seen, self.regressors) * weights
        return prior, pulls


@dataclass(frozen=True)
class Inferred:
    """The row (S, 1, D) of somebody new, what it rests on, and the tangent it was solved in."""

    rows: Rows
    source: Source
    tangent: Linearization | Choices


def infer(
    trained: TrainedModel,
    of: SideName,
    numbers: Numbers,
    values: NDArray[Any],
    features: FeatureTable | None = None,
    history: Numbers | None = None,
) -> Inferred:
    """The row of one user (or item) who rated the items (or was rated by the users) `numbers`, (n,), with `values`.

    features: its one row of features, or None. Without ratings the row is the prior's, shifted by the features.
    history: those of the numbers that were rated of one's own accord, so that the choice itself tells of taste where
    the model has learnt so; None for all of them.
    """
    history = numbers if history is None else history
    side = own_side(trained, of)
    encoded = None if features is None or side.encoder is None else side.encoder.encode(features)
    described = encoded is not None and side.maps_features
    if isinstance(trained.scorer, ItemItemScorer):
        rows, chosen = chosen_row(trained, of, numbers, values, side.prior.mean_given(encoded, numbers))
        return Inferred(rows, _source(chosen.chosen, described), chosen)
    others = other_side(trained, of).rows(numbers)
    rows, tangent = fold_in_row(trained, of, others, values, side.prior.mean_given(encoded, history))
    return Inferred(rows, _source(len(numbers) > 0, described), tangent)


def _source(rated: bool, described: bool) -> Source:
    return "folded_in" if rated else "features" if described else "prior"


def fold_in_row(
    trained: TrainedModel, of: SideName, others: Rows, values: NDArray[Any], prior_mean: NDArray[Any]
) -> tuple[Rows, Linearization]:
    """The row (S, 1, D) of one user or item given n ratings, with its covariance, and the tangent it was solved in.

    of: the side the new row belongs to. others: the n rows of the other side that it rated, or that rated it.
    values: (n,) ratings. prior_mean: (S, D), where the row starts. An identity link is solved exactly by one
    half-step; any other head by Gauss-Newton, which repeats the half-step around the last row until it stands still.
    """
    problem = _Problem(trained, of, others, values, prior_mean)
    row = prior_mean.astype(np.float64)
    tangent = problem.tangent(row)
    if problem.straight:
        return problem.prior.inferred(tangent.solution[:, None], tangent.covariance[:, None]), tangent
    for _ in range(STEPS):
        better = problem.towards(row, tangent.solution)
        moved = np.abs(better - row).max()
        row, tangent = better, problem.tangent(better)
        if moved < SMALL:
            break
    return problem.prior.inferred(row[:, None], tangent.covariance[:, None]), tangent


class _Problem:
    """One row's ratings and prior: the penalised sum of squares that the row minimises, draw by draw."""

    def __init__(
        self, trained: TrainedModel, of: SideName, others: Rows, values: NDArray[Any], prior_mean: NDArray[Any]
    ) -> None:
        self.scorer, self.of, self.others = trained.scorer, of, others
        self.values, self.weights, count = _read(trained, values)
        if of == "items" and others.variance is not None:
            self.weights = self.weights * np.sqrt(trained.relative_precision(others.variance))
        self.straight = isinstance(trained.scorer, DotScorer) and trained.scorer.link == "identity"
        self.prior_mean = prior_mean.astype(np.float64)
        self.prior = own_side(trained, of).prior
        self.prior_precision = self.prior.precision_for(count)
        self.noise_precision = 1.0 / np.square(trained.noise, dtype=np.float64)

    def tangent(self, row: Array) -> Linearization:
        """The regression that the ratings are, seen from the row (S, D), and its solution."""
        expected, slopes = self.scorer.tangent(*self._sides(row), self.of)
        regressors = slopes * self.weights[:, None]
        targets = self.weights * (self.values - expected) + contract("snd,sd->sn", regressors, row)
        solution, covariance = row_update(
            regressors, targets, self.noise_precision, self.prior_mean, self.prior_precision
        )
        return Linearization(
            regressors, targets, solution, covariance, self.prior_mean, self.prior_precision, self.noise_precision
        )

    def towards(self, row: Array, goal: NDArray[Any]) -> Array:
        """The furthest of a full, half, quarter, ... step to the goal that lowers the cost, in each draw on its own."""
        here, share = self.cost(row), np.ones((len(row), 1))
        for _ in range(8):
            there = row + share * (goal - row)
            worse = self.cost(there) > here
            if not worse.any():
                return there
            share[worse] /= 2
        share[worse] = 0.0
        stayed: Array = row + share * (goal - row)
        return stayed

    def cost(self, row: Array) -> Array:
        """Half the squared errors over the noise variance, plus half the prior's penalty, shape (S,)."""
        errors = self.weights * (self.values - self.scorer.pairs(*self._sides(row)))
        away = row - self.prior_mean
        penalty = contract("sd,sde,se->s", away, self.prior_precision, away)
        total: Array = 0.5 * (self.noise_precision * np.square(errors).sum(axis=1) + penalty)
        return total

    def _sides(self, row: Array) -> tuple[Rows, Rows]:
        own = Rows.split(row[:, None])
        return (own, self.others) if self.of == "users" else (self.others, own)


def _read(trained: TrainedModel, values: NDArray[Any]) -> tuple[Array, Array, int]:
    """What the row's entries should give, the root of what each weighs, and how many count towards its prior."""
    if trained.feedback is None:
        return np.asarray(values, np.float64), np.ones(len(values)), len(values)
    weights = trained.feedback.weights(values).astype(np.float64)
    targets = trained.feedback.targets(weights).astype(np.float64)
    return targets, np.sqrt(weights), int((weights > 0).sum())


def own_side(trained: TrainedModel, of: SideName) -> Side:
    """The side that the new row belongs to."""
    return trained.users if of == "users" else trained.items


def other_side(trained: TrainedModel, of: SideName) -> Side:
    """The side whose rows the ratings are with."""
    return trained.items if of == "users" else trained.users
