"""The order in which both roads visit the ratings in an epoch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.data.batches import epoch_generator, epoch_order

LARGE = 1 << 21
"""Rows from which on an order outgrows the processor's cache, and NumPy's shuffle waits for memory at each of them.
A stated number, not the machine's: the same seed gives the same order anywhere."""

_DRAWS = 1 << 16
"""Random numbers drawn at a time."""


def visiting_order(n: int, run_seed: int, epoch: int) -> NDArray[np.int32]:
    """A permutation of n rows, shape (n,), every one as likely as another; it follows from the seed and the epoch."""
    if n < LARGE:
        return epoch_order(n, run_seed, epoch)
    from penchant.training.kernels.prefetching import shuffle

    order, random = np.arange(n, dtype=np.int32), epoch_generator(run_seed, epoch)
    for end in range(n, 0, -_DRAWS):
        shuffle(order, end, random.random(min(end, _DRAWS)))
    return order
