"""The best n items of one user or of many, block by block: exact, in a defined order, in bounded memory."""

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
from penchant.recommending.ranker import Ranker, ranking_terms
from penchant.recommending.results import stronger
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
        """The lists of no user."""
        room = np.empty((0, n), np.int32)
        return cls(np.empty(0, np.int32), np.empty(0, dtype=object), room, room.astype(np.float32))


def rank_blocks(
    trained: TrainedModel, users: Numbers, n: int, *, allowed: NDArray[np.bool_], seen: Grouped | None
) -> Iterator[Ranked]:
    """One part's lists of any number of users, `BLOCK` at a time; unknown numbers are answered from the prior.

    allowed: (I,), the items that may be listed. seen: by user, the items that stay out of their list.
    """
    barred = np.zeros(0, np.bool_) if allowed.all() else ~allowed
    stacked = stacked_items(trained)
    for start in range(0, len(users), BLOCK):
        block = users[start : start + BLOCK]
        found = resolve(trained.users, block)
        lists = _Lists(*_histories(seen, block), barred, len(block), n)
        if stacked is None:
            lists.fill_from_tables(trained, found.rows)
        else:
            lists.fill_from_products(trained.scorer.stacked_users(found.rows), stacked)
            lists.scores = from_products(trained, lists.scores)
        yield Ranked(block, found.sources, lists.items, trained.clip(lists.scores))


def rank_blocks_combined(
    ranker: Ranker,
    rating: TrainedModel,
    choice: TrainedModel,
    users: Numbers,
    n: int,
    *,
    allowed: NDArray[np.bool_],
    seen: Grouped | None,
) -> Iterator[Ranked]:
    """The ranker's lists of any number of users; blocks are as high as a table of scores may be."""
    from penchant.training.kernels.top_n_kernels import best_of_table

    barred = np.zeros(0, np.bool_) if allowed.all() else ~allowed
    stacked = [stacked_items(one) for one in (rating, choice)]
    height = max(1, TABLE // len(allowed))
    for start in range(0, len(users), height):
        block = users[start : start + height]
        found = [resolve(one.users, block) for one in (rating, choice)]
        tables = [
            score_table(one, rows.rows, items)
            for one, rows, items in zip((rating, choice), found, stacked, strict=True)
        ]
        table = combined_scores(ranker, rating, found[0].rows, *tables)
        lists = _Lists(*_histories(seen, block), barred, len(block), n)
        best_of_table(np.ascontiguousarray(table), *lists.part(slice(0, len(block))))
        yield Ranked(block, stronger(found[0].sources, found[1].sources), lists.items, lists.scores)


def combined_scores(
    ranker: Ranker, rating: TrainedModel, rows: Rows, rating_scores: Floats, choice_scores: Floats
) -> Floats:
    """The ranker's scores of B users for all items, (B, I).

    rows: the users' rows in the rating part. rating_scores, choice_scores: (B, I), what each part says. The spread is
    that of a single rating around its expectation, the same for every item of a user.
    """
    variance = np.full(len(rows), np.mean(np.square(rating.noise, dtype=np.float64)))
    if rows.variance is not None:
        variance = np.maximum(variance + rows.variance, variance / 100)
    terms = ranking_terms(choice_scores, rating_scores, np.sqrt(variance)[:, None], rating.scale)
    return ranker.score(terms).astype(np.float32)


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
            best_by_product(users[at], items, *self.part(at))

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
            best_of_table(np.ascontiguousarray(table, np.float32), *self.part(at))

    def part(self, at: slice) -> tuple[Any, ...]:
        starts = self.starts[at.start : at.stop + 1]
        return starts, self.seen, self.barred, self.items[at], self.scores[at]


def _histories(seen: Grouped | None, users: Numbers) -> tuple[NDArray[np.int64], Numbers]:
    """The users' rated items as compressed rows, starts (B + 1,) and numbers; empty rows where there is nothing."""
    if seen is None or len(seen.starts) == 1:
        return np.zeros(len(users) + 1, np.int64), np.zeros(0, np.int32)
    known = (users >= 0) & (users < len(seen.starts) - 1)
    first = np.where(known, seen.starts[np.where(known, users, 0)], 0)
    counts = np.where(known, seen.starts[np.where(known, users, 0) + 1] - first, 0)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    at = np.repeat(first - starts[:-1], np.diff(starts)) + np.arange(starts[-1])
    return starts, seen.numbers[at]
