"""The list of one user: scores of a part or of the ranker, filters, order, and the values of each line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Numbers
from penchant.foundations.errors import CallerError
from penchant.foundations.rng import generator
from penchant.models.rows import Floats
from penchant.recommending.filters import allowed_items
from penchant.recommending.item_index import ItemIndex, PartName
from penchant.recommending.list_scoring import rank_one, user_inputs
from penchant.recommending.options import By, ListOptions
from penchant.recommending.part_row import PartRow
from penchant.recommending.ranking_terms import TermInputs, best_by_ranker, p_choose
from penchant.recommending.reranking import POOL, spread_out
from penchant.recommending.results import Prediction, Ranking, stronger, strongest
from penchant.recommending.row_lookup import sources_of
from penchant.recommending.top_n import top_n

UserRows = Mapping[PartName, PartRow]

EXPLORED = 0.1
"""The share of a list that `explore` reserves for items without interactions."""


def ranking_for(
    index: ItemIndex, rows: UserRows, user: Any, unknown: Sequence[Any], options: ListOptions, chosen: Numbers
) -> Ranking:
    """The list with these options for the user with these rows. chosen: item numbers that count as seen besides."""
    by = index.order(options.by)
    seen = np.concatenate([chosen, *(row.numbers for row in rows.values())])
    items = index.main.trained.items
    allowed, strange = allowed_items(items, options, seen, index.hidden)
    inputs = _Inputs(index, rows)
    best, scores = _ranked(inputs, by, options, allowed)
    ordering = [name for name in rows if by in ("combined", name)]
    rating = rows["rating"].predict(best) if "rating" in rows else None
    sources = reduce(stronger, (sources_of(rows[name].trained.items, best) for name in ordering))
    return Ranking(
        asked=user,
        ids=items.vocabulary.take(best).tolist(),
        titles=[items.title(number) for number in best],
        scores=scores if index.ranker_for(by) is not None else _predicted(rows, by, best, rating),
        sources=sources.tolist(),
        source=strongest(rows[name].source for name in ordering),
        by=by,
        predicted=None if rating is None else rating.mean,
        std=None if rating is None else rating.std,
        p_like=None if rating is None or index.liking is None else index.liking.probability(rating.mean, rating.std),
        p_choose=None if index.choosing is None else p_choose(index.choosing, inputs.plain, best)[0],
        unknown=[*unknown, *strange],
    )


class _Inputs:
    """The rows of a user, and the inputs of the ranker's terms for them; each is computed once, when it is needed."""

    def __init__(self, index: ItemIndex, rows: UserRows) -> None:
        self.index, self.rows = index, rows

    @cached_property
    def plain(self) -> TermInputs:
        """The inputs without a posterior sample."""
        return list_inputs(self.index, self.rows)

    def sampled(self, seed: Any) -> TermInputs:
        """The inputs with one posterior sample of this seed; without one for None."""
        return self.plain if seed is None else list_inputs(self.index, self.rows, seed)


def _predicted(rows: UserRows, by: By, best: Numbers, rating: Prediction | None) -> NDArray[np.float32]:
    """What the part that orders the list predicts for its items. rating: the predictions of the rating part."""
    return rating.mean if by == "rating" and rating is not None else rows["choice"].predict(best).mean


def _ranked(inputs: _Inputs, by: By, options: ListOptions, allowed: NDArray[np.bool_]) -> tuple[Numbers, NDArray[Any]]:
    """The numbers of the list's items, best first, and the scores they were ordered by.

    Items without interactions come after all others, because no measurement supports a higher rank. `new_items`
    reserves places for them, and `explore` reserves a tenth of the list.
    """
    index = inputs.index
    rated = allowed & ~index.unrated
    reserved = round(options.new_items * options.n)
    if options.explore is not None and not options.new_items:
        reserved = int(generator(options.explore).binomial(options.n, EXPLORED))
    reserved = min(reserved, int((allowed & index.unrated).sum()))
    best, scores = _spread_out(inputs, by, options, rated, options.n - reserved)
    missing = options.n - len(best)
    if not missing:
        return best, scores
    new, more = _ordered(inputs, by, options, allowed & index.unrated, missing)
    return np.concatenate([best, new]), np.concatenate([scores, more])


def _spread_out(
    inputs: _Inputs, by: By, options: ListOptions, allowed: NDArray[np.bool_], n: int
) -> tuple[Numbers, NDArray[Any]]:
    """The n best; a diverse list is selected from ten times as many."""
    if not options.diversity:
        return _ordered(inputs, by, options, allowed, n)
    best, scores = _ordered(inputs, by, options, allowed, n * POOL)
    index = inputs.index
    directions = index.part(index.one_part(by)).items_near.of(best)
    chosen = spread_out(scores, directions, n, options.diversity)
    return best[chosen], scores[chosen]


def _ordered(
    inputs: _Inputs, by: By, options: ListOptions, allowed: NDArray[np.bool_], n: int
) -> tuple[Numbers, NDArray[Any]]:
    """The n best of the allowed items (I,) by the ranker or by one part's score."""
    ranker = inputs.index.ranker_for(by)
    if n < 1 or not allowed.any():
        return np.empty(0, np.int32), np.empty(0, np.float32)
    if ranker is not None:
        return best_by_ranker(ranker, by, inputs.sampled(options.explore), n, allowed)
    row = inputs.rows["choice" if by == "choice" else "rating"]
    if options.explore is None:
        return rank_one(row.trained, row.rows, row.part.stacked, n, allowed)
    table = row.item_scores(options.explore)
    best = top_n(table, n, allowed=allowed)
    return best, table[best]


def list_inputs(index: ItemIndex, rows: UserRows, explore: Any = None) -> TermInputs:
    """The inputs of the ranker's terms. explore: the seed of one posterior sample, for parts with uncertainty."""
    choice = None
    with suppress(CallerError):  # an item-item part has no uncertainty
        choice = rows["choice"].item_scores(explore)
    if choice is None:
        choice = rows["choice"].item_scores()
    rating = rows.get("rating")
    inputs = user_inputs(index, choice[None], None if rating is None else rating.rows, history=rows["choice"].numbers)
    if explore is None or rating is None:
        return inputs
    sampled = rating.item_scores(explore)[None]
    std = np.full_like(sampled, np.sqrt(rating.trained.noise_variance))

    def moments(at: Numbers | None) -> tuple[Floats, Floats]:
        return (sampled, std) if at is None else (sampled[:, at], std[:, at])

    return replace(inputs, moments=moments)
