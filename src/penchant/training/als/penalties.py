"""The penalties of explicit least squares that come from the ratings: how far biases and ratings vary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from penchant.data.ratings import Ratings
from penchant.models.rows import Floats

_ITERATIONS = 20
_LEAST_SHARE = 1e-3
"""The variance of biases counts as at least this share of the noise variance, so that no damping is unbounded."""

_LEAST_NOISE = 1e-3
"""The noise counts as at least this many rating units: ratings that the biases explain fully still get a penalty."""


@dataclass(frozen=True)
class BiasVariances:
    """Damped biases with the dampings that fit the ratings.

    noise: the standard deviation of a rating around mean + user bias + item bias. user_damping, item_damping: the
    noise variance over the variance of the biases; a bias is damped by that many ratings at the mean. item_biases:
    (I,).
    """

    noise: float
    user_damping: float
    item_damping: float
    item_biases: Floats


def bias_variances(ratings: Ratings) -> BiasVariances:
    """The variances under which the ratings are likely, by expectation and maximisation.

    rating = mean + b_u + b_i + noise, with Gaussian b_u, b_i and noise (Searle, Casella and McCulloch 1992, Variance
    Components, chapter 8). Each step takes the biases under the present variances, one side given the other, and then
    the variances that their means and spreads have.
    """
    u, i = ratings.user_numbers, ratings.item_numbers
    user_counts, item_counts = (np.bincount(x, minlength=n) for x, n in ((u, ratings.n_users), (i, ratings.n_items)))
    centred = ratings.values.astype(np.float64) - ratings.mean
    users, items = np.zeros(ratings.n_users), np.zeros(ratings.n_items)
    noise = max(float(centred.var()), _LEAST_NOISE**2)
    user_damping = item_damping = 5.0
    for _ in range(_ITERATIONS):
        items = np.bincount(i, centred - users[u], len(items)) / (item_counts + item_damping)
        users = np.bincount(u, centred - items[i], len(users)) / (user_counts + user_damping)
        user_spread, item_spread = noise / (user_counts + user_damping), noise / (item_counts + item_damping)
        user_variance = float((users**2 + user_spread)[user_counts > 0].mean())
        item_variance = float((items**2 + item_spread)[item_counts > 0].mean())
        errors = (centred - users[u] - items[i]) ** 2 + user_spread[u] + item_spread[i]
        noise = max(float(errors.mean()), _LEAST_NOISE**2)
        user_damping = noise / max(user_variance, _LEAST_SHARE * noise)
        item_damping = noise / max(item_variance, _LEAST_SHARE * noise)
    return BiasVariances(float(np.sqrt(noise)), user_damping, item_damping, items.astype(np.float32))
