"""The update of one row: its posterior given the other side, by the same kernel that training runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.contraction import contract

Floats = NDArray[np.float32]


def row_update(
    regressors: NDArray[Any],
    targets: NDArray[Any],
    noise_precision: NDArray[Any],
    prior_mean: NDArray[Any],
    prior_precision: NDArray[Any],
) -> tuple[Floats, Floats]:
    """The posterior mean (S, D) and covariance (S, D, D) of a row [bias, vector] in each of S samples.

    regressors: (S, n, D), what the row is multiplied with, [1, other side's vector] for a dot product. targets:
    (S, n), ratings less all that is not the row's own. noise_precision: (S,), one over the variance of a rating.
    prior_mean: (S, D). prior_precision: (S, D, D), already times the row's count where the prior is per rating.
    Salakhutdinov and Mnih 2008 (Bayesian probabilistic matrix factorization), equations 11 to 13. With the prior's
    precision λ/σ² and mean zero it is the alternating least squares step. To the kernel, the samples are S rows whose
    entries are all their own.
    """
    from penchant.training.kernels.normal_equations import shape_of_sums
    from penchant.training.kernels.row_kernels import solve_rows

    samples, count, width = regressors.shape
    pull = contract("sde,se->sd", prior_precision, prior_mean)
    mean, covariance = np.empty((samples, width), np.float32), np.empty((samples, width, width), np.float32)
    solve_rows(
        np.arange(samples), np.arange(samples + 1) * count, np.arange(samples * count, dtype=np.int32),
        _float32(targets).ravel(), _NONE, _float32(regressors).reshape(-1, width), False, _float32(noise_precision),
        _float32(prior_precision), np.zeros(1, np.float32), _float32(pull), np.empty((0, width), np.float32),
        np.empty(0, np.int64), np.zeros((0, *shape_of_sums(width)), np.float32), mean, covariance,
        np.empty((0, width), np.float32), _NONE,
    )  # fmt: skip
    return mean, covariance


_NONE = np.empty(0, np.float32)


def _float32(array: NDArray[Any]) -> Floats:
    return np.ascontiguousarray(array, np.float32)
