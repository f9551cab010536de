"""Inferring one row with the row update of training: one update for a dot product, else Gauss-Newton steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.contraction import contract
from penchant.models.rows import Floats, Rows
from penchant.models.scorers.row_problem import Array, LinearPosterior, RowProblem, RowUpdate
from penchant.models.scorers.scorer import Scorer

STEPS = 15
"""The highest number of Gauss-Newton steps; a sigmoid needs three to five, a network with ReLU units more."""

SMALL = 1e-4
"""The search ends if no number of the row changes by more than this in a step."""


def infer_row_of_dots(mean: Floats, problem: RowProblem, row_update: RowUpdate) -> tuple[Rows, LinearPosterior]:
    """The row (S, 1, D) with its covariance, and its posterior, where a rating is mean (S,) + biases + a dot product.

    One row update is exact then.
    """
    numbers, prior = problem.numbers, problem.own.prior
    vectors, weights = problem.other.vectors[:, numbers], problem.weights.astype(np.float32)
    regressors = np.empty((*vectors.shape[:2], vectors.shape[2] + 1), np.float32)
    regressors[:, :, 0] = weights
    np.multiply(vectors, weights[:, None], out=regressors[:, :, 1:])
    targets = problem.weights * (problem.targets - (mean[:, None] + problem.other.bias[:, numbers]))
    start = (problem.prior_mean.astype(np.float64), prior.precision_for(problem.counted))
    solution, covariance = row_update(regressors, targets, problem.noise_precision, *start)
    posterior = LinearPosterior(regressors, targets, solution, covariance, *start, problem.noise_precision)
    return prior.inferred(solution[:, None], covariance[:, None]), posterior


def infer_row(scorer: Scorer, problem: RowProblem, row_update: RowUpdate) -> tuple[Rows, LinearPosterior]:
    """The row (S, 1, D) with its covariance, and its posterior.

    The scorer is linearized around the current row, and the row update is repeated until the row no longer changes.
    """
    search = _Search(scorer, problem, row_update)
    row = problem.prior_mean.astype(np.float64)
    posterior = search.posterior(row)
    for _ in range(STEPS):
        better = search.towards(row, posterior.solution)
        moved = np.abs(better - row).max()
        row, posterior = better, search.posterior(better)
        if moved < SMALL:
            break
    return search.prior.inferred(row[:, None], posterior.covariance[:, None]), posterior


class _Search:
    """The penalized sum of squares that the row minimizes, in each sample."""

    def __init__(self, scorer: Scorer, problem: RowProblem, row_update: RowUpdate) -> None:
        self.scorer, self.problem, self.row_update = scorer, problem, row_update
        self.others = problem.other.rows(problem.numbers)
        self.prior = problem.own.prior
        self.prior_mean = problem.prior_mean.astype(np.float64)
        self.prior_precision = self.prior.precision_for(problem.counted)

    def posterior(self, row: Array) -> LinearPosterior:
        """The ratings as a linear regression around the row (S, D), and its solution."""
        weights, noise = self.problem.weights, self.problem.noise_precision
        expected, slopes = self.scorer.linearize(*self._sides(row), self.problem.of)
        regressors = slopes * weights[:, None]
        targets = weights * (self.problem.targets - expected) + contract("snd,sd->sn", regressors, row)
        solution, covariance = self.row_update(regressors, targets, noise, self.prior_mean, self.prior_precision)
        return LinearPosterior(regressors, targets, solution, covariance, self.prior_mean, self.prior_precision, noise)

    def towards(self, row: Array, goal: NDArray[Any]) -> Array:
        """The row after the longest of a full, half, quarter, ... step to the goal that lowers the cost."""
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
        errors = self.problem.weights * (self.problem.targets - self.scorer.pairs(*self._sides(row)))
        away = row - self.prior_mean
        penalty = contract("sd,sde,se->s", away, self.prior_precision, away)
        total: Array = 0.5 * (self.problem.noise_precision * np.square(errors).sum(axis=1) + penalty)
        return total

    def _sides(self, row: Array) -> tuple[Rows, Rows]:
        own = Rows.split(row[:, None])
        return (own, self.others) if self.problem.of == "users" else (self.others, own)
