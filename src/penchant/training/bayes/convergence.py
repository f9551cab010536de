"""Convergence of chains: split R-hat and the effective sample size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def split_r_hat(values: Array) -> Array:
    """The potential scale reduction of M quantities, (M,), from C chains of T samples: values (C, T, M).

    Each chain is split into two halves, so a chain with a drift differs from itself (Gelman et al. 2013, Bayesian Data
    Analysis, section 11.4). The value is near 1 if all halves agree, and 1 for a constant quantity.
    """
    half = values.shape[1] // 2
    parts = np.concatenate([values[:, :half], values[:, -half:]])  # (2C, half, M)
    within = parts.var(axis=1, ddof=1).mean(axis=0)
    between = parts.mean(axis=1).var(axis=0, ddof=1)
    total = (half - 1) / half * within + between
    return np.sqrt(np.divide(total, within, out=np.ones_like(total), where=within > 0))


def effective_samples(values: Array) -> Array:
    """The effective sample size of M quantities, (M,), from C chains of T samples: values (C, T, M).

    It is C T / (1 + 2 Σ autocorrelation). The sum ends before the first pair of neighbouring lags with a negative sum
    (Geyer 1992, section 3.3). The autocovariances are averaged over chains, around the mean of all chains.
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
