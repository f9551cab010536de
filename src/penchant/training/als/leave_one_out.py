"""The error of alternating least squares on ratings that it is not fitted to, estimated without fitting again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Grouped, Ratings
from penchant.foundations.contraction import contract
from penchant.models.rows import Floats
from penchant.training.row_solver import Conditional, RowSolver

_SAMPLED = 4_000
"""Ratings whose leverage is computed; the error of a root mean square of as many is about one hundredth."""

_NUMBERS = 2**24
"""Numbers that the sampled rows' covariances may hold."""

_MOST = 0.99
"""Leverages count as at most this, so that rounding makes none of them one."""


@dataclass(frozen=True)
class FittedSide:
    """One side after the last sweep: how its rows were solved, its rows (N, D), and the other side's rows (M, D)."""

    solver: RowSolver
    given: Conditional
    rows: Floats
    other: Floats

    def leverages(self, numbers: NDArray[np.int32], others: NDArray[np.int32]) -> NDArray[np.float64]:
        """How much the fit of each of n ratings follows the rating itself, given the other side, (n,) from 0 to 1."""
        rows, place = np.unique(numbers, return_inverse=True)
        own = replace(self.solver, entries=_taken(self.solver.entries, rows))
        width, scale = self.solver.width, self.given.scale[rows]
        mean, covariance = np.empty((len(rows), width), np.float32), np.empty((len(rows), width, width), np.float32)
        own.solve(self.other, replace(self.given, scale=scale), mean, covariance=covariance)
        regressors = self.other[others].copy()
        regressors[:, 0] = 1.0
        products = contract("nd,nde,ne->n", regressors, covariance[place], regressors)
        found: NDArray[np.float64] = products.astype(np.float64) * scale[place]
        return found


def leave_one_out_error(ratings: Ratings, users: FittedSide, items: FittedSide, mean: float) -> float:
    """The root mean squared error of a rating when it is left out of the fit.

    A row whose other ratings leave it the variance v of a prediction, in units of the noise, takes v / (1 + v) of a
    rating's error into its fit; that share is the rating's leverage. Where both rows adapt, 1 / (1 + v_u + v_i) of the
    error is left as the residual, as in the leave-one-out residuals of a linear fit (Allen 1974, The relationship
    between variable selection and data augmentation). Both rows are taken as independent of each other.
    """
    rng = np.random.default_rng(0)
    wanted = min(_SAMPLED, max(_NUMBERS // users.solver.width**2, 1))
    at = rng.choice(len(ratings), wanted, replace=False) if wanted < len(ratings) else np.arange(len(ratings))
    u, i = ratings.user_numbers[at], ratings.item_numbers[at]
    p, q = users.rows[u], items.rows[i]
    predicted = mean + p[:, 0] + q[:, 0] + (p[:, 1:] * q[:, 1:]).sum(axis=1)
    errors = (ratings.values[at] - ratings.scale.clip(predicted)).astype(np.float64)
    leverages = [np.minimum(one, _MOST) for one in (users.leverages(u, i), items.leverages(i, u))]
    growth = 1 + sum(one / (1 - one) for one in leverages)
    return float(np.sqrt(np.mean((errors * growth) ** 2)))


def _taken(entries: Grouped, rows: NDArray[Any]) -> Grouped:
    """The entries of some rows, in their order."""
    counts = entries.counts[rows]
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    at = np.repeat(entries.starts[rows] - starts[:-1], counts) + np.arange(starts[-1])
    return Grouped(starts, entries.numbers[at], entries.values[at], entries.rows[at])
