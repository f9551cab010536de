"""One list for a group of users: the lists of its members, put together by reciprocal rank fusion."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from penchant.foundations.errors import CallerError
from penchant.recommending.argument_checks import many_ids
from penchant.recommending.options import ListOptions
from penchant.recommending.query import UserQuery
from penchant.recommending.recommender import Recommender, index_of
from penchant.recommending.results import SOURCES, Ranking, Recommendation
from penchant.recommending.user_state import user_state_of

DAMPING = 60
"""An item at rank r of a member's list gets 1 / (DAMPING + r); the constant is that of the paper."""

DEPTH = 500
"""How long a member's list is, at least."""


def recommend_together(model: Recommender, users: Iterable[Any], options: ListOptions | None = None) -> Ranking:
    """The list of several users together, best first.

    Each member's list has at least DEPTH items. An item's score is the mean of 1 / (DAMPING + rank) over the members
    (Cormack, Clarke and Büttcher 2009); it is 0 where a member's list does not have the item. Items that any member has
    rated are left out unless `exclude_seen` is off. Ties go to the item that the first member's list has first.
    """
    wanted, options = many_ids(users, "users"), options or ListOptions()
    if not wanted:
        raise CallerError("a group needs at least one user", where="users")
    index = index_of(model)
    states = [user_state_of(index, UserQuery(user)) for user in dict.fromkeys(wanted)]
    seen = {index.items.id_of(int(item)) for state in states for row in state.rows.values() for item in row.numbers}
    longer = replace(options, n=max(DEPTH, 10 * options.n))
    lists = [state.ranking(longer) for state in states]
    scores: dict[Any, float] = {}
    lines: dict[Any, Recommendation] = {}
    for ranking in lists:
        for rank, line in enumerate(ranking, 1):
            if not (options.exclude_seen and line.id in seen):
                scores[line.id] = scores.get(line.id, 0.0) + 1 / (DAMPING + rank) / len(lists)
                lines.setdefault(line.id, line)
    best = sorted(scores, key=scores.__getitem__, reverse=True)[: options.n]
    source = max((ranking.source for ranking in lists), key=SOURCES.index)  # the weakest
    return Ranking(
        asked=wanted,
        ids=best,
        titles=[lines[one].title for one in best],
        scores=np.array([scores[one] for one in best], dtype=np.float32),
        sources=[lines[one].source for one in best],
        source=source,
        by="together",
        unknown=list(dict.fromkeys(one for ranking in lists for one in ranking.unknown)),
    )
