"""One row to infer from its ratings and its prior, and its posterior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Numbers
from penchant.foundations.contraction import contract
from penchant.models.sides import Side

Array = NDArray[np.float64]


class RowUpdate(Protocol):
    """The posterior mean (S, D) and covariance (S, D, D) of a row, given a linear regression in each sample."""

    def __call__(
        self,
        regressors: NDArray[Any],
        targets: NDArray[Any],
        noise_precision: NDArray[Any],
        prior_mean: NDArray[Any],
        prior_precision: NDArray[Any],
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...


@dataclass(frozen=True)
class RowProblem:
    """The data from which the row of one user or item is inferred.

    of: the side of the row. own, other: that side and the other one. numbers: (n,), the rows of the other side that it
    rated, or that rated it. targets: (n,), the target of each rating. weights: (n,), the square root of the weight of
    each rating; 0 for a rating that is not used. prior_mean: (S, D). noise_precision: (S,), one over the variance of a
    rating.
    """

    of: Literal["users", "items"]
    own: Side
    other: Side
    numbers: Numbers
    targets: Array
    weights: Array
    prior_mean: NDArray[Any]
    noise_precision: Array

    @property
    def counted(self) -> int:
        """The number of ratings with a weight above 0."""
        return int((self.weights > 0).sum())


class RowPosterior(Protocol):
    """The posterior of an inferred row, and the contribution of each rating to it."""

    def contributions(self, direction: Array) -> tuple[Array, Array]:
        """The terms of the prior, (S,), and of each rating, (S, n), in the product of row and direction (S, D)."""

    @property
    def covariance(self) -> NDArray[Any]:
        """The covariance (S, D, D) of the row. Raises CallerError for a model without covariances."""

    @property
    def noise_precision(self) -> NDArray[Any]:
        """One over the variance of a rating, (S,). Raises CallerError for a model without variances."""


@dataclass(frozen=True)
class LinearPosterior:
    """The row as the solution of a linear regression in each sample.

    regressors: (S, n, D), the derivative of each rating by the row. targets: (S, n), the targets of regressors times
    row. solution: (S, D). covariance: (S, D, D), of the row given the ratings. prior_mean: (S, D).
    prior_precision: (S, D, D). noise_precision: (S,).
    """

    regressors: NDArray[Any]
    targets: NDArray[Any]
    solution: NDArray[Any]
    covariance: NDArray[Any]
    prior_mean: NDArray[Any]
    prior_precision: NDArray[Any]
    noise_precision: NDArray[Any]

    def contributions(self, direction: Array) -> tuple[Array, Array]:
        """As in RowPosterior.

        The row is C (P m + Σ_j τ x_j t_j) with covariance C, prior precision P and mean m, noise precision τ,
        regressors x and targets t. So it is a sum of one term for the prior and one for each rating.
        """
        turned = contract("sd,sde->se", direction, self.covariance)
        prior: Array = contract("sd,sde,se->s", turned, self.prior_precision, self.prior_mean)
        weights = self.targets * self.noise_precision[:, None]
        ratings: Array = contract("sd,snd->sn", turned, self.regressors) * weights
        return prior, ratings
