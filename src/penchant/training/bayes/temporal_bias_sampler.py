"""Sampling the temporal biases: one for each user in each time span, for spans of several lengths."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.training.bayes.conditionals import Array
from penchant.training.row_solver import Floats

SPANS = (86_400, 600, 60, 10)
"""Lengths of the time spans in seconds: a day, ten minutes, a minute, ten seconds."""


class TemporalBiasState:
    """The state of one level: T biases, Gaussian around zero.

    place: (n,), the index of each rating's bias. users, spans: (T,), the user and the time span of each bias.
    """

    def __init__(self, users: NDArray[np.int32], times: NDArray[np.int64], span: int) -> None:
        spans = times // span
        temporal_bias, self.place = np.unique(np.stack([users, spans]), axis=1, return_inverse=True)
        self.span, self.users, self.spans = span, temporal_bias[0].astype(np.int32), temporal_bias[1]
        self.biases: Array = np.zeros(len(self.users))
        self.precision = 50.0

    def shift(self) -> Array:
        """The bias of each rating, (n,)."""
        return self.biases[self.place]

    def draw(self, residuals: Array, noise_precision: Array, rng: np.random.Generator) -> None:
        """Sample the biases, then their precision.

        residuals: (n,), the ratings less all other terms. noise_precision: (n,). The precision's prior is Gamma(1, rate
        0.02) with mean 50: a bias then has about a seventh of the ratings' standard deviation.
        """
        size = len(self.biases)
        total = self.precision + np.bincount(self.place, noise_precision, size)
        pull = np.bincount(self.place, noise_precision * residuals, size)
        self.biases = pull / total + rng.standard_normal(size) / np.sqrt(total)
        self.precision = float(rng.gamma(1.0 + 0.5 * size) / (0.02 + 0.5 * (self.biases**2).sum()))


def temporal_bias_levels(users: NDArray[np.int32], times: NDArray[np.int64]) -> list[TemporalBiasState]:
    """One level for each span length; a length that splits the n ratings no finer than the one before is left out."""
    levels: list[TemporalBiasState] = []
    for span in SPANS:
        level = TemporalBiasState(users, times, span)
        if not levels or len(level.users) > len(levels[-1].users):
            levels.append(level)
    return levels


def total_shift(levels: list[TemporalBiasState]) -> Floats:
    """The sum of each rating's biases over all levels, (n,)."""
    total: Floats = np.sum([level.shift() for level in levels], axis=0).astype(np.float32)
    return total
