"""The full ranking of every candidate item for every user, kept as the places where the relevant items ended up.

Ties have an order: the higher score comes first, equal scores by the lower item number. Scores are compared as
float32. A score and its item number become one 64-bit key whose plain integer order is that order, so one fast sort a
user settles everything; the whole score matrix never exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import DataError

Keys = NDArray[np.uint64]
ScoreRows = Callable[[NDArray[np.int64]], NDArray[Any]]
"""User numbers (B,) in, their scores for all items (B, I) out."""

_SIGN = np.uint32(1 << 31)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
EXCLUDED = np.uint64(0)
"""The key of an item that is no candidate; below the key of any score."""


@dataclass(frozen=True)
class ItemSets:
    """A set of items for each of U users: starts (U + 1,), items (n,), without repeats within a user."""

    starts: NDArray[np.int64]
    items: NDArray[Any]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many items each user's set has, shape (U,)."""
        return np.diff(self.starts)

    def of(self, user: int) -> NDArray[Any]:
        """One user's items."""
        return self.items[self.starts[user] : self.starts[user + 1]]

    def cells(self, first: int, last: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Row (counted from `first`) and item of every entry of the users first..last - 1."""
        rows = np.repeat(np.arange(last - first), self.counts[first:last])
        return rows, self.items[self.starts[first] : self.starts[last]]

    @classmethod
    def build(cls, users: NDArray[Any], items: NDArray[Any], n_users: int) -> tuple[ItemSets, NDArray[np.int64]]:
        """Sets from n (user, item) entries, and the order (n,) that brings other columns of the entries along."""
        order = np.lexsort((items, users))
        starts = np.concatenate([[0], np.cumsum(np.bincount(users, minlength=n_users))]).astype(np.int64)
        return cls(starts, np.asarray(items)[order]), order


@dataclass(frozen=True)
class Ranks:
    """Where the relevant items of U users stand among all their candidates.

    starts: (U + 1,); user u's entries are starts[u]:starts[u + 1]. positions: (n,) rising within a user, 0 is the top.
    midranks: (n,) the same, where equal scores share the mean of their places. gains: (n,) what finding each is worth.
    candidates: (U,) how many items were ranked. top: (U, depth) the first items, -1 where a user has fewer candidates.
    """

    starts: NDArray[np.int64]
    positions: NDArray[np.int64]
    midranks: NDArray[np.float64]
    gains: NDArray[np.float64]
    candidates: NDArray[np.int64]
    top: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.candidates)

    @property
    def relevant(self) -> NDArray[np.int64]:
        """How many relevant items each user has, shape (U,)."""
        return np.diff(self.starts)


def rank_items(
    score_rows: ScoreRows,
    users: NDArray[Any],
    *,
    relevant: ItemSets,
    excluded: ItemSets,
    gains: NDArray[Any] | None = None,
    depth: int,
    block: int = 256,
) -> Ranks:
    """Rank all items but the excluded ones for each user.

    score_rows: gives the scores of a block of users. users: (U,) numbers handed to it. relevant, excluded: item sets of
    these U users in the same order; a relevant item may not be excluded. gains: (n,) beside relevant.items, one each
    where absent. depth: how many of the first items to keep. Raises DataError for a score that is NaN and for a
    user without a relevant item.
    """
    if not (relevant.counts > 0).all():
        raise DataError(f"{int((relevant.counts == 0).sum())} of {len(users)} users have no relevant item to find")
    worth = np.ones(len(relevant.items)) if gains is None else np.asarray(gains, dtype=np.float64)
    parts = list(_blocks(score_rows, np.asarray(users, dtype=np.int64), relevant, excluded, worth, depth, block))
    places, middles, found, candidates, top = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Ranks(relevant.starts, places, middles, found, candidates, top)


def _blocks(
    score_rows: ScoreRows, users: NDArray[np.int64], relevant: ItemSets, excluded: ItemSets,
    gains: NDArray[np.float64], depth: int, block: int,
) -> Iterator[tuple[NDArray[Any], ...]]:  # fmt: skip
    for first in range(0, len(users), block):
        last = min(first + block, len(users))
        keys = sort_keys(score_rows(users[first:last]))
        keys[excluded.cells(first, last)] = EXCLUDED
        rows, items = relevant.cells(first, last)
        wanted = keys[rows, items]
        if (wanted == EXCLUDED).any():
            raise DataError("an item to find is excluded from the ranking", remedy="Do not test on training pairs")
        keys.sort(axis=1)
        places, middles = _places(keys, relevant.starts[first : last + 1] - relevant.starts[first], wanted)
        order = np.lexsort((places, rows))
        found = gains[relevant.starts[first] : relevant.starts[last]]
        candidates = keys.shape[1] - excluded.counts[first:last]
        yield places[order], middles[order], found[order], candidates, first_items(keys, depth)


def sort_keys(scores: NDArray[Any]) -> Keys:
    """Keys (B, I) whose order as whole numbers is: lower score first, among equal scores higher item number first."""
    values = np.asarray(scores, dtype=np.float32) + np.float32(0)  # -0.0 becomes 0.0
    if np.isnan(values).any():
        raise DataError("a score is not a number", remedy="Let the model answer every pair")
    bits = values.view(np.uint32)
    rising = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    lower_first = ~np.arange(values.shape[1], dtype=np.uint32)
    keys: Keys = (rising.astype(np.uint64) << _HALF) | lower_first
    return keys


def first_items(keys: Keys, depth: int) -> NDArray[np.int32]:
    """The item numbers of the highest `depth` of rising keys, best first; -1 for places no candidate fills."""
    best = keys[:, : -depth - 1 : -1]
    items = (~best & _LOW).astype(np.int32)
    items[best == EXCLUDED] = -1
    return np.pad(items, ((0, 0), (0, max(0, depth - items.shape[1]))), constant_values=-1)


def _places(keys: Keys, starts: NDArray[np.int64], wanted: Keys) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Place of each wanted key in its own user's rising row, counted from the top, and its tie group's mean place."""
    last = keys.shape[1] - 1
    floor = wanted & ~_LOW
    at, low, high = (np.empty(len(wanted), dtype=np.int64) for _ in range(3))
    for row in range(len(keys)):
        mine = slice(starts[row], starts[row + 1])
        at[mine] = np.searchsorted(keys[row], wanted[mine])
        low[mine] = np.searchsorted(keys[row], floor[mine])
        high[mine] = np.searchsorted(keys[row], floor[mine] | _LOW, side="right") - 1
    return last - at, last - (low + high) / 2
