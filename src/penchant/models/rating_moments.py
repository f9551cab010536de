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
    total = between + trained.noise_variance
    total += (own if users.variance is None else own + users.variance)[:, None]
    if variance is not None:
        total = total + variance
    if unrated is not None and unrated.any():
        total = total + spread.of_unrated(users)[:, None] * unrated
    return np.sqrt(np.maximum(total, SMALLEST_VARIANCE)).astype(np.float32)


TILE = 2**20
"""The number of pairs whose sums over samples are in the cache together."""


def _over_samples(trained: TrainedModel, users: Rows, items: Rows) -> tuple[Floats, Floats]:
    """The mean and the variance over samples of every user with every item, some users and one sample at a time."""
    mean, variance = np.empty((2, len(users), len(items)), np.float32)
    samples, height = trained.samples, max(1, TILE // max(len(items), 1))
    scorers = [trained.scorer.one_sample(number) for number in range(samples)]
    for start in range(0, len(users), height):
        at = slice(start, start + height)
        some = users.take(np.arange(len(users))[at])
        centre = scorers[0].all_items(some.sample(0), items.sample(0))
        total, squares = np.zeros_like(centre), np.zeros_like(centre)
        for number in range(1, samples):  # differences from the first sample are small: float32 sums lose nothing
            scores = scorers[number].all_items(some.sample(number), items.sample(number))
            scores -= centre
            total += scores
            scores *= scores
            squares += scores
        total /= np.float32(samples)
        mean[at], variance[at] = centre + total, np.maximum(squares / np.float32(samples) - total * total, 0)
    return mean, variance
