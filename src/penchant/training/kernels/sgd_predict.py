"""Predictions of a dot model while it is trained."""

from __future__ import annotations

import numpy as np
from numba import njit

from penchant.training.kernels.sgd_rows import FAST


@njit(cache=True, nogil=True, fastmath=FAST)
def predict(u, i, user, item, mean, bounds):
    """mean + b_u + b_i + p_u · q_i of B pairs, shape (B,), through a sigmoid where bounds are a range."""
    P, Q, bu, bi = user.vectors, item.vectors, user.bias, item.bias
    width = bounds[1] - bounds[0]
    predicted = np.empty(len(u), np.float32)
    for r in range(len(u)):
        score = np.float32(0.0)
        for k in range(P.shape[1]):
            score += P[u[r], k] * Q[i[r], k]
        score += mean + bu[u[r]] + bi[i[r]]
        predicted[r] = bounds[0] + width / (np.float32(1.0) + np.exp(-score)) if width > 0 else score
    return predicted
