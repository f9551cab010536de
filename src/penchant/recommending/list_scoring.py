"""The best n items of many users, block by block: exact, in a defined order, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Grouped
from penchant.data.vocabulary import Numbers
from penchant.foundations.threads import available_threads, limit_blas
from penchant.models.pair_predictions import from_products, score_table, stacked_items
from penchant.models.rows import Floats, Rows
from penchant.models.trained import TrainedModel
from penchant.recommending.row_lookup import resolve
from penchant.recommending.top_n import top_n

BLOCK = 4096
"""Users ranked at a time; their stacked rows and lists are what is held in memory."""

SHARE = 384
"""Users a thread takes at a time."""

TABLE = 2**22
"""Scores that a table holds at most, where a table there must be."""


@dataclass(frozen=True)
class Ranked:
    """Lists of B users. users: (B,) numbers. sources: (B,). items: (B, n) numbers, -1 where a list is shorter.

    scores: (B, n) expected ratings, NaN where a list is shorter.
    """

    users: Numbers
    sources: NDArray[Any]
    items: NDArray[np.int32]
    scores: Floats

    @classmethod
    def nothing(cls, n: int) -> Ranked:
        """The lists of nobody."""
        room = np.empty((0, n), np.int32)
        return cls(np.empty(0, np.int32), np.empty(0, dtype=object), room, room.astype(np.float32))


def rank_blocks(
    trained: TrainedModel, users: Numbers, n: int, *, allowed: NDArray[np.bool_], exclude_seen: bool = True
) -> Iterator[Ranked]:
    """The lists of any number of users, `BLOCK` at a time; numbers outside the vocabulary are answered from the prior.

    allowed: (I,), the items that may be listed.
    """
    barred = np.zeros(0, np.bool_) if allowed.all() else ~allowed
    stacked = stacked_items(trained)
    for start in range(0, len(users), BLOCK):
        block = users[start : start + BLOCK]
        found = resolve(trained.users, block)
        lists = _Lists(*_histories(trained.interactions.by_item_number(), block, exclude_seen), barred, len(block), n)
        if stacked is None:
            lists.fill_from_tables(trained, found.rows)
        else:
            lists.fill_from_products(trained.scorer.stacked_users(found.rows), stacked)
            lists.scores = from_products(trained, lists.scores)
        yield Ranked(block, found.sources, lists.items, trained.clip(lists.scores))


def rank_one(
    trained: TrainedModel, row: Rows, stacked: Floats | None, n: int, allowed: NDArray[np.bool_]
) -> tuple[Numbers, Floats]:
    """The best n of the allowed items (I,) for one user row (S, 1, D), and their expected ratings; unclipped.

    stacked: what `stacked_items` made of this model.
    """
    if stacked is None:
        table = score_table(trained, row)[0]
        best = top_n(table, n, allowed=allowed)
        return best, table[best]
    from penchant.training.kernels.top_n_kernels import best_of_one

    numbers, scores = np.empty(min(n, len(allowed)), np.int32), np.empty(min(n, len(allowed)), np.float32)
    best_of_one(trained.scorer.stacked_users(row)[0], stacked, ~allowed, numbers, scores)
    found = numbers >= 0
    return numbers[found], from_products(trained, scores[None, found])[0]


class _Lists:
    """Lists in the making: what each user has seen, what is barred for all, and room for the best n."""

    def __init__(self, starts: NDArray[np.int64], seen: Numbers, barred: NDArray[np.bool_], users: int, n: int) -> None:
        self.starts, self.seen, self.barred = starts, seen, barred
        self.items, self.scores = np.empty((users, n), np.int32), np.empty((users, n), np.float32)

    def fill_from_products(self, users: Floats, items: Floats) -> None:
        """From stacked rows (B, W) and (I, W); threads share the users, and BLAS keeps to one of them."""
        from penchant.training.kernels.top_n_kernels import best_by_product

        def fill(at: slice) -> None:
            best_by_product(users[at], items, *self._part(at))

        parts = [slice(start, start + SHARE) for start in range(0, len(users), SHARE)]
        with limit_blas(1), ThreadPoolExecutor(available_threads()) as pool:
            list(pool.map(fill, parts))

    def fill_from_tables(self, trained: TrainedModel, users: Rows) -> None:
        """From tables of scores of a few users at a time, for models whose score is no single product."""
        from penchant.training.kernels.top_n_kernels import best_of_table

        height = max(1, TABLE // len(trained.items))
        for start in range(0, len(users), height):
            at = slice(start, min(start + height, len(users)))
            table = score_table(trained, users.take(np.arange(at.start, at.stop)))
            best_of_table(np.ascontiguousarray(table, np.float32), *self._part(at))

    def _part(self, at: slice) -> tuple[Any, ...]:
        starts = self.starts[at.start : at.stop + 1]
        return starts, self.seen, self.barred, self.items[at], self.scores[at]


def _histories(seen: Grouped, users: Numbers, wanted: bool) -> tuple[NDArray[np.int64], Numbers]:
    """The users' rated items as compressed rows, starts (B + 1,) and numbers; empty rows where none are wanted."""
    size = len(seen.starts) - 1
    known = wanted & (users >= 0) & (users < size)
    first = np.where(known, seen.starts[np.where(known, users, 0)], 0)
    counts = np.where(known, seen.starts[np.where(known, users, 0) + 1] - first, 0) if size else np.zeros(len(users))
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    at = np.repeat(first - starts[:-1], np.diff(starts)) + np.arange(starts[-1])
    return starts, seen.numbers[at]
