"""A few steps of conjugate gradients on each row's normal equations, which are never written down."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True, cache=True, fastmath=True)
def descend_rows(
    rows: Any, starts: Any, numbers: Any, targets: Any, weights: Any, other: Any, gram: Any, ridge: Any, steps: int,
    own: Any,
) -> None:  # fmt: skip
    """Move the given rows of own (N, K) `steps` steps from where they are towards their conditional means.

    The equations of row r are (gram + ridge[r] + Σ_e w_e q_e q_eᵀ) x = Σ_e w_e t_e q_e over its entries e.
    rows: (R,). starts (N + 1,), numbers, targets, weights (n,): the entries in compressed rows. other: (M, K).
    gram: (K, K). ridge: (N,). A row without entries goes to zero at once.
    """
    K = other.shape[1]
    left, direction, image = np.empty(K, np.float32), np.empty(K, np.float32), np.empty(K, np.float32)
    for row in rows:
        start, stop, x = starts[row], starts[row + 1], own[row]
        if start == stop:
            x[:] = np.float32(0.0)
            continue
        _apply(start, stop, numbers, weights, other, gram, ridge[row], x, image)
        _pull(start, stop, numbers, targets, weights, other, left)
        size = np.float32(0.0)
        for d in range(K):
            left[d] -= image[d]
            direction[d] = left[d]
            size += left[d] * left[d]
        for _ in range(steps):
            if size < np.float32(1e-20):
                break
            _apply(start, stop, numbers, weights, other, gram, ridge[row], direction, image)
            size = _step(x, left, direction, image, size)


@njit(nogil=True, cache=True, fastmath=True)
def _step(x: Any, left: Any, direction: Any, image: Any, size: Any) -> Any:
    """One step along the direction; returns the squared length of what is left."""
    K = len(x)
    curvature = np.float32(0.0)
    for d in range(K):
        curvature += direction[d] * image[d]
    length, after = size / curvature, np.float32(0.0)
    for d in range(K):
        x[d] += length * direction[d]
        left[d] -= length * image[d]
        after += left[d] * left[d]
    share = after / size
    for d in range(K):
        direction[d] = left[d] + share * direction[d]
    return after


@njit(nogil=True, cache=True, fastmath=True)
def _pull(start: int, stop: int, numbers: Any, targets: Any, weights: Any, other: Any, out: Any) -> None:
    """Σ w t q over the entries."""
    out[:] = np.float32(0.0)
    for e in range(start, stop):
        q, amount = other[numbers[e]], weights[e] * targets[e]
        for d in range(len(out)):
            out[d] += amount * q[d]


@njit(nogil=True, cache=True, fastmath=True)
def _apply(
    start: int, stop: int, numbers: Any, weights: Any, other: Any, gram: Any, ridge: Any, x: Any, out: Any
) -> None:
    """(gram + ridge + Σ w q qᵀ) x."""
    K = len(x)
    for d in range(K):
        out[d] = ridge * x[d]
    for k in range(K):
        amount, line = x[k], gram[k]
        for d in range(K):
            out[d] += amount * line[d]
    for e in range(start, stop):
        q, along = other[numbers[e]], np.float32(0.0)
        for d in range(K):
            along += q[d] * x[d]
        along *= weights[e]
        for d in range(K):
            out[d] += along * q[d]
