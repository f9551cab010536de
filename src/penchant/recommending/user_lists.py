"""The list of one user: scores of the part or of the ranker, filters, order, and what each line says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Numbers
from penchant.foundations.errors import CallerError
from penchant.models.rows import Floats
from penchant.recommending.filters import allowed_items
from penchant.recommending.item_index import ItemIndex, PartName
from penchant.recommending.list_scoring import combined_scores, rank_one
from penchant.recommending.options import By, ListOptions
from penchant.recommending.part_row import PartRow
from penchant.recommending.ranker import probability_of_liking
from penchant.recommending.reranking import POOL, spread_out
from penchant.recommending.results import Ranking, stronger
from penchant.recommending.top_n import top_n

UserRows = Mapping[PartName, PartRow]


def ranking_for(index: ItemIndex, rows: UserRows, user: Any, unknown: Sequence[Any], options: ListOptions) -> Ranking:
    """The list that the options describe, for the user with these rows."""
    by = index.order(options.by)
    seen = np.concatenate([row.numbers for row in rows.values()])
    items = index.main.trained.items
    allowed, strange = allowed_items(items, options, seen)
    best, scores = _ranked(index, rows, by, options, allowed)
    ordering = [name for name in rows if by in ("combined", name)]
    said = {name: row.predict(best) for name, row in rows.items() if name in (*ordering, "rating")}
    rating, scale = said.get("rating"), index.main.trained.scale
    sources = reduce(stronger, (said[name].item_source for name in ordering))
    own = reduce(stronger, (np.array([rows[name].source], dtype=object) for name in ordering))
    return Ranking(
        asked=user,
        ids=items.vocabulary.take(best).tolist(),
        titles=[items.title(number) for number in best],
        scores=scores if by == "combined" else said[by].mean,
        sources=sources.tolist(),
        source=own[0],
        by=by,
        predicted=None if rating is None else rating.mean,
        std=None if rating is None else rating.std,
        p_like=None if rating is None else probability_of_liking(rating.mean, rating.std, scale),
        unknown=[*unknown, *strange],
    )


def _ranked(
    index: ItemIndex, rows: UserRows, by: By, options: ListOptions, allowed: NDArray[np.bool_]
) -> tuple[Numbers, Floats]:
    """The numbers of the list's items, best first, and the scores they were ordered by."""
    most = options.n * (POOL if options.diversity else 1)
    if by == "combined":
        table = _combined(index, rows, options)
        best = top_n(table, most, allowed=allowed)
        scores = table[best]
    elif options.explore is None:
        best, scores = rank_one(rows[by].trained, rows[by].rows, rows[by].part.stacked, most, allowed)
    else:
        table = rows[by].item_scores(options.explore)
        best = top_n(table, most, allowed=allowed)
        scores = table[best]
    if not options.diversity:
        return best, scores
    directions = index.part(index.one_part(by)).items_near.directions[best]
    spread = spread_out(scores, directions, options.n, options.diversity)
    return best[spread], scores[spread]


def _combined(index: ItemIndex, rows: UserRows, options: ListOptions) -> Floats:
    """The ranker's scores of all items, (I,); exploring, from samples of those parts that have them."""
    rating, choice = rows["rating"].item_scores(options.explore), None
    with suppress(CallerError):  # an item-item part does not say how uncertain it is
        choice = rows["choice"].item_scores(options.explore)
    if choice is None:
        choice = rows["choice"].item_scores()
    row = rows["rating"]
    return combined_scores(index.ranker_in_use, row.trained, row.rows, rating[None], choice[None])[0]
