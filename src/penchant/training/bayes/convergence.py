"""Whether chains agree: split R-hat and the number of effective samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def split_r_hat(values: Array) -> Array:
    """The potential scale reduction of M quantities, (M,), from C chains of T samples: values (C, T, M).

    Every chain is cut in two, so that one that still drifts disagrees with itself (Gelman et al. 2013, Bayesian Data
    Analysis, section 11.4). Near 1 when all halves say the same; 1 for a quantity that never moves.
    """
    half = values.shape[1] // 2
    parts = np.concatenate([values[:, :half], values[:, -half:]])  # (2C, half, M)
    within = parts.var(axis=1, ddof=1).mean(axis=0)
    between = parts.mean(axis=1).var(axis=0, ddof=1)
    total = (half - 1) / half * within + between
    return np.sqrt(np.divide(total, within, out=np.ones_like(total), where=within > 0))


def effective_samples(values: Array) -> Array:
    """How many independent samples would say as much, (M,), for values (C, T, M).

    C T over 1 + 2 Σ autocorrelation, the sum ending where two neighbours together turn negative (Geyer 1992, section
    3.3); the autocovariances are averaged over chains around the common mean.
    """
    chains, length, _ = values.shape
    off = values - values.mean(axis=(0, 1))
    spectrum = np.fft.rfft(off, n=2 * length, axis=1)
    covariances = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :length].mean(axis=0) / length  # (T, M)
    start = np.where(covariances[0] > 0, covariances[0], 1.0)
    correlations = covariances / start
    pairs = correlations[: length // 2 * 2].reshape(-1, 2, values.shape[2]).sum(axis=1)
    positive = np.cumprod(pairs > 0, axis=0)
    sums = np.maximum(2 * (pairs * positive).sum(axis=0) - 1, 1 / (chains * length))
    return np.where(covariances[0] > 0, np.minimum(chains * length / sums, chains * length), chains * length)
