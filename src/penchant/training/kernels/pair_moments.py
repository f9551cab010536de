"""The mean and the variance over posterior samples of the scores of many pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

BLOCK = 2048
"""Pairs whose sums stay in a core's first cache while one sample after the other is added."""


@njit(nogil=True, cache=True)
def pair_moments(
    users: Any, items: Any, mean: Any, user_bias: Any, user_vectors: Any, item_bias: Any, item_vectors: Any,
    out_mean: Any, out_variance: Any,
) -> None:  # fmt: skip
    """Write the mean and the variance over S samples of mean + b_u + b_i + p_u · q_i of B pairs.

    users, items: (B,) row numbers. mean: (S,). user_bias: (S, U), user_vectors: (S, U, K), and the same for items.
    out_mean, out_variance: (B,). The sums are of differences from the first sample: they are small, so single precision
    loses nothing.
    """
    first, total, squares = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    samples = np.float32(len(mean))
    for start in range(0, len(users), BLOCK):
        size = min(BLOCK, len(users) - start)
        total[:] = np.float32(0.0)
        squares[:] = np.float32(0.0)
        for s in range(len(mean)):
            own, other, offset = user_vectors[s], item_vectors[s], mean[s]
            own_bias, other_bias = user_bias[s], item_bias[s]
            for b in range(size):
                u, i = users[start + b], items[start + b]
                score = offset + own_bias[u] + other_bias[i] + _dot(own[u], other[i])
                if s == 0:
                    first[b] = score
                else:
                    off = score - first[b]
                    total[b] += off
                    squares[b] += off * off
        for b in range(size):
            off = total[b] / samples
            out_mean[start + b] = first[b] + off
            out_variance[start + b] = max(squares[b] / samples - off * off, np.float32(0.0))


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def _dot(a: Any, b: Any) -> Any:
    total = np.float32(0.0)
    for k in range(len(a)):
        total += a[k] * b[k]
    return total
