"""The order of the ratings in an epoch: a function of the run's seed and the epoch, so that it can be repeated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def epoch_generator(run_seed: int, epoch: int) -> np.random.Generator:
    """The generator of one epoch of one run; a restarted run gets the same one without saved state."""
    return np.random.default_rng([run_seed, epoch])


def epoch_order(n: int, run_seed: int, epoch: int) -> NDArray[np.int32]:
    """A permutation of n rows, shape (n,)."""
    order = np.arange(n, dtype=np.int32)
    epoch_generator(run_seed, epoch).shuffle(order)
    return order


def steps_in(n: int, batch_size: int) -> int:
    """The number of batches in an epoch of n rows, an incomplete last one included."""
    return -(-n // batch_size)
