"""Choosing rows: within each user or item, and shares that make sense."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import DataError

Rows = NDArray[np.int64]


def ranks_within(keys: NDArray[Any], order: NDArray[Any]) -> Rows:
    """How many rows of the same key come before each row, (n,), when the rows are gone through in `order`."""
    grouped = order[np.argsort(keys[order], kind="stable")]
    counts = np.bincount(keys)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    ranks = np.empty(len(keys), dtype=np.int64)
    ranks[grouped] = np.arange(len(keys)) - starts
    return ranks


def hidden(numbers: NDArray[Any], share: float, rng: np.random.Generator, name: str) -> NDArray[np.bool_]:
    """A random share of the ids that have a rating, as a mask over the numbers."""
    check_share(share, name)
    rated = np.unique(numbers)
    count = round(share * len(rated))
    if not 0 < count < len(rated):
        raise DataError(f"a share of {share:g} hides {count} of {len(rated)}", where=name, remedy="Change the share")
    mask = np.zeros(int(rated[-1]) + 1, dtype=bool)
    mask[rng.choice(rated, size=count, replace=False)] = True
    return mask


def check_share(share: float, name: str) -> None:
    """Raise DataError unless 0 < share < 1."""
    if not 0 < share < 1:
        raise DataError(f"a share of {share:g} leaves nothing", where=name, remedy="Give a number between 0 and 1")


def dealt(
    keys: NDArray[Any], rows: Rows, given: int, reserve: int | None, rng: np.random.Generator, name: str
) -> tuple[Rows, Rows, Rows]:
    """The first `given` rows of each key in random order, those only reserved, and those left over for the test.

    keys: (n,) of all ratings; rows: those to divide. reserve: rows of each key kept out of the test, so that the test
    is the same whatever `given` is; at most half of a key's rows are reserved.
    """
    reserve = given if reserve is None else reserve
    if not 0 <= given <= reserve:
        raise DataError(f"given={given} does not lie between 0 and reserve={reserve}", where=name)
    own = keys[rows]
    rank = ranks_within(own, rng.permutation(len(rows))) if len(rows) else np.empty(0, dtype=np.int64)
    kept_out = np.minimum(reserve, np.bincount(own)[own] // 2) if len(rows) else rank
    is_given = (rank < kept_out) & (rank < given)
    return rows[is_given], rows[(rank < kept_out) & ~is_given], rows[rank >= kept_out]
