"""Errors of predicted ratings. Arrays of B pairs in, one number or B numbers out."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from penchant.foundations.errors import DataError

Floats = NDArray[np.float64]


def squared_errors(truth: ArrayLike, predicted: ArrayLike) -> Floats:
    """(truth - predicted)², shape (B,)."""
    return _residuals(truth, predicted) ** 2


def absolute_errors(truth: ArrayLike, predicted: ArrayLike) -> Floats:
    """|truth - predicted|, shape (B,)."""
    return np.abs(_residuals(truth, predicted))


def rmse(truth: ArrayLike, predicted: ArrayLike) -> float:
    """The root of the mean squared error, in rating units."""
    return float(np.sqrt(squared_errors(truth, predicted).mean()))


def mae(truth: ArrayLike, predicted: ArrayLike) -> float:
    """The mean absolute error, in rating units."""
    return float(absolute_errors(truth, predicted).mean())


def log_densities(truth: ArrayLike, mean: ArrayLike, std: ArrayLike) -> Floats:
    """The log of the Gaussian density N(mean, std²) at each true rating, in nats, shape (B,)."""
    spread = _spread(std, truth)
    densities: Floats = -0.5 * (_residuals(truth, mean) / spread) ** 2 - np.log(spread) - 0.5 * np.log(2 * np.pi)
    return densities


def log_likelihood(truth: ArrayLike, mean: ArrayLike, std: ArrayLike) -> float:
    """The mean log density over pairs; higher is better. Too small standard deviations lower it."""
    return float(log_densities(truth, mean, std).mean())


def covered(truth: ArrayLike, mean: ArrayLike, std: ArrayLike, *, level: float) -> NDArray[np.bool_]:
    """Whether each true rating lies inside its central interval of nominal coverage `level`, shape (B,)."""
    if not 0 < level < 1:
        raise DataError(f"the level of an interval must be between 0 and 1, not {level}")
    reach = NormalDist().inv_cdf(0.5 + level / 2)
    inside: NDArray[np.bool_] = absolute_errors(truth, mean) <= reach * _spread(std, truth)
    return inside


def interval_coverage(truth: ArrayLike, mean: ArrayLike, std: ArrayLike, *, level: float) -> float:
    """The share of true ratings inside their interval; near `level` for a calibrated model."""
    return float(covered(truth, mean, std, level=level).mean())


def calibration_bins(truth: ArrayLike, predicted: ArrayLike, *, bins: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Mean prediction, mean true rating and count of each bin, in up to `bins` quantile bins of the predictions.

    The two means of a calibrated model agree in every bin. Equal predictions are in the same bin.
    """
    actual, guess = _pair(truth, predicted)
    edges = np.unique(np.quantile(guess, np.linspace(0, 1, bins + 1)[1:-1]))
    at = np.searchsorted(edges, guess, side="right")
    counts = np.bincount(at)
    used = counts > 0
    means = [np.bincount(at, weights=side)[used] / counts[used] for side in (guess, actual)]
    return means[0], means[1], counts[used]


def _residuals(truth: ArrayLike, predicted: ArrayLike) -> Floats:
    actual, guess = _pair(truth, predicted)
    return actual - guess


def _pair(truth: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats]:
    """Both as float64. Raises DataError for shapes that differ, which NumPy would broadcast."""
    actual, guess = np.asarray(truth, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if actual.shape != guess.shape or actual.ndim != 1:
        raise DataError(f"true ratings of shape {actual.shape} do not match predictions of shape {guess.shape}")
    if not len(actual):
        raise DataError("there is no rating to compare")
    if not np.isfinite(guess).all():
        raise DataError(f"{int((~np.isfinite(guess)).sum())} of {len(guess)} predictions are not finite numbers")
    return actual, guess


def _spread(std: ArrayLike, truth: Any) -> Floats:
    spread = np.asarray(std, dtype=np.float64)
    if spread.shape not in ((), np.shape(truth)):
        raise DataError(f"standard deviations of shape {spread.shape} do not match ratings of shape {np.shape(truth)}")
    if not (spread > 0).all():
        raise DataError("a standard deviation is not above 0")
    return spread
