"""Sampling distinct (user, item) pairs whose users and items follow power laws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Numbers

Fit = Callable[[NDArray[Any], NDArray[Any]], NDArray[np.float32]]
FEW_CELLS = 5_000_000
"""Tables of at most this many cells are sampled exactly, over all cells; larger ones by rejecting repeated pairs."""
USER_EXPONENT, ITEM_EXPONENT = 0.9, 1.1


def power_law(count: int, exponent: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Weights (N,) that sum to one: the Zipf-Mandelbrot law (rank + N / 500) ** -exponent, in shuffled order."""
    weights = (np.arange(1, count + 1) + count / 500) ** -exponent
    weights = rng.permutation(weights)
    return np.asarray(weights / weights.sum())


def sample_pairs(
    users: int, items: int, count: int, rng: np.random.Generator, fit: Fit | None = None
) -> tuple[Numbers, Numbers]:
    """`count` distinct pairs, sorted, with every user and every item among them.

    fit: (users, items) -> (B,) scores; the odds of a pair are multiplied by the logistic function of its score.
    """
    of_users, of_items = power_law(users, USER_EXPONENT, rng), power_law(items, ITEM_EXPONENT, rng)
    required = _required_pairs(of_users, of_items, rng)
    if users * items <= FEW_CELLS:
        keys = _by_cells(of_users, of_items, required, count, rng, fit)
    else:
        keys = _by_rejection(of_users, of_items, required, count, rng, fit)
    return (keys // items).astype(np.int32), (keys % items).astype(np.int32)


def _required_pairs(of_users: NDArray[Any], of_items: NDArray[Any], rng: np.random.Generator) -> NDArray[np.int64]:
    """The fewest pairs, as sorted keys, in which each user and each item occurs."""
    users, items = len(of_users), len(of_items)
    size = max(users, items)
    firsts = (
        np.arange(size) if users == size else np.append(rng.permutation(users), _sample(of_users, size - users, rng))
    )
    others = (
        np.arange(size) if items == size else np.append(rng.permutation(items), _sample(of_items, size - items, rng))
    )
    return np.sort(firsts.astype(np.int64) * items + others)


def _sample(weights: NDArray[Any], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.searchsorted(np.cumsum(weights)[:-1], rng.random(count), side="right")


def _by_cells(
    of_users: NDArray[Any], of_items: NDArray[Any], required: NDArray[np.int64], count: int, rng: np.random.Generator,
    fit: Fit | None,
) -> NDArray[np.int64]:  # fmt: skip
    """Weighted sampling without replacement: the largest log weight + Gumbel noise (Efraimidis and Spirakis 2006)."""
    keys = np.add.outer(np.log(of_users), np.log(of_items)).ravel()
    if fit is not None:
        users, items = np.divmod(np.arange(len(keys)), len(of_items))
        keys -= np.logaddexp(0, -fit(users, items))
    keys += rng.gumbel(size=len(keys))
    keys[required] = np.inf
    return np.sort(np.argpartition(-keys, count - 1)[:count])


def _by_rejection(
    of_users: NDArray[Any], of_items: NDArray[Any], required: NDArray[np.int64], count: int, rng: np.random.Generator,
    fit: Fit | None,
) -> NDArray[np.int64]:  # fmt: skip
    keys, size = required, count
    while len(keys) < count:
        users = np.repeat(np.arange(len(of_users)), rng.multinomial(size, of_users))
        items = _sample(of_items, size, rng)
        if fit is not None:
            accepted = rng.random(size) < 1 / (1 + np.exp(-fit(users, items)))
            users, items = users[accepted], items[accepted]
        before = len(keys)
        keys = _distinct(np.concatenate([keys, users * len(of_items) + items]))
        size = _samples_needed(count - len(keys), (len(keys) - before) / size, count)
    surplus = len(keys) - count
    if surplus:
        free = np.flatnonzero(~np.isin(keys, required, assume_unique=True))
        keys = np.delete(keys, rng.choice(free, size=surplus, replace=False))
    return keys


def _samples_needed(missing: int, new_share: float, most: int) -> int:
    """How many samples give the missing pairs, if a slightly lower share of them is new than of the last ones."""
    return min(most, int(1.2 * missing / max(new_share, 0.01)) + 1000)


def _distinct(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """The distinct keys, ascending; a plain sort is several times faster here than np.unique's hash table."""
    keys.sort()
    return keys[np.append(True, keys[1:] != keys[:-1])]
