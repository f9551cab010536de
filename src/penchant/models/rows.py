"""Rows of one side, ready to be scored against the other side's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Rows:
    """Some rows of one side, ready to be scored against the other side's.

    bias: (S, B). vectors: (S, B, K). covariance: (S, B, D, D) of [bias, vector], D = 1 + K, for rows that are
    inferred rather than learnt (folded in, from features, or the bare prior); None for learnt rows, whose uncertainty
    is in the samples. variance: (B,), how much more the ratings of learnt rows vary than the model's noise and samples
    say (less, where negative), or None.
    """

    bias: Floats
    vectors: Floats
    covariance: Floats | None = None
    variance: Floats | None = None

    def __len__(self) -> int:
        return int(self.bias.shape[1])

    @property
    def joined(self) -> Floats:
        """[bias, vector], shape (S, B, D)."""
        return np.concatenate([self.bias[:, :, None], self.vectors], axis=2)

    @classmethod
    def split(cls, joined: NDArray[Any], covariance: NDArray[Any] | None = None) -> Rows:
        """Rows from [bias, vector] of shape (S, B, D)."""
        joined = joined.astype(np.float32, copy=False)
        spread = None if covariance is None else covariance.astype(np.float32, copy=False)
        return cls(joined[:, :, 0], joined[:, :, 1:], spread)

    def take(self, at: NDArray[Any]) -> Rows:
        """The rows at the given positions."""
        spread = None if self.covariance is None else self.covariance[:, at]
        variance = None if self.variance is None else self.variance[at]
        return Rows(self.bias[:, at], self.vectors[:, at], spread, variance)


def covariance_of(rows: Rows) -> Floats:
    """The rows' covariance (S, B, D, D), zero for learnt rows."""
    if rows.covariance is not None:
        return rows.covariance
    samples, count, width = rows.vectors.shape
    return np.zeros((samples, count, width + 1, width + 1), dtype=np.float32)
