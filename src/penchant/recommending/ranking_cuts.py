"""Cuts: which training rows are held back to fit a ranker on.

The cut follows the question. Where times say what comes next, the latest weeks are held back, in several cuts; else
random rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.recommending.popularity import DAY

CUTS_BY = ("auto", "latest", "random")
"""How cuts are made; "auto" lets the table decide."""

SHARE = 0.15
"""The share of rows that a random cut holds back."""

HORIZONS = (7, 28)
"""The days held back by a cut in time; the first number with enough known users is used."""

CUTS, FEWEST_CUTS = 5, 3
"""The highest and the lowest number of cuts in time, one horizon apart."""

FEWEST_USERS = 150
"""The lowest number of known users with interactions within a horizon."""

FEWEST_KNOWN = 0.3
"""The share of a horizon's interactions that must come from known users."""

BETTER = 1.05
"""By which factor recent popularity must predict the next horizon better than popularity of all time."""

TOP = 10
"""How many of the most popular items are asked what comes next."""


@dataclass(frozen=True)
class Cut:
    """Training rows and the rows held back after them, over one numbering. at: the time of the cut; None if random."""

    train: Ratings
    test: Ratings
    at: int | None = None

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which held-back rows (n,) are of a user and an item with training rows."""
        users = np.bincount(self.train.user_numbers, minlength=self.train.n_users) > 0
        items = np.bincount(self.train.item_numbers, minlength=self.train.n_items) > 0
        found: NDArray[np.bool_] = users[self.test.user_numbers] & items[self.test.item_numbers]
        return found


def choose_cuts(ratings: Ratings, *, seed: int, how: str = "auto") -> list[Cut]:
    """The cuts to fit on. how: "latest", "random", or "auto" to let the table decide."""
    if how != "random" and ratings.timestamps is not None:
        for days in HORIZONS:
            cuts = _time_cuts(ratings, days)
            if cuts and (how == "latest" or _recent_is_better(cuts, days)):
                return cuts
    held = np.zeros(len(ratings), bool)
    held[np.random.default_rng(seed).permutation(len(ratings))[: max(1, int(SHARE * len(ratings)))]] = True
    return [Cut(ratings.take(~held), ratings.take(held))]


def _time_cuts(ratings: Ratings, days: int) -> list[Cut]:
    """Cuts one horizon apart before the end, oldest first; none if too few known users have interactions.

    More cuts make the weights more certain. Earlier cuts count only as far as they have enough users too.
    """
    times = ratings.timestamps
    assert times is not None
    end, cuts = int(times.max()) + 1, []
    for back in range(1, CUTS + 1):
        at = end - back * days * DAY
        before, after = times < at, (times >= at) & (times < at + days * DAY)
        known = np.zeros(ratings.n_users, bool)
        known[ratings.user_numbers[before]] = True
        acting = ratings.user_numbers[after]
        own = acting[known[acting]]
        if len(np.unique(own)) < FEWEST_USERS or len(own) < FEWEST_KNOWN * len(acting):
            break
        cuts.append(Cut(ratings.take(before), ratings.take(after), at))
    return cuts[::-1] if len(cuts) >= FEWEST_CUTS else []


def _recent_is_better(cuts: Sequence[Cut], days: int) -> bool:
    """Whether recent popularity finds more of the next interactions than popularity of all time."""
    found = np.zeros(2)
    for cut in cuts:
        times = cut.train.timestamps
        assert times is not None and cut.at is not None
        recent = cut.train.item_numbers[times >= cut.at - days * DAY]
        for at, items in enumerate((recent, cut.train.item_numbers)):
            counts = np.bincount(items, minlength=cut.train.n_items)
            top = np.argsort(-counts, kind="stable")[:TOP]
            found[at] += np.isin(cut.test.item_numbers[cut.known], top).sum()
    return bool(found[0] > BETTER * found[1])
