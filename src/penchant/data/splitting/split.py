"""Splits, and the function that builds them so that no information of the test rows is in the training ratings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import DataError

Relevant = Literal["liked", "all"]


@dataclass(frozen=True)
class Split:
    """Training and test ratings with the same numbering: ids with training ratings first, then all others.

    train: its vocabularies, features and scale depend on its own rows only. test: its vocabularies extend those of
    `train`, so a number >= len(train.users) is a new user. Catalogue items without ratings count as new items too;
    otherwise whether such an item is known would depend on the test rows. question: what the test measures. name: the
    protocol and its parameters, for reports. given: ratings of new users or items that may be folded in before the
    test, with the test's numbering, or None. data: the file or table that the ratings were read from, where known. cut:
    a time in seconds since 1970 after all training rows and not after any test row, or None. any_rating: whether every
    test row is relevant for list metrics, with any rating.
    """

    train: Ratings
    test: Ratings
    question: str
    name: str
    given: Ratings | None = None
    data: str = ""
    cut: int | None = None
    any_rating: bool = False

    @property
    def relevant(self) -> Relevant:
        """Which test rows list metrics look for: those rated as liked, or every one."""
        return "all" if self.any_rating or self.train.kind == "choices" else "liked"

    def without_unseen(self) -> Split:
        """The same training ratings with only the test rows of known users and items."""
        known = (self.test.user_numbers < self.train.n_users) & (self.test.item_numbers < self.train.n_items)
        if not known.any():
            raise DataError("no test row has a known user and a known item", where=self.name)
        return dataclasses.replace(self, test=self.test.take(known), name=f"{self.name}, unseen ids dropped")


def split_rows(
    ratings: Ratings,
    test_rows: NDArray[Any],
    *,
    question: str,
    name: str,
    given_rows: NDArray[Any] | None = None,
    unused_rows: NDArray[Any] | None = None,
    cut: int | None = None,
    any_rating: bool = False,
) -> Split:
    """A Split of the ratings; the training rows are those that are not in the test, given or unused."""
    test_rows = np.asarray(test_rows, dtype=np.int64)
    given_rows = None if given_rows is None else np.asarray(given_rows, dtype=np.int64)
    held = np.zeros(len(ratings), dtype=bool)
    held[test_rows] = True
    if given_rows is not None and held[given_rows].any():
        raise DataError("a row is both given and in the test", where=name)
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
    return Split(train, whole.take(test_rows), question, name, given, data, cut, any_rating)


@dataclass(frozen=True)
class _Order:
    """old: (N,) the old number of each new number. kept: how many of the numbers have training ratings."""

    old: NDArray[np.int64]
    kept: int


def _training_first(numbers: NDArray[Any], held: NDArray[np.bool_], size: int) -> _Order:
    """The order of ids with those that have training ratings first, otherwise unchanged."""
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
        report=None,  # its counts are those of all rows
    )


def _restricted(train: Ratings, users: int, items: int) -> Ratings:
    """Training ratings without the ids and features of other rows, and with a scale of their own."""
    ends = (train.scale.low, train.scale.high) if train.scale.declared else None
    return dataclasses.replace(
        train,
        users=Vocabulary(train.users.ids[:users]),
        items=Vocabulary(train.items.ids[:items]),
        user_features=train.user_features and train.user_features.take(np.arange(users)),
        item_features=train.item_features and train.item_features.take(np.arange(items)),
        scale=Scale.of(train.values, ends, kind=train.kind),
    )
