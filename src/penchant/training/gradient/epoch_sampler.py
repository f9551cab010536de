"""The order of the ratings in each epoch, the same for both backends.

No constant depends on the machine, so the same seed gives the same order everywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.epoch_order import epoch_generator, epoch_order
from penchant.data.ratings import Ratings
from penchant.training.gradient.settings import GradientSettings

LARGE = 1 << 21
"""From this number of ratings, an order is larger than the cache, and NumPy's shuffle waits for memory."""

NUMBERS_TOGETHER = 300_000
"""Numbers in the rows of a group's users, with their moments: 1.2 MB, which fit the cache while the group is in use."""

RATINGS_TOGETHER = 1 << 18
"""The lowest mean number of ratings in a group: it gives hundreds of batches, each with ratings of many users."""

_MOST_GROUPS = 1 << 16
_DRAWS = 1 << 16
"""Random numbers generated at a time."""


class EpochSampler:
    """The order of n ratings in each epoch of a run: one shuffle, or groups in random order, each of them shuffled.

    groups: (n,) uint16, the group of each rating, or None for one shuffle.
    """

    def __init__(self, n: int, groups: NDArray[np.uint16] | None = None) -> None:
        self._rows, self._ends = np.arange(n, dtype=np.int32), np.array([0, n])
        if groups is not None:
            self._rows = np.argsort(groups, kind="stable").astype(np.int32)
            self._ends = np.append(0, np.cumsum(np.bincount(groups)))

    @classmethod
    def of(cls, ratings: Ratings, settings: GradientSettings) -> EpochSampler:
        """For large tables with sparse updates, groups of users whose rows fit the cache; else one shuffle."""
        n, numbers = len(ratings), ratings.n_users * (3 * settings.factors + 4)
        groups = min(numbers // NUMBERS_TOGETHER, n // RATINGS_TOGETHER, _MOST_GROUPS)
        if not settings.sparse_updates or n < LARGE or groups < 2:
            return cls(n)
        # The groups are random: user numbers are often in the order of sign-up, and neighbours there may be similar.
        of_user = np.random.default_rng(groups).permutation(ratings.n_users) % groups
        return cls(n, of_user.astype(np.uint16)[ratings.user_numbers])

    def order(self, run_seed: int, epoch: int) -> NDArray[np.int32]:
        """A permutation of the n rows, shape (n,), determined by the run's seed and the epoch."""
        n = len(self._rows)
        if n < LARGE:
            return epoch_order(n, run_seed, epoch)
        order, at, random = np.empty(n, np.int32), 0, epoch_generator(run_seed, epoch)
        for group in random.permutation(len(self._ends) - 1):
            rows = self._rows[self._ends[group] : self._ends[group + 1]]
            order[at : at + len(rows)] = rows
            _shuffle(order[at : at + len(rows)], random)
            at += len(rows)
        return order


def _shuffle(order: NDArray[Any], random: np.random.Generator) -> None:
    """Shuffle in place, with prefetching, for arrays larger than the cache."""
    from penchant.training.kernels.prefetch import shuffle

    for end in range(len(order), 0, -_DRAWS):
        shuffle(order, end, random.random(min(end, _DRAWS)))
