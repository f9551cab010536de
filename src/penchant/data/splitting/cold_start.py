"""Splits whose test users or test items have no training ratings."""

from __future__ import annotations

import numpy as np

from penchant.data.ratings import Ratings
from penchant.data.splitting.row_selection import divide_history, sample_ids
from penchant.data.splitting.split import Split, split_rows
from penchant.foundations.arguments import checked_arguments
from penchant.foundations.rng import generator


@checked_arguments
def cold_users(
    ratings: Ratings, *, test: float = 0.1, given: int = 0, reserve: int | None = None, seed: int = 42
) -> Split:
    """How well are ratings of new users predicted?

    A share `test` of the users has no training ratings. `given` random ratings of each test user may be folded in, and
    the others are predicted. reserve: how many ratings of each test user are kept out of the test, given or not, so
    that splits with different `given` have the same test rows; at most half of a user's ratings are kept out. The split
    does not measure predictions for known users.
    """
    return _split(ratings, "user", test, given, reserve, seed)


@checked_arguments
def cold_items(
    ratings: Ratings, *, test: float = 0.1, given: int = 0, reserve: int | None = None, seed: int = 42
) -> Split:
    """How well are ratings of new items predicted?

    As `cold_users`, for items. With given=0 the predictions rest on the items' features alone.
    """
    return _split(ratings, "item", test, given, reserve, seed)


def _split(ratings: Ratings, side: str, test: float, given: int, reserve: int | None, seed: int) -> Split:
    name = f"cold_{side}s(test={test}, given={given}, reserve={reserve}, seed={seed})"
    keys = ratings.user_numbers if side == "user" else ratings.item_numbers
    rng = generator(seed)
    rows = np.flatnonzero(sample_ids(keys, test, rng, name)[keys])
    given_rows, unused, tested = divide_history(keys, rows, given, reserve, rng, name)
    known = f"with {given} ratings of each folded in" if given else "without any of their ratings"
    question = f"How well are ratings of new {side}s predicted, {known}?"
    return split_rows(
        ratings, tested, question=question, name=name, given_rows=given_rows if given else None, unused_rows=unused
    )
