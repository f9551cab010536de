"""A metric over several splits as sums by user and split, with intervals over users, and over splits too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from penchant.metrics.intervals import Floats, Interval, UserSums


@dataclass(frozen=True)
class SplitSums:
    """A metric as sums by user and split: value = link(sum of parts / sum of weights), both (U, C).

    link: as in UserSums. A user without rows in a split has no weight there.
    """

    parts: Floats
    weights: Floats
    link: str = "same"

    @property
    def pooled(self) -> UserSums:
        """The sums by user, over all splits."""
        return UserSums(self.parts.sum(axis=1), self.weights.sum(axis=1), self.link)

    @property
    def by_split(self) -> Floats:
        """The value on each split, (C,)."""
        found: Floats = self.pooled.of(self.parts.sum(axis=0), self.weights.sum(axis=0))
        return found

    def samples(self, *, seed: int, replicates: int, splits: bool) -> Floats:
        """Bootstrap samples of the value, (replicates,): users drawn with replacement.

        splits: whether splits are drawn too, independently of users (the pigeonhole bootstrap; Owen 2007, section 4).
        Metrics over the same users and splits share their draws for one seed.
        """
        rng, (n_users, n_splits) = np.random.default_rng(seed), self.parts.shape
        columns = np.concatenate([self.parts, self.weights], axis=1)
        sums = np.empty((2, replicates))
        for replicate in range(replicates):
            times = np.bincount(rng.integers(0, n_users, n_users), minlength=n_users)
            drawn = rng.integers(0, n_splits, n_splits) if splits else np.arange(n_splits)
            sums[:, replicate] = (times @ columns).reshape(2, n_splits)[:, drawn].sum(axis=1)
        found: Floats = self.pooled.of(sums[0], sums[1])
        return found


def interval_of(value: float, samples: Floats, level: float) -> Interval:
    """A value with the percentile interval of its bootstrap samples, those that are no number left out."""
    usable = samples[np.isfinite(samples)]
    if not len(usable):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(usable, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))
