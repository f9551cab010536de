"""Selecting the rows of a split."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import DataError

Rows = NDArray[np.int64]


def ranks_within(keys: NDArray[Any], order: NDArray[Any]) -> Rows:
    """How many rows of the same key come before each row, (n,), when the rows are sorted by `order`."""
    grouped = order[np.argsort(keys[order], kind="stable")]
    counts = np.bincount(keys)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    ranks = np.empty(len(keys), dtype=np.int64)
    ranks[grouped] = np.arange(len(keys)) - starts
    return ranks


def sample_ids(numbers: NDArray[Any], share: float, rng: np.random.Generator, name: str) -> NDArray[np.bool_]:
    """A random share of the users or items that have ratings, as a mask over their numbers."""
    check_share(share, name)
    rated = np.unique(numbers)
    count = round(share * len(rated))
    if not 0 < count < len(rated):
        raise DataError(f"a share of {share:g} is {count} of {len(rated)}", where=name, remedy="Change the share")
    mask = np.zeros(int(rated[-1]) + 1, dtype=bool)
    mask[rng.choice(rated, size=count, replace=False)] = True
    return mask


def check_share(share: float, name: str) -> None:
    """Raise DataError unless 0 < share < 1."""
    if not isinstance(share, int | float | np.number) or not 0 < share < 1:
        raise DataError(f"a share of {share!r} is not possible", where=name, remedy="Give a number between 0 and 1")


def divide_history(
    keys: NDArray[Any], rows: Rows, given: int, reserve: int | None, rng: np.random.Generator, name: str
) -> tuple[Rows, Rows, Rows]:
    """The rows of each key divided at random: `given` rows to fold in, the other reserved rows, and the test rows.

    keys: (n,) the user or item number of every rating. rows: the rows to divide. reserve: how many rows of each key are
    kept out of the test, at most half of them; the test rows then do not depend on `given`.
    """
    reserve = given if reserve is None else reserve
    if not 0 <= given <= reserve:
        raise DataError(f"given={given} is not between 0 and reserve={reserve}", where=name)
    own = keys[rows]
    rank = ranks_within(own, rng.permutation(len(rows))) if len(rows) else np.empty(0, dtype=np.int64)
    kept_out = np.minimum(reserve, np.bincount(own)[own] // 2) if len(rows) else rank
    is_given = (rank < kept_out) & (rank < given)
    return rows[is_given], rows[(rank < kept_out) & ~is_given], rows[rank >= kept_out]
