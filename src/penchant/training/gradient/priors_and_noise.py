"""From trained rows to a TrainedModel: the priors of new rows, and the noise of a rating."""

from __future__ import annotations

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.contraction import contract
from penchant.models.priors import Prior
from penchant.models.rows import Floats
from penchant.training.gradient.fitting import FitResult

_FEWEST_ROWS = 2
_FLOOR = 1e-4
"""The lowest variance of a prior in any direction, so that its precision is finite."""
_NOISE_FLOOR = 1e-3
"""The lowest standard deviation of a rating as a share of the scale, for a model that fits every rating exactly."""


def prior_of(bias: Floats, vectors: Floats, counts: np.ndarray) -> Prior:
    """The Gaussian fitted to the trained rows (empirical Bayes), for each sample.

    bias: (S, N). vectors: (S, N, K). counts: (N,); rows without ratings are left out. The covariance is shrunk towards
    its diagonal, with the weight of D rows, so that it is invertible if there are few rows.
    """
    rows = np.concatenate([bias[:, :, None], vectors], axis=2)[:, counts > 0].astype(np.float64)  # (S, N, D)
    samples, n, width = rows.shape
    mean = rows.mean(axis=1) if n else np.zeros((samples, width))
    centred = rows - mean[:, None]
    scatter = contract("snd,sne->sde", centred, centred)
    diagonal = contract("sdd->sd", scatter) / max(n, 1) + _FLOOR
    eye = np.eye(width)
    covariance = (scatter + width * diagonal[:, :, None] * eye) / (n + width) if n >= _FEWEST_ROWS else eye[None] * 0.1
    precision = np.linalg.inv(covariance + _FLOOR * eye)
    return Prior(mean.astype(np.float32), precision.astype(np.float32))


def noise_of(fitted: FitResult, ratings: Ratings, samples: int) -> Floats:
    """The standard deviation of a rating, (S,): the validation RMSE if there is one, else the training RMSE.

    It is above 0 even if the RMSE is 0.
    """
    rmse = fitted.rmse
    if rmse is None:
        residual = fitted.backend.predict(ratings.user_numbers, ratings.item_numbers) - ratings.values
        rmse = float(np.sqrt(np.mean(np.square(residual, dtype=np.float64))))
    return np.full(samples, max(rmse, _NOISE_FLOOR * (ratings.scale.width or 1.0)), np.float32)
