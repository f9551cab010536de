"""One split with four tests: known or new user, by known or new item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.data.splitting.row_selection import Rows, check_share, dealt, hidden
from penchant.data.splitting.split import Split, split_rows
from penchant.foundations.rng import generator

QUADRANTS = ("known", "new_user", "new_item", "both_new")


@dataclass(frozen=True)
class Quadrants:
    """One training set and four tests over one numbering.

    tests: "known", "new_user", "new_item", "both_new" -> test ratings, by whether training met the user and the item;
    a quadrant without rows is missing. given: ratings that new users gave to known items, and new items got from
    known users, to be folded in before testing; None where none are given. name: the protocol and its parameters.
    """

    train: Ratings
    tests: Mapping[str, Ratings]
    given: Ratings | None
    name: str

    def split(self, quadrant: str) -> Split:
        """One quadrant as a Split of its own."""
        question = f"How well are ratings foretold in the quadrant {quadrant}?"
        return Split(self.train, self.tests[quadrant], question, f"{self.name}: {quadrant}", self.given)

    def splits(self) -> dict[str, Split]:
        """Every quadrant as a Split; they share training."""
        return {quadrant: self.split(quadrant) for quadrant in self.tests}


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
    """What can be said of a new user, a new item, and of both at once, beside people and items that are known?

    users, items: the shares hidden whole. test: the share of the remaining ratings hidden as single cells. given: how
    many ratings of each new user (for known items) and each new item (by known users) may be folded in. reserve: how
    many of these are kept out of the tests, given or not, so that different `given` are tested on the same rows; at
    most half of what there is. The known quadrant is trained on fewer ratings than `random` leaves: do not compare
    their metrics.
    """
    name = f"quadrants(users={users}, items={items}, given={given}, reserve={reserve}, test={test}, seed={seed})"
    check_share(test, name)
    rng = generator(seed)
    new_user = hidden(ratings.user_numbers, users, rng, name)[ratings.user_numbers]
    new_item = hidden(ratings.item_numbers, items, rng, name)[ratings.item_numbers]
    known_rows = np.flatnonzero(~new_user & ~new_item)
    cells = rng.permutation(known_rows)[: int(test * len(known_rows))]
    of_users = dealt(ratings.user_numbers, np.flatnonzero(new_user & ~new_item), given, reserve, rng, name)
    of_items = dealt(ratings.item_numbers, np.flatnonzero(new_item & ~new_user), given, reserve, rng, name)
    given_rows, unused, tested = (np.concatenate(parts) for parts in zip(of_users, of_items, strict=True))
    tested = np.sort(np.concatenate([cells, tested, np.flatnonzero(new_user & new_item)]))
    whole = split_rows(
        ratings, tested, question="", name=name, given_rows=given_rows if given else None, unused_rows=unused
    )
    return _by_quadrant(whole)


def _by_quadrant(whole: Split) -> Quadrants:
    """The test dealt out by what training truly met: a user all of whose ratings were hidden is new, chosen or not."""
    new_user = whole.test.user_numbers >= whole.train.n_users
    new_item = whole.test.item_numbers >= whole.train.n_items
    place: NDArray[np.int64] = new_user + 2 * new_item
    rows: dict[str, Rows] = {name: np.flatnonzero(place == at) for at, name in enumerate(QUADRANTS)}
    tests = {name: whole.test.take(found) for name, found in rows.items() if len(found)}
    return Quadrants(whole.train, tests, whole.given, whole.name)
