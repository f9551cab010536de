"""The full ranking of all candidate items for each user, kept as the positions of the relevant items.

Ties have a defined order: higher scores come first, equal scores by lower item number. Scores are compared as float32.
A score and its item number form one 64-bit key with the same order, so one integer sort for each user ranks all items.
The score matrix is computed in blocks of users.
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
"""The key of an item that is not a candidate, below the key of any score."""


@dataclass(frozen=True)
class ItemSets:
    """A set of items for each of U users: starts (U + 1,), items (n,), without repeats within a user."""

    starts: NDArray[np.int64]
    items: NDArray[Any]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def counts(self) -> NDArray[np.int64]:
        """The size of each user's set, (U,)."""
        return np.diff(self.starts)

    def of(self, user: int) -> NDArray[Any]:
        """One user's items."""
        return self.items[self.starts[user] : self.starts[user + 1]]

    def pairs(self, first: int, last: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Row (counted from `first`) and item of every entry of the users first..last - 1."""
        rows = np.repeat(np.arange(last - first), self.counts[first:last])
        return rows, self.items[self.starts[first] : self.starts[last]]

    @classmethod
    def build(cls, users: NDArray[Any], items: NDArray[Any], n_users: int) -> tuple[ItemSets, NDArray[np.int64]]:
        """Sets from n (user, item) entries, and the permutation (n,) that sorts other columns of the entries alike."""
        order = np.lexsort((items, users))
        starts = np.concatenate([[0], np.cumsum(np.bincount(users, minlength=n_users))]).astype(np.int64)
        return cls(starts, np.asarray(items)[order]), order


@dataclass(frozen=True)
class Ranks:
    """The positions of the relevant items of U users among all their candidates.

    starts: (U + 1,); user u's entries are starts[u]:starts[u + 1]. positions: (n,) rising within a user, 0 is first.
    midranks: (n,) the same, equal scores at their mean position. gains: (n,) the gain of each relevant item.
    candidates: (U,) the number of ranked items. top: (U, depth) the first items, -1 where a user has fewer candidates.
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
        """The number of relevant items of each user, (U,)."""
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
    """Rank all items except the excluded ones for each user.

    score_rows: gives the scores of a block of users. users: (U,) numbers passed to it. relevant, excluded: item sets of
    these U users in the same order. gains: (n,) aligned with relevant.items; ones where absent. depth: the number of
    first items to keep. block: users at a time. Raises DataError for NaN scores, for a user without a relevant item and
    for a relevant item that is excluded.
    """
    if not (relevant.counts > 0).all():
        raise DataError(f"{int((relevant.counts == 0).sum())} of {len(users)} users have no relevant item")
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
        keys[excluded.pairs(first, last)] = EXCLUDED
        rows, items = relevant.pairs(first, last)
        wanted = keys[rows, items]
        if (wanted == EXCLUDED).any():
            raise DataError("a relevant item is excluded from the ranking", remedy="Do not test on training pairs")
        keys.sort(axis=1)
        places, middles = _places(keys, relevant.starts[first : last + 1] - relevant.starts[first], wanted)
        order = np.lexsort((places, rows))
        found = gains[relevant.starts[first] : relevant.starts[last]]
        candidates = keys.shape[1] - excluded.counts[first:last]
        yield places[order], middles[order], found[order], candidates, first_items(keys, depth)


def sort_keys(scores: NDArray[Any]) -> Keys:
    """Keys (B, I) in integer order: lower score first, among equal scores higher item number first."""
    values = np.asarray(scores, dtype=np.float32) + np.float32(0)  # -0.0 becomes 0.0
    if np.isnan(values).any():
        raise DataError("a score is NaN", remedy="The model must score every item")
    flipped = (values.view(np.int32) >> 31).view(np.uint32)  # all bits of negative numbers, the sign of the others
    flipped |= _SIGN
    flipped ^= values.view(np.uint32)
    keys: Keys = flipped.astype(np.uint64)
    keys <<= _HALF
    keys |= ~np.arange(values.shape[1], dtype=np.uint32)
    return keys


def first_items(keys: Keys, depth: int) -> NDArray[np.int32]:
    """The item numbers of the highest `depth` keys of rising keys, best first; -1 where there are fewer candidates."""
    best = keys[:, : -depth - 1 : -1]
    items = (~best & _LOW).astype(np.int32)
    items[best == EXCLUDED] = -1
    return np.pad(items, ((0, 0), (0, max(0, depth - items.shape[1]))), constant_values=-1)


def _places(keys: Keys, starts: NDArray[np.int64], wanted: Keys) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Position of each wanted key in its user's rising row, counted from the top, and the mean position of its ties."""
    last = keys.shape[1] - 1
    floor = wanted & ~_LOW
    at, low, high = (np.empty(len(wanted), dtype=np.int64) for _ in range(3))
    for row in range(len(keys)):
        mine = slice(starts[row], starts[row + 1])
        at[mine] = np.searchsorted(keys[row], wanted[mine])
        low[mine] = np.searchsorted(keys[row], floor[mine])
        high[mine] = np.searchsorted(keys[row], floor[mine] | _LOW, side="right") - 1
    return last - at, last - (low + high) / 2
