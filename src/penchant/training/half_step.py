"""The half-step: the Gaussian posterior of one row given the other side. Training and fold-in take this very step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def half_step(
    regressors: NDArray[Any],
    targets: NDArray[Any],
    noise_precision: NDArray[Any],
    prior_mean: NDArray[Any],
    prior_precision: NDArray[Any],
) -> tuple[Array, Array]:
    """The posterior mean (S, D) and covariance (S, D, D) of a row [bias, vector] in each of S draws.

    regressors: (S, n, D), what the row is multiplied with, [1, other side's vector] for a dot product. targets:
    (S, n), ratings less all that is not the row's own. noise_precision: (S,), one over the variance of a rating.
    prior_mean: (S, D). prior_precision: (S, D, D), already times the row's count where the prior is per rating.
    Salakhutdinov and Mnih 2008 (Bayesian probabilistic matrix factorization), equations 11 to 13. With the prior's
    precision λ/σ² and mean zero it is the alternating least squares step.
    """
    regressors = np.asarray(regressors, np.float64)
    weighted = regressors * np.asarray(noise_precision, np.float64)[:, None, None]
    precision = prior_precision + weighted.transpose(0, 2, 1) @ regressors
    pull = np.einsum("sde,se->sd", prior_precision, prior_mean) + np.einsum("snd,sn->sd", weighted, targets)
    covariance = np.linalg.inv(precision)
    return np.einsum("sde,se->sd", covariance, pull), covariance
