"""Random scores with many ties, and the same order by a second, slow implementation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from penchant.metrics.full_ranking import ItemSets, Ranks, rank_items


@dataclass(frozen=True)
class MadeUser:
    """One user's scores (I,) with ties, gains of the relevant items, and the excluded items."""

    scores: list[float]
    gains: dict[int, int]
    excluded: set[int]

    @property
    def order(self) -> list[int]:
        """Candidates by higher score, equal scores by lower number."""
        candidates = [item for item in range(len(self.scores)) if item not in self.excluded]
        return sorted(candidates, key=lambda item: (-self.scores[item], item))


@st.composite
def made_users(draw: st.DrawFn, n_items: int = 12) -> MadeUser:
    levels = [-np.inf, -2.5, -0.0, 0.0, 1.0, 3.25]
    scores = draw(st.lists(st.sampled_from(levels), min_size=n_items, max_size=n_items))
    items = draw(st.permutations(range(n_items)))
    relevant = draw(st.integers(1, n_items - 1))
    excluded = draw(st.integers(0, n_items - relevant))
    gains = {item: draw(st.integers(1, 5)) for item in items[:relevant]}
    return MadeUser(scores, gains, set(items[relevant : relevant + excluded]))


def ranks_of(made: list[MadeUser], *, depth: int = 12, block: int = 2, graded: bool = True) -> Ranks:
    """The Ranks of made users, through the code under test."""
    table = np.array([user.scores for user in made])
    relevant, order = _sets([sorted(user.gains) for user in made])
    gains = np.array([gain for user in made for _, gain in sorted(user.gains.items())], dtype=float)[order]
    return rank_items(
        lambda users: table[users],
        np.arange(len(made)),
        relevant=relevant,
        excluded=_sets([sorted(user.excluded) for user in made])[0],
        gains=gains if graded else None,
        depth=depth,
        block=block,
    )


def _sets(items: list[list[int]]) -> tuple[ItemSets, np.ndarray]:
    owners = np.repeat(np.arange(len(items)), [len(each) for each in items])
    flat = np.array([item for each in items for item in each], dtype=np.int64)
    return ItemSets.build(owners, flat, len(items))
