"""Baseline: the mean, and damped biases of users and items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Biases:
    """rating ≈ mean + users[u] + items[i]; users: (U,), items: (I,)."""

    mean: float
    users: Floats
    items: Floats

    def predict(self, user_numbers: NDArray[np.int32], item_numbers: NDArray[np.int32]) -> Floats:
        """The baseline of B pairs, shape (B,)."""
        return np.float32(self.mean) + self.users[user_numbers] + self.items[item_numbers]


def damped_biases(ratings: Ratings, *, user_damping: float, item_damping: float, epochs: int = 10) -> Biases:
    """Biases that minimise Σ (r - mean - b_u - b_i)² + user_damping Σ b_u² + item_damping Σ b_i².

    Alternating exact solutions, each b = Σ residual / (count + damping): Koren 2010 (Factor in the Neighbors), section
    2.1, with the epochs repeated. A damping acts as that many ratings equal to the mean.
    """
    u, i = ratings.user_numbers, ratings.item_numbers
    mean = ratings.mean
    centred = ratings.values.astype(np.float64) - mean
    users, items = np.zeros(ratings.n_users), np.zeros(ratings.n_items)
    user_counts = np.bincount(u, minlength=ratings.n_users) + user_damping
    item_counts = np.bincount(i, minlength=ratings.n_items) + item_damping
    for _ in range(epochs):
        items = _share(np.bincount(i, weights=centred - users[u], minlength=ratings.n_items), item_counts)
        users = _share(np.bincount(u, weights=centred - items[i], minlength=ratings.n_users), user_counts)
    return Biases(mean, users.astype(np.float32), items.astype(np.float32))


def _share(sums: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.float64]:
    """sums / counts, and 0 where nothing was counted."""
    return np.divide(sums, counts, out=np.zeros(len(sums)), where=counts > 0)
