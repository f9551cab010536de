"""The mean and the standard deviation of ratings for a table of users and items, for P(like)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.models.rows import Floats, Rows
from penchant.models.scorers import with_ones
from penchant.models.trained import TrainedModel

SMALLEST_VARIANCE = 1e-6


@dataclass(frozen=True)
class ItemSpread:
    """The statistics of a model's items for the standard deviation of ratings; computed once.

    second_moment: (S, D, D), the mean of x x' over items, x = [1, vector], weighted by their number of ratings.
    unrated: (S, D, D), the covariance of an item's row without ratings, or None if its prior has none.
    """

    second_moment: NDArray[np.float64]
    unrated: NDArray[np.float64] | None

    @classmethod
    def of(cls, trained: TrainedModel) -> ItemSpread:
        items = trained.items
        x = with_ones(items.vectors).astype(np.float64)  # (S, I, D)
        weights = items.counts / max(int(items.counts.sum()), 1)
        moment = (x * weights[:, None]).transpose(0, 2, 1) @ x
        prior = items.prior
        unrated = None if prior.precision is None else np.linalg.inv(prior.precision_for(0).astype(np.float64))
        return cls(moment, unrated)

    def of_users(self, users: Rows) -> NDArray[np.float64]:
        """The variance that inferred user rows (S, B, D) add to a rating of an average rated item, (B,)."""
        if users.covariance is None:
            return np.zeros(len(users))
        added: NDArray[np.float64] = (users.covariance * self.second_moment[:, None]).sum(axis=(2, 3)).mean(axis=0)
        return added

    def of_unrated(self, users: Rows) -> NDArray[np.float64]:
        """The variance that an item without ratings adds to the ratings of user rows (S, B, D), (B,)."""
        if self.unrated is None:
            return np.zeros(len(users))
        x = with_ones(users.vectors).astype(np.float64)
        added: NDArray[np.float64] = ((x @ self.unrated) * x).sum(axis=2).mean(axis=0)
        return added


def rating_moments(trained: TrainedModel, users: Rows, items: Rows, spread: ItemSpread) -> tuple[Floats, Floats]:
    """The expected rating, not clipped, and the standard deviation of a rating, (B, I) each.

    The variance is the sum of the variance of the expectation between samples, the noise, and the variance of inferred
    rows. For a folded-in user, this last term is its mean over items: one number for each user.
    """
    if len(users) == 1:
        by_sample = trained.scorer.pairs(users, items)  # (S, I)
        mean, between = by_sample.mean(axis=0)[None], by_sample.var(axis=0)[None]
    else:
        mean, between = _over_samples(trained, users, items)
    return mean, rating_std(trained, users, between, spread, items.variance, items.unrated)


def rating_std(
    trained: TrainedModel,
    users: Rows,
    between: NDArray[Any],
    spread: ItemSpread,
    variance: Floats | None,
    unrated: NDArray[np.bool_] | None,
) -> Floats:
    """The standard deviation of a rating, (B, I), from the variance of its expectation between samples.

    variance, unrated: (I,), as of the items' rows.
    """
    own = spread.of_users(users)
    total = between + np.mean(np.square(trained.noise, dtype=np.float64))
    total += (own if users.variance is None else own + users.variance)[:, None]
    if variance is not None:
        total = total + variance
    if unrated is not None and unrated.any():
        total = total + spread.of_unrated(users)[:, None] * unrated
    return np.sqrt(np.maximum(total, SMALLEST_VARIANCE)).astype(np.float32)


def _over_samples(trained: TrainedModel, users: Rows, items: Rows) -> tuple[Floats, NDArray[Any]]:
    """The mean and the variance over samples of every user with every item, one sample at a time."""
    shape, samples = (len(users), len(items)), trained.samples
    total, squares = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    centre: Any = None
    for sample in range(samples):
        scores = trained.scorer.one_sample(sample).all_items(users.sample(sample), items.sample(sample))
        if centre is None:
            centre = scores.copy()  # differences from the first sample are small, so float32 sums lose nothing
        scores -= centre
        total += scores
        squares += scores * scores
    mean = total / np.float32(samples)
    return centre + mean, np.maximum(squares / np.float32(samples) - mean * mean, 0)
