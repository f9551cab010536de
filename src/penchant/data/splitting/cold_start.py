"""Splits that hide whole users or whole items."""

from __future__ import annotations

import numpy as np

from penchant.data.ratings import Ratings
from penchant.data.splitting.row_selection import dealt, hidden
from penchant.data.splitting.split import Split, split_rows
from penchant.foundations.rng import generator


def cold_users(
    ratings: Ratings, *, test: float = 0.1, given: int = 0, reserve: int | None = None, seed: int = 42
) -> Split:
    """How well is somebody served whom the system has never met?

    A share of the users is hidden whole; of each one's ratings `given` random ones may be folded in before the others
    are foretold. reserve: ratings of each kept out of the test, given or not, so that tests with different `given`
    ask the same rows; at most half of a user's ratings are. It says nothing about users whose history was trained on.
    """
    return _hide(ratings, "user", test, given, reserve, seed)


def cold_items(
    ratings: Ratings, *, test: float = 0.1, given: int = 0, reserve: int | None = None, seed: int = 42
) -> Split:
    """How well is an item placed that nobody, or hardly anybody, has rated yet?

    As `cold_users`, with items hidden. Whatever is foretold with given=0 comes from the items' features.
    """
    return _hide(ratings, "item", test, given, reserve, seed)


def _hide(ratings: Ratings, side: str, test: float, given: int, reserve: int | None, seed: int) -> Split:
    name = f"cold_{side}s(test={test}, given={given}, reserve={reserve}, seed={seed})"
    keys = ratings.user_numbers if side == "user" else ratings.item_numbers
    rng = generator(seed)
    rows = np.flatnonzero(hidden(keys, test, rng, name)[keys])
    given_rows, unused, tested = dealt(keys, rows, given, reserve, rng, name)
    question = f"How well are ratings of new {side}s foretold, {given} of each one's given?"
    return split_rows(
        ratings, tested, question=question, name=name, given_rows=given_rows if given else None, unused_rows=unused
    )
