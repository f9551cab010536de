"""Whether scores order a user's ratings correctly. This also evaluates models that predict no ratings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from penchant.foundations.errors import DataError
from penchant.metrics.intervals import UserSums


def concordant_pairs(truth: ArrayLike, scores: ArrayLike, owners: NDArray[Any], n_users: int) -> UserSums:
    """The share of pairs of one user's items, rated differently, that the scores put in the right order.

    truth, scores, owners: (n,) each; owners is the user of each rating. Equal scores count one half, so random and
    constant scores give 0.5. Every pair has the same weight, so the weight of a user with n ratings is about n²: FCP
    of Koren and Sill (2011, section 5). Users without two different ratings have no weight. The time grows with the
    number of ratings times the number of different rating values. Raises DataError for NaN and for unequal lengths.
    """
    rated, owner = np.asarray(truth, dtype=np.float64), np.asarray(owners, dtype=np.int64)
    places, size = _places(scores, rated, owner)
    levels = _levels(rated, owner)
    # One sorted array holds the scores of all users: those of a user lie between owner * size and the next user's.
    keys = owner * size + places
    right, pairs = np.zeros(n_users), np.zeros(n_users)
    for level in range(int(levels.max(initial=0))):
        lower = np.sort(keys[levels == level])
        above = levels > level
        keys, levels, owner = keys[above], levels[above], owner[above]
        first, past = np.searchsorted(lower, owner * size), np.searchsorted(lower, (owner + 1) * size)
        beaten, reached = np.searchsorted(lower, keys), np.searchsorted(lower, keys, side="right")
        right += np.bincount(owner, weights=(beaten + reached) / 2 - first, minlength=n_users)
        pairs += np.bincount(owner, weights=past - first, minlength=n_users)
    return UserSums(right, pairs)


def _places(scores: ArrayLike, rated: NDArray[Any], owner: NDArray[Any]) -> tuple[NDArray[np.int64], int]:
    """The rank of each score among all distinct scores, and the number of distinct scores."""
    values = np.asarray(scores, dtype=np.float64)
    if not values.shape == rated.shape == owner.shape or values.ndim != 1:
        raise DataError(f"shapes differ: scores {values.shape}, ratings {rated.shape}, owners {owner.shape}")
    if np.isnan(values).any():
        raise DataError(f"{int(np.isnan(values).sum())} of {len(values)} scores are NaN")
    different, places = np.unique(values, return_inverse=True)
    return places.astype(np.int64), len(different)


def _levels(rated: NDArray[Any], owner: NDArray[Any]) -> NDArray[np.int64]:
    """The rank of each rating among the distinct ratings of its user, (n,)."""
    different, kinds = np.unique(rated, return_inverse=True)
    found, at = np.unique(owner * len(different) + kinds, return_inverse=True)
    return at - np.searchsorted(found, owner * len(different))
