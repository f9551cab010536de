"""What a model leaves unexplained, entry by entry."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True, cache=True, fastmath=True)
def residuals(rows: Any, starts: Any, numbers: Any, targets: Any, own: Any, other: Any, biased: bool, out: Any) -> None:
    """Write target minus prediction of every entry of the given rows to out (n,).

    own: (N, D). other: (M, D). biased: the first columns are biases, added up instead of multiplied.
    """
    first = 1 if biased else 0
    for r in range(len(rows)):
        mine = own[rows[r]]
        for e in range(starts[rows[r]], starts[rows[r] + 1]):
            theirs = other[numbers[e]]
            total = mine[0] + theirs[0] if biased else np.float32(0.0)
            for k in range(first, len(mine)):
                total += mine[k] * theirs[k]
            out[e] = targets[e] - total
