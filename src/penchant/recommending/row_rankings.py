"""Lists of a side's rows: the most similar ones, the most popular ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import UNKNOWN, Numbers
from penchant.models.rows import Floats
from penchant.models.sides import Side
from penchant.recommending.neighbours import Neighbourhood
from penchant.recommending.options import check_count
from penchant.recommending.results import Ranking, Source
from penchant.recommending.row_lookup import is_rated, resolve


def similar_rows(
    side: Side, near: Neighbourhood, wanted: Any, n: int, approximate: bool, hidden: NDArray[np.bool_] | None = None
) -> Ranking:
    """The n rows of one side most similar to that of the wanted id; an unknown id has none. hidden: (N,), left out."""
    check_count(n)
    number = side.vocabulary.number(wanted)
    if number == UNKNOWN:
        return Ranking(wanted, [], [], np.zeros(0, np.float32), [], "prior", "cosine", unknown=[wanted])
    found = near.near(number, n, approximate=approximate, hidden=hidden)
    own = resolve(side, np.array([number])).sources[0]
    listed = ranking_of(side, found.numbers, found.similarities, "cosine", asked=wanted, source=own)
    return replace(listed, support=found.support)


def ranking_of(
    side: Side,
    best: Numbers,
    scores: Floats,
    by: str,
    *,
    asked: Any = None,
    source: Source = "prior",
    unknown: Sequence[Any] = (),
) -> Ranking:
    """The list of rows of one side with these numbers, best first."""
    sources = np.where(is_rated(side, best), "known", "prior").tolist()
    titles = [side.title(number) for number in best]
    return Ranking(asked, side.vocabulary.take(best).tolist(), titles, scores, sources, source, by, unknown=unknown)
