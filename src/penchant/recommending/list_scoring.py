"""The n best items of one or many users, in blocks of users; exact, with a defined order and bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
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
from penchant.recommending.block_ranking import rank_block
from penchant.recommending.item_index import ItemIndex
from penchant.recommending.options import By
from penchant.recommending.ranker import Ranker
from penchant.recommending.ranking_terms import TermInputs, best_by_ranker, moments_of, p_choose
from penchant.recommending.results import stronger
from penchant.recommending.row_lookup import resolve
from penchant.recommending.top_n import top_n

BLOCK = 4096
"""The number of users in a block; their stacked rows and lists are in memory together."""

SHARE = 384
"""The number of users that a thread takes at a time."""

TABLE = 2**22
"""The highest number of scores in a table, for models that need a table of scores."""


@dataclass(frozen=True)
class Ranked:
    """Lists of B users.

    users: (B,) numbers. sources: (B,). items: (B, n) numbers, -1 after the end of a shorter list. scores: (B, n), NaN
    after the end. p_choose: (B, n), the same for P(choose); None without a choice part and a ranker.
    """

    users: Numbers
    sources: NDArray[Any]
    items: NDArray[np.int32]
    scores: Floats
    p_choose: Floats | None = None

    @classmethod
    def nothing(cls, n: int, *, choosing: bool) -> Ranked:
        """The lists of zero users. choosing: whether lists have P(choose)."""
        room = np.empty((0, n), np.int32)
        empty = room.astype(np.float32)
        return cls(np.empty(0, np.int32), np.empty(0, dtype=object), room, empty, empty if choosing else None)


def rank_blocks(
    trained: TrainedModel, users: Numbers, n: int, *, allowed: NDArray[np.bool_], seen: Grouped | None
) -> Iterator[Ranked]:
    """The lists of one part for any number of users, in blocks of `BLOCK`; unknown users get those of the prior.

    allowed: (I,), the items that may be listed. seen: by user, the items to leave out. Items without interactions come
    after all others.
    """
    unrated = trained.items.counts == 0
    stacked = stacked_items(trained)
    for start in range(0, len(users), BLOCK):
        block = users[start : start + BLOCK]
        found = resolve(trained.users, block)
        lists = _part_lists(trained, stacked, found.rows, _histories(seen, block), allowed & ~unrated, n)
        short = np.flatnonzero(lists.items[:, -1] < 0).astype(np.int32)
        if len(short) and (allowed & unrated).any():
            rows, histories = found.rows.take(short), _histories(seen, block[short])
            lists.continue_with(short, _part_lists(trained, stacked, rows, histories, allowed & unrated, n))
        yield Ranked(block, found.sources, lists.items, trained.clip(lists.scores))


def _part_lists(
    trained: TrainedModel,
    stacked: Floats | None,
    rows: Rows,
    histories: tuple[NDArray[np.int64], Numbers],
    allowed: NDArray[np.bool_],
    n: int,
) -> _Lists:
    """Lists of B rows among the allowed items (I,). histories: what stays out of each list, as compressed rows."""
    barred = np.zeros(0, np.bool_) if allowed.all() else ~allowed
    lists = _Lists(*histories, barred, len(histories[0]) - 1, n)
    if stacked is None:
        lists.fill_from_tables(trained, rows)
    else:
        lists.fill_from_products(trained.scorer.stacked_users(rows), stacked)
        lists.scores = from_products(trained, lists.scores)
    return lists


def rank_blocks_by_ranker(
    index: ItemIndex, by: By, users: Numbers, n: int, *, allowed: NDArray[np.bool_], seen: Grouped | None
) -> Iterator[Ranked]:
    """The lists of the ranker for any number of users, in blocks that fit a table of scores."""
    ranker = index.ranker_for(by)
    if ranker is None:
        raise CallerError(f"lists by {by} have no ranker", where="by")
    barred = ~allowed | index.unrated
    height = max(1, TABLE // len(allowed))
    for start in range(0, len(users), height):
        block = users[start : start + height]
        found = {name: resolve(part.trained.users, block) for name, part in index.parts.items()}
        rating = found["rating"].rows if "rating" in found else None
        inputs = _block_inputs(index, block, found["choice"].rows)

        def hidden(rows: NDArray[np.int64], block: Numbers = block) -> tuple[NDArray[np.int64], Numbers]:
            return _histories(seen, block[rows])

        lists = rank_block(index, ranker, by, inputs, rating, n, barred=barred, hidden=hidden)
        more = (allowed & index.unrated).any()
        for at in np.flatnonzero((lists.items[:, -1] < 0) & more).tolist():
            own = None if rating is None else rating.take(np.array([at]))
            one = user_inputs(index, inputs.choice[at : at + 1], own, user=int(block[at]))
            best, scores = ranked_list(ranker, by, n, allowed, one, hidden(np.array([at]))[1])
            lists.replace(at, best, scores, p_choose(ranker, one, best)[0])
        sources = reduce(stronger, (one.sources for one in found.values()))
        yield Ranked(block, sources, lists.items, lists.scores.astype(np.float32), lists.p_choose)


def with_p_choose(index: ItemIndex, lists: Iterator[Ranked]) -> Iterator[Ranked]:
    """Lists that one part has ordered, with P(choose) where there is a choice part with a ranker."""
    ranker = index.choosing
    if ranker is None:
        yield from lists
        return
    choice = index.part("choice")
    height = max(1, TABLE // len(choice.trained.items))
    for ranked in lists:
        chosen = np.full(ranked.items.shape, np.nan, np.float32)
        for start in range(0, len(ranked.users), height):
            block = slice(start, start + height)
            table = score_table(choice.trained, resolve(choice.trained.users, ranked.users[block]).rows, choice.stacked)
            for at, row in enumerate(table, start):
                best = ranked.items[at][ranked.items[at] >= 0]
                chosen[at, : len(best)] = p_choose(ranker, TermInputs(index.unrated, row[None]), best)[0]
        yield replace(ranked, p_choose=chosen)


def ranked_list(
    ranker: Ranker, by: By, n: int, allowed: NDArray[np.bool_], inputs: TermInputs, hidden: Numbers
) -> tuple[Numbers, NDArray[Any]]:
    """One user's list by the ranker, and its scores. hidden: the item numbers to leave out."""
    own = allowed.copy()
    own[hidden] = False
    best, scores = best_by_ranker(ranker, by, inputs, n, own & ~inputs.unrated)
    if len(best) == n:
        return best, scores
    new, more = best_by_ranker(ranker, by, inputs, n - len(best), own & inputs.unrated)
    return np.concatenate([best, new]), np.concatenate([scores, more])


def _block_inputs(index: ItemIndex, users: Numbers, choice: Rows) -> TermInputs:
    """The inputs of the ranker's terms for B known or unknown users, but for the moments of ratings."""
    part, near = index.part("choice"), index.neighbours
    table = score_table(part.trained, choice, part.stacked)
    neighbours = None if near is None else lambda: near.table(users)
    return TermInputs(index.unrated, table, None, index.static_terms, neighbours, index.samples)


def user_inputs(
    index: ItemIndex, choice: Floats, rating: Rows | None, *, user: int = UNKNOWN, history: Numbers | None = None
) -> TermInputs:
    """The inputs of the ranker's terms for one user.

    choice: (1, I) scores of the choice part. rating: (S, 1, D), the row in the rating part. user: a known number, or
    UNKNOWN. history: the item numbers that the user has chosen; None for those that the index holds.
    """
    near, moments = index.neighbours, None
    if rating is not None:
        part = index.part("rating")
        moments = moments_of(part.trained, rating, part.trained.items.all_rows(), part.spread)

    def neighbours() -> Floats:
        assert near is not None
        own = None if user == UNKNOWN else user
        if history is not None:
            return near.scores(history, own)[None]
        return near.scores(np.empty(0, np.int32) if own is None else index.seen.row(own)[0], own)[None]

    by_neighbours = None if near is None else neighbours
    return TermInputs(index.unrated, choice, moments, index.static_terms, by_neighbours, index.samples)


def rank_one(
    trained: TrainedModel, row: Rows, stacked: Floats | None, n: int, allowed: NDArray[np.bool_]
) -> tuple[Numbers, Floats]:
    """The n best of the allowed items (I,) for one user row (S, 1, D), and their scores, not clipped.

    stacked: the result of `stacked_items` for this model.
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
    """The lists of a block: the seen items of each user, the items left out for all, and arrays for the n best."""

    def __init__(self, starts: NDArray[np.int64], seen: Numbers, barred: NDArray[np.bool_], users: int, n: int) -> None:
        self.starts, self.seen, self.barred = starts, seen, barred
        self.items, self.scores = np.empty((users, n), np.int32), np.empty((users, n), np.float32)

    def continue_with(self, rows: Numbers, more: _Lists) -> None:
        """The free places of some lists, filled with the first of others. rows: (R,), which lists they continue."""
        for at, row in enumerate(rows.tolist()):
            held = int((self.items[row] >= 0).sum())
            self.items[row, held:] = more.items[at, : self.items.shape[1] - held]
            self.scores[row, held:] = more.scores[at, : self.items.shape[1] - held]

    def fill_from_products(self, users: Floats, items: Floats) -> None:
        """Fill from stacked rows (B, W) and (I, W). Threads share the users, so BLAS uses one thread."""
        from penchant.training.kernels.top_n_kernels import best_by_product

        def fill(at: slice) -> None:
            best_by_product(users[at], items, *self.part(at))

        parts = [slice(start, start + SHARE) for start in range(0, len(users), SHARE)]
        with limit_blas(1), ThreadPoolExecutor(available_threads()) as pool:
            list(pool.map(fill, parts))

    def fill_from_tables(self, trained: TrainedModel, users: Rows) -> None:
        """Fill from tables of scores of some users at a time, for models without stacked rows."""
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
    """The users' rated items as compressed rows: starts (B + 1,) and numbers; unknown users have empty rows."""
    if seen is None or len(seen.starts) == 1:
        return np.zeros(len(users) + 1, np.int64), np.zeros(0, np.int32)
    known = (users >= 0) & (users < len(seen.starts) - 1)
    first = np.where(known, seen.starts[np.where(known, users, 0)], 0)
    counts = np.where(known, seen.starts[np.where(known, users, 0) + 1] - first, 0)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    at = np.repeat(first - starts[:-1], np.diff(starts)) + np.arange(starts[-1])
    return starts, seen.numbers[at]
