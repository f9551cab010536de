"""Metrics of lists besides accuracy. `top`: (U, k) item numbers, -1 where a list is shorter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Top = NDArray[Any]
PerUser = NDArray[np.float64]


def times_listed(top: Top, n_items: int) -> NDArray[np.int64]:
    """The number of lists that contain each item, (I,)."""
    return np.bincount(top[top >= 0], minlength=n_items)


def catalogue_coverage(top: Top, n_items: int) -> float:
    """The share of the catalogue that is in at least one list."""
    return float((times_listed(top, n_items) > 0).mean())


def gini(top: Top, n_items: int) -> float:
    """The Gini index of item exposure: 0 if all items are listed equally often, near 1 if only one item is listed."""
    counts = np.sort(times_listed(top, n_items)).astype(np.float64)
    if not counts.sum():
        return 0.0
    rank = np.arange(1, n_items + 1)
    return float(((2 * rank - n_items - 1) * counts).sum() / (n_items * counts.sum()))


def novelty(top: Top, rating_counts: NDArray[Any], n_users: int) -> PerUser:
    """The mean self-information of a list in bits, -log2 of the share of users who rated the item (Zhou et al. 2010).

    rating_counts: (I,) training ratings of each item; an item without ratings counts as rated once.
    """
    share = np.maximum(rating_counts, 1) / n_users
    return _list_means(top, -np.log2(np.minimum(share, 1.0)))


def popularity_bias(top: Top, rating_counts: NDArray[Any], own_means: NDArray[Any]) -> PerUser:
    """Popularity of a list relative to its user's history, less 1: 1 is twice as popular (Abdollahpouri et al. 2019).

    own_means: (U,) the mean rating count of the items in the user's training history; NaN gives NaN.
    """
    relative: PerUser = _list_means(top, np.asarray(rating_counts, dtype=np.float64)) / own_means
    return relative - 1


def intra_list_diversity(top: Top, vectors: NDArray[Any]) -> PerUser:
    """1 - the mean cosine over all pairs of a list's items (Ziegler et al. 2005); NaN for a list of fewer than two.

    vectors: (I, F) features or latent vectors of the items; a zero vector has cosine 0 with all others.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros(vectors.shape), where=lengths > 0)
    listed = top >= 0
    member = unit[np.maximum(top, 0)] * listed[..., None]
    size = listed.sum(axis=1).astype(np.float64)
    total = (member.sum(axis=1) ** 2).sum(axis=1) - (member**2).sum(axis=(1, 2))
    pairs = size * (size - 1)
    mean_cosine: PerUser = np.divide(total, pairs, out=np.full(len(top), np.nan), where=pairs > 0)
    return 1 - mean_cosine


def _list_means(top: Top, values: NDArray[np.float64]) -> PerUser:
    """The mean of an item's value over each list; NaN for an empty list."""
    listed = top >= 0
    sums = np.where(listed, values[np.maximum(top, 0)], 0.0).sum(axis=1)
    size = listed.sum(axis=1)
    means: PerUser = np.divide(sums, size, out=np.full(len(top), np.nan), where=size > 0)
    return means
