"""The ranker's lists of many users at once: one table of bounds, and the like term of a shortlist of every user."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Numbers
from penchant.foundations.threads import available_threads
from penchant.models.rows import Floats, Rows
from penchant.recommending.item_index import ItemIndex, PartIndex
from penchant.recommending.known_pairs import moments_of_pairs
from penchant.recommending.options import By
from penchant.recommending.ranker import LOG_CHOICE, LOG_LIKE, Liking, Ranker
from penchant.recommending.ranking_terms import TermInputs, first_size, term

SHARE = 64
"""The number of users whose shortlists a thread makes at a time."""


Hidden = Callable[[NDArray[np.int64]], tuple[NDArray[np.int64], Numbers]]
"""Places of users in a block, (R,) -> the items that stay out of their lists, as compressed rows."""


@dataclass(frozen=True)
class BlockLists:
    """Lists of B users, (B, n) each; after the end of a shorter list items are -1, scores and P(choose) NaN."""

    items: NDArray[np.int32]
    scores: NDArray[np.float64]
    p_choose: Floats

    @classmethod
    def empty(cls, users: int, n: int) -> Self:
        """Lists without an item."""
        return cls(
            np.full((users, n), -1, np.int32), np.full((users, n), np.nan), np.full((users, n), np.nan, np.float32)
        )

    def replace(self, at: int, items: Numbers, scores: NDArray[np.float64], p_choose: Floats) -> None:
        """Another list for one user; places after its end hold -1 and NaN."""
        size = len(items)
        self.items[at], self.scores[at], self.p_choose[at] = -1, np.nan, np.nan
        self.items[at, :size], self.scores[at, :size], self.p_choose[at, :size] = items, scores, p_choose


def rank_block(
    index: ItemIndex,
    ranker: Ranker,
    by: By,
    inputs: TermInputs,
    rating: Rows | None,
    n: int,
    *,
    barred: NDArray[np.bool_],
    hidden: Hidden,
) -> BlockLists:
    """The lists of B users among the items with interactions; the same as `best_by_ranker` for each user.

    inputs: the terms of B users; their moments are not used. rating: (S, B, D), the users' rows in the rating part.
    barred: (I,), the items that no list holds. hidden: what stays out of each list.
    """
    used = ranker.used(by)
    weight = used.pop(LOG_LIKE, 0.0)
    chosen = term(LOG_CHOICE, ranker, inputs)
    bound = np.zeros(inputs.choice.shape)
    for name, other in used.items():
        bound += other * (chosen if name == LOG_CHOICE else term(name, ranker, inputs))
    lists = BlockLists.empty(len(bound), n)
    left, size = np.arange(len(bound)), first_size(n, inputs.samples) if weight else n
    while len(left):
        numbers, bounds = _shortlists(bound, left, barred, hidden, size + 1)
        there = numbers >= 0
        scores = np.where(there, bounds, -np.inf)[:, :size]
        if weight and rating is not None and ranker.liking is not None:
            some = np.where(there, numbers, 0)[:, :size]
            scores += weight * _log_like(index.part("rating"), ranker.liking, rating.take(left), some)
        order = np.lexsort((numbers[:, :size], -scores), axis=-1)[:, :n]
        best, found = np.take_along_axis(numbers, order, 1), np.take_along_axis(scores, order, 1)
        certain = ~there[:, size] | (found[:, n - 1] >= bounds[:, size])
        done, best, found = left[certain], best[certain], found[certain]
        log_choice = np.take_along_axis(chosen[done], np.maximum(best, 0), 1)
        lists.items[done] = best
        lists.scores[done], lists.p_choose[done] = np.where(best < 0, np.nan, (found, np.exp(log_choice)))
        left, size = left[~certain], 2 * size
    return lists


def _shortlists(
    bound: NDArray[np.float64],
    rows: NDArray[np.int64],
    barred: NDArray[np.bool_],
    hidden: Hidden,
    size: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The items with the highest bounds, (R, size), of some users, best first, and their bounds; -1 after the end."""
    from penchant.training.kernels.top_n_kernels import best_of_table

    table = bound if len(rows) == len(bound) else bound[rows]
    starts, seen = hidden(rows)
    numbers, bounds = np.empty((len(rows), size), np.int32), np.empty((len(rows), size))

    def shortlist(start: int) -> None:
        at = slice(start, start + SHARE)
        best_of_table(table[at], starts[start : start + SHARE + 1], seen, barred, numbers[at], bounds[at])

    with ThreadPoolExecutor(available_threads()) as pool:
        list(pool.map(shortlist, range(0, len(rows), SHARE)))
    return numbers, bounds


def _log_like(part: PartIndex, liking: Liking, users: Rows, numbers: Numbers) -> NDArray[np.float64]:
    """log P(like) of each of B users for items (B, m) of their own; as in `moments_of`, without their uncertainty."""
    users = replace(users, covariance=None)
    mean, std = moments_of_pairs(part.trained, users, part.trained.items.all_rows(), numbers, part.spread)
    return liking.log_probability(mean, std).astype(np.float64)
