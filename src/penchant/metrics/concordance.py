"""Whether scores order a user's ratings as the user did, which a model can be asked that foretells no rating."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from penchant.foundations.errors import DataError
from penchant.metrics.intervals import UserSums


def concordant_pairs(truth: ArrayLike, scores: ArrayLike, owners: NDArray[Any], n_users: int) -> UserSums:
    """The share of pairs of one user's items, rated differently, that the scores put in the right order.

    truth, scores, owners: (n,) each; owners names the user of each rating. Equal scores count one half, so chance and
    a constant give 0.5. Every pair weighs the same, so a user of n ratings weighs about n²: FCP of Koren and Sill
    (2011, section 5). Users without two different ratings weigh nothing. Takes time with the number of ratings times
    the number of different ones that a user gives.
    """
    rated, owner = np.asarray(truth, dtype=np.float64), np.asarray(owners, dtype=np.int64)
    places, size = _places(scores, rated, owner)
    levels = _levels(rated, owner)
    # One sorted array holds the scores of all users: a user's own lie between owner * size and the next user's.
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
    """The rank of each score among all different ones, and how many those are."""
    said = np.asarray(scores, dtype=np.float64)
    if not said.shape == rated.shape == owner.shape or said.ndim != 1:
        raise DataError(f"scores {said.shape}, ratings {rated.shape} and owners {owner.shape} do not fit each other")
    if np.isnan(said).any():
        raise DataError(f"{int(np.isnan(said).sum())} of {len(said)} scores are not numbers")
    different, places = np.unique(said, return_inverse=True)
    return places.astype(np.int64), len(different)


def _levels(rated: NDArray[Any], owner: NDArray[Any]) -> NDArray[np.int64]:
    """The rank of each rating among the different ones of its own user, (n,)."""
    different, kinds = np.unique(rated, return_inverse=True)
    found, at = np.unique(owner * len(different) + kinds, return_inverse=True)
    return at - np.searchsorted(found, owner * len(different))
