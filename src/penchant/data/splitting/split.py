"""What a split is, and the one way to make it so that nothing of the test rows reaches training."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings, Scale
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import DataError


@dataclass(frozen=True)
class Split:
    """Training and test ratings over one numbering: ids seen in training first, all others behind them.

    train: its vocabularies, features and scale hold only what its own rows tell. test: its vocabularies extend
    training's, so a number >= len(train.users) is a user training never met; unrated items of a catalogue are among
    these, or whether such an item is known would depend on the test. question: what the test asks. name: the protocol
    and its parameters, for reports. given: ratings of hidden users or items that may be folded in before they are
    tested, over the test's numbering, or None. data: the file or table that the ratings were read from, where known.
    """

    train: Ratings
    test: Ratings
    question: str
    name: str
    given: Ratings | None = None
    data: str = ""

    def without_unseen(self) -> Split:
        """The same training with only those test rows whose user and item it met; the usual test scores all rows."""
        met = (self.test.user_numbers < self.train.n_users) & (self.test.item_numbers < self.train.n_items)
        if not met.any():
            raise DataError("training met no user and item of the test", where=self.name)
        return dataclasses.replace(self, test=self.test.take(met), name=f"{self.name}, unseen ids dropped")


def split_rows(
    ratings: Ratings,
    test_rows: NDArray[Any],
    *,
    question: str,
    name: str,
    given_rows: NDArray[Any] | None = None,
    unused_rows: NDArray[Any] | None = None,
) -> Split:
    """A Split with the rows `test_rows` (numbers) as test, and as training all that are not given or unused either."""
    test_rows = np.asarray(test_rows, dtype=np.int64)
    given_rows = None if given_rows is None else np.asarray(given_rows, dtype=np.int64)
    held = np.zeros(len(ratings), dtype=bool)
    held[test_rows] = True
    if given_rows is not None and held[given_rows].any():
        raise DataError("a row is both given and tested", where=name)
    for rows in (given_rows, unused_rows):
        if rows is not None:
            held[rows] = True
    if held.all() or not len(test_rows):
        side = "training" if held.all() else "test"
        raise DataError(f"the split leaves no {side} rows out of {len(ratings)}", where=name, remedy="Change its share")
    users = _training_first(ratings.user_numbers, held, ratings.n_users)
    items = _training_first(ratings.item_numbers, held, ratings.n_items)
    whole = _renumbered(ratings, users, items)
    train = _restricted(whole.take(~held), users.kept, items.kept)
    given = None if given_rows is None else whole.take(given_rows)
    data = ratings.report.source if ratings.report else ""
    return Split(train, whole.take(test_rows), question, name, given, data)


@dataclass(frozen=True)
class _Order:
    """old: (N,) the old number of each new number. kept: how many of the new numbers training may know."""

    old: NDArray[np.int64]
    kept: int


def _training_first(numbers: NDArray[Any], held: NDArray[np.bool_], size: int) -> _Order:
    """Ids with a training rating come first, in the order they had."""
    in_train = np.zeros(size, dtype=bool)
    in_train[numbers[~held]] = True
    return _Order(np.concatenate([np.flatnonzero(in_train), np.flatnonzero(~in_train)]), int(in_train.sum()))


def _renumbered(ratings: Ratings, users: _Order, items: _Order) -> Ratings:
    def new(order: _Order) -> NDArray[np.int32]:
        inverse = np.empty(len(order.old), dtype=np.int32)
        inverse[order.old] = np.arange(len(order.old), dtype=np.int32)
        return inverse

    return dataclasses.replace(
        ratings,
        user_numbers=new(users)[ratings.user_numbers],
        item_numbers=new(items)[ratings.item_numbers],
        users=Vocabulary(ratings.users.take(users.old)),
        items=Vocabulary(ratings.items.take(items.old)),
        user_features=ratings.user_features and ratings.user_features.take(users.old),
        item_features=ratings.item_features and ratings.item_features.take(items.old),
        report=None,  # its counts speak of all rows
    )


def _restricted(train: Ratings, users: int, items: int) -> Ratings:
    """Training ratings without the ids, features and scale that only held rows knew."""
    first = np.arange
    ends = (train.scale.low, train.scale.high) if train.scale.declared else None
    return dataclasses.replace(
        train,
        users=Vocabulary(train.users.ids[:users]),
        items=Vocabulary(train.items.ids[:items]),
        user_features=train.user_features and train.user_features.take(first(users)),
        item_features=train.item_features and train.item_features.take(first(items)),
        scale=Scale.of(train.values, ends),
    )
