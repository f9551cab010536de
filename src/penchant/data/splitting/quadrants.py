"""One training set with four tests: known or new user, by known or new item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.data.splitting.row_selection import Rows, check_share, divide_history, sample_ids
from penchant.data.splitting.split import Split, split_rows
from penchant.foundations.arguments import checked_arguments
from penchant.foundations.rng import generator

QUADRANTS = ("known", "new_user", "new_item", "both_new")


@dataclass(frozen=True)
class Quadrants:
    """One training set and four tests with the same numbering.

    tests: "known", "new_user", "new_item", "both_new" -> test ratings, by whether the user and the item have training
    ratings; a quadrant without rows is missing. given: ratings of known items by new users, and of new items by known
    users, to be folded in before the test, or None. name: the protocol and its parameters.
    """

    train: Ratings
    tests: Mapping[str, Ratings]
    given: Ratings | None
    name: str

    def split(self, quadrant: str) -> Split:
        """One quadrant as a Split."""
        question = f"How well are ratings predicted in the quadrant {quadrant}?"
        return Split(self.train, self.tests[quadrant], question, f"{self.name}: {quadrant}", self.given)

    def splits(self) -> dict[str, Split]:
        """Every quadrant as a Split, with the same training ratings."""
        return {quadrant: self.split(quadrant) for quadrant in self.tests}


@checked_arguments
def quadrants(
    ratings: Ratings,
    *,
    users: float = 0.2,
    items: float = 0.2,
    given: int = 0,
    reserve: int | None = None,
    test: float = 0.2,
    seed: int = 42,
) -> Quadrants:
    """How well are ratings predicted for known and new users, by known and new items?

    users, items: the shares of users and items without training ratings. test: the share of the remaining ratings in
    the test of the quadrant "known". given: how many ratings of each new user (of known items) and of each new item (by
    known users) may be folded in. reserve: how many of these are kept out of the tests, given or not, so that splits
    with different `given` have the same test rows; at most half of them are kept out. The quadrant "known" has fewer
    training ratings than `random` has, so do not compare their metrics.
    """
    name = f"quadrants(users={users}, items={items}, given={given}, reserve={reserve}, test={test}, seed={seed})"
    check_share(test, name)
    rng = generator(seed)
    new_user = sample_ids(ratings.user_numbers, users, rng, name)[ratings.user_numbers]
    new_item = sample_ids(ratings.item_numbers, items, rng, name)[ratings.item_numbers]
    known_rows = np.flatnonzero(~new_user & ~new_item)
    known_tested = rng.permutation(known_rows)[: int(test * len(known_rows))]
    of_users = divide_history(ratings.user_numbers, np.flatnonzero(new_user & ~new_item), given, reserve, rng, name)
    of_items = divide_history(ratings.item_numbers, np.flatnonzero(new_item & ~new_user), given, reserve, rng, name)
    given_rows, unused, tested = (np.concatenate(parts) for parts in zip(of_users, of_items, strict=True))
    tested = np.sort(np.concatenate([known_tested, tested, np.flatnonzero(new_user & new_item)]))
    whole = split_rows(
        ratings, tested, question="", name=name, given_rows=given_rows if given else None, unused_rows=unused
    )
    return _by_quadrant(whole)


def _by_quadrant(whole: Split) -> Quadrants:
    """The test rows by quadrant; a user is new if no training rating is theirs, also if it was not sampled as new."""
    new_user = whole.test.user_numbers >= whole.train.n_users
    new_item = whole.test.item_numbers >= whole.train.n_items
    quadrant: NDArray[np.int64] = new_user + 2 * new_item
    rows: dict[str, Rows] = {name: np.flatnonzero(quadrant == at) for at, name in enumerate(QUADRANTS)}
    tests = {name: whole.test.take(found) for name, found in rows.items() if len(found)}
    return Quadrants(whole.train, tests, whole.given, whole.name)
