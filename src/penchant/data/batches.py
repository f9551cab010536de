"""Shuffled minibatches as slices of arrays in memory; no row is ever touched by Python."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def epoch_order(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """A fresh order of n rows for one pass; index every column with it once, then slice."""
    return rng.permutation(n)


def slices(n: int, size: int) -> Iterator[slice]:
    """Slices of `size` rows that cover n rows once; the last may be shorter."""
    if size < 1:
        raise ValueError(f"a batch of {size} rows")
    return (slice(start, min(start + size, n)) for start in range(0, n, size))
