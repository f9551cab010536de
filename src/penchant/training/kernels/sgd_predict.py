"""Predictions of a dot model while it is trained."""

from __future__ import annotations

import numpy as np

from penchant.training.kernels.sgd_rows import compiled, factors_in


@compiled()
def predict(u, i, user, item, mean, bounds):
    """mean + b_u + b_i + p_u · q_i of B pairs, shape (B,), through a sigmoid where bounds are a range."""
    P, Q, K = user.rows, item.rows, factors_in(user.rows)
    width = bounds[1] - bounds[0]
    predicted = np.empty(len(u), np.float32)
    for r in range(len(u)):
        score = np.float32(0.0)
        for k in range(K):
            score += P[u[r], k] * Q[i[r], k]
        score += mean + P[u[r], 3 * K] + Q[i[r], 3 * K]
        predicted[r] = bounds[0] + width / (np.float32(1.0) + np.exp(-score)) if width > 0 else score
    return predicted
