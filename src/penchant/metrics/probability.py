"""Predicted probabilities against what happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from penchant.foundations.errors import DataError


@dataclass(frozen=True)
class Reliability:
    """A reliability curve: bins of equal width of the predicted probability, empty ones left out.

    predicted: (bins,) mean probability of each bin. observed: (bins,) the share of its rows for which it happened.
    counts: (bins,) rows.
    """

    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def gap(self) -> float:
        """The mean absolute gap between predicted and observed over bins, weighted by their rows.

        Naeini, Cooper and Hauskrecht 2015 (Obtaining well calibrated probabilities using Bayesian binning): the
        expected calibration error.
        """
        return float(np.average(np.abs(self.predicted - self.observed), weights=self.counts))

    def to_json(self) -> list[dict[str, float]]:
        """The bins as JSON values."""
        columns = (self.predicted.tolist(), self.observed.tolist(), self.counts.tolist())
        return [{"predicted": p, "observed": o, "rows": n} for p, o, n in zip(*columns, strict=True)]


def reliability(happened: ArrayLike, probability: ArrayLike, *, bins: int = 10) -> Reliability:
    """The reliability curve of n predicted probabilities. happened: (n,) truth values. probability: (n,) from 0 to 1.

    Raises DataError for shapes that differ, for no row, and for numbers that are no probabilities.
    """
    truth, predicted = np.asarray(happened, dtype=bool), np.asarray(probability, dtype=np.float64)
    if truth.shape != predicted.shape or truth.ndim != 1 or not len(truth):
        raise DataError(f"truth values of shape {truth.shape} do not match probabilities of shape {predicted.shape}")
    if not ((predicted >= 0) & (predicted <= 1)).all():
        raise DataError("a predicted probability is not between 0 and 1")
    at = np.minimum((predicted * bins).astype(np.int64), bins - 1)
    counts = np.bincount(at, minlength=bins)
    used = counts > 0
    means = [np.bincount(at, side, bins)[used] / counts[used] for side in (predicted, truth.astype(np.float64))]
    return Reliability(means[0], means[1], counts[used])
