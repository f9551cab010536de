"""The best n items of one user or of many, block by block: exact, in a defined order, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Grouped
from penchant.data.vocabulary import UNKNOWN, Numbers
from penchant.foundations.errors import CallerError
from penchant.foundations.threads import available_threads, limit_blas
from penchant.models.pair_predictions import from_products, score_table, stacked_items
from penchant.models.rows import Floats, Rows
from penchant.models.trained import TrainedModel
from penchant.recommending.item_index import ItemIndex
from penchant.recommending.options import By
from penchant.recommending.ranker import Ranker
from penchant.recommending.ranking_terms import TermInputs, best_by_ranker, moments_of
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
    rated = allowed & (trained.items.counts > 0)
    allowed = rated if rated.any() else allowed  # items without interactions come after all others
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


def rank_blocks_by_ranker(
    index: ItemIndex, by: By, users: Numbers, n: int, *, allowed: NDArray[np.bool_], seen: Grouped | None
) -> Iterator[Ranked]:
    """The ranker's lists of any number of users; blocks are as high as a table of scores may be."""
    ranker = index.ranker_for(by)
    if ranker is None:
        raise CallerError(f"lists by {by} have no ranker", where="by")
    height = max(1, TABLE // len(allowed))
    for start in range(0, len(users), height):
        block = users[start : start + height]
        inputs, sources = block_inputs(index, block)
        starts, barred = _histories(seen, block)
        hidden = [barred[starts[at] : starts[at + 1]] for at in range(len(block))]
        with limit_blas(1), ThreadPoolExecutor(available_threads()) as pool:
            lists = list(pool.map(lambda one: _listed(ranker, by, n, allowed, *one), zip(inputs, hidden, strict=True)))
        items, scores = np.full((len(block), n), -1, np.int32), np.full((len(block), n), np.nan, np.float32)
        for at, (best, found) in enumerate(lists):
            items[at, : len(best)], scores[at, : len(best)] = best, found
        yield Ranked(block, sources, items, scores)


def _listed(
    ranker: Ranker, by: By, n: int, allowed: NDArray[np.bool_], inputs: TermInputs, hidden: Numbers
) -> tuple[Numbers, NDArray[Any]]:
    """One user's list; hidden: the item numbers that stay out of it."""
    own = allowed.copy()
    own[hidden] = False
    return best_by_ranker(ranker, by, inputs, n, own)


def block_inputs(index: ItemIndex, users: Numbers) -> tuple[list[TermInputs], NDArray[Any]]:
    """The inputs of the ranker's terms for each of B known or unknown users, and what their rows rest on."""
    choice = index.part("choice")
    found = {name: resolve(part.trained.users, users) for name, part in index.parts.items()}
    table = score_table(choice.trained, found["choice"].rows, choice.stacked)
    inputs = []
    for at, user in enumerate(users.tolist()):
        rating = found["rating"].rows.take(np.array([at])) if "rating" in found else None
        inputs.append(user_inputs(index, table[at : at + 1], rating, user=user))
    return inputs, reduce(stronger, (one.sources for one in found.values()))


def user_inputs(
    index: ItemIndex, choice: Floats, rating: Rows | None, *, user: int = UNKNOWN, history: Numbers | None = None
) -> TermInputs:
    """The inputs of the ranker's terms for one user.

    choice: (1, I) scores of the choice part. rating: (S, 1, D), the row in the rating part. user: a known number, or
    UNKNOWN. history: the item numbers the user has chosen, where they are others than those of training.
    """
    near, moments = index.neighbours, None
    if rating is not None:
        part = index.part("rating")
        moments = moments_of(part.trained, rating, part.trained.items.all_rows(), part.spread)

    def neighbours() -> Floats:
        assert near is not None
        known = user != UNKNOWN and history is None
        items = index.seen.row(user)[0] if known else np.empty(0, np.int32) if history is None else history
        return near.scores(items, user if known else None)[None]

    return TermInputs(index.unrated, choice, moments, index.static_terms, None if near is None else neighbours)


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
