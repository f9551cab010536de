"""One row to infer: its ratings and its prior; and what is known of the row afterwards."""

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
    """What the row of one user or item is inferred from.

    of: the side that the row belongs to. own, other: that side and the other one. numbers: (n,), the rows of the other
    side that it rated, or that rated it. targets: (n,), what the ratings should give. weights: (n,), the root of what
    each rating counts for; 0 for one that does not count. prior_mean: (S, D). noise_precision: (S,), one over the
    variance of a rating.
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
        """How many ratings count."""
        return int((self.weights > 0).sum())


class RowPosterior(Protocol):
    """What is known of an inferred row, and how each rating contributed to it."""

    def contributions(self, direction: Array) -> tuple[Array, Array]:
        """What the prior, (S,), and each rating, (S, n), add to the product of the row with `direction` (S, D)."""

    @property
    def covariance(self) -> NDArray[Any]:
        """The covariance (S, D, D) of the row. Raises CallerError where the model does not know it."""

    @property
    def noise_precision(self) -> NDArray[Any]:
        """One over the variance of a rating, (S,). Raises CallerError where the model does not know it."""


@dataclass(frozen=True)
class LinearPosterior:
    """The row as the solution of a linear regression in each sample.

    regressors: (S, n, D), how a change of the row changes each rating. targets: (S, n), what the regressors times the
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

    def contributions(self, direction: Array) -> tuple[Array, Array]:
        """As in RowPosterior.

        The row is C (P m + Σ_j τ x_j t_j) with covariance C, prior precision P and mean m, noise precision τ,
        regressors x and targets t: a sum of one term for the prior and one for each rating.
        """
        turned = contract("sd,sde->se", direction, self.covariance)
        prior: Array = contract("sd,sde,se->s", turned, self.prior_precision, self.prior_mean)
        weights = self.targets * self.noise_precision[:, None]
        ratings: Array = contract("sd,snd->sn", turned, self.regressors) * weights
        return prior, ratings
