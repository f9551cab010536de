"""Splits: each function states the question its test rows answer."""

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
    """Training and test ratings over one numbering: ids seen in training first, ids only the test knows behind them.

    train: its vocabularies, features and scale hold nothing that only the test rows knew. test: its vocabularies
    extend training's, so a number >= len(train.users) is a user the model never met. question: what the test asks.
    name: the protocol and its parameters, for reports. given: ratings of hidden users (or items) that may be folded
    in before they are tested, over the test's numbering, or None.
    """

    train: Ratings
    test: Ratings
    question: str
    name: str
    given: Ratings | None = None


def split_rows(
    ratings: Ratings, test_rows: NDArray[Any], *, question: str, name: str, given_rows: NDArray[Any] | None = None
) -> Split:
    """A Split with the rows `test_rows` (numbers) as test, `given_rows` as given, and all others as training."""
    held = np.zeros(len(ratings), dtype=bool)
    held[test_rows] = True
    if given_rows is not None:
        held[given_rows] = True
    if held.all() or not held.any():
        side = "training" if held.all() else "test"
        raise DataError(f"the split leaves no {side} rows out of {len(ratings)}", where=name, remedy="Change its share")
    users = _training_first(ratings.user_numbers, held, ratings.n_users)
    items = _training_first(ratings.item_numbers, held, ratings.n_items)
    whole = _renumbered(ratings, users, items)
    train = _restricted(whole.take(~held), users.kept, items.kept)
    given = None if given_rows is None else whole.take(np.asarray(given_rows))
    return Split(train, whole.take(np.asarray(test_rows)), question, name, given)


@dataclass(frozen=True)
class _Order:
    """old: (N,) the old number of each new number. kept: how many of the new numbers training may know."""

    old: NDArray[np.int64]
    kept: int


def _training_first(numbers: NDArray[Any], held: NDArray[np.bool_], size: int) -> _Order:
    """Ids that occur only in held rows go behind the others; ids without any rating (a catalogue) stay in front."""
    in_train = np.zeros(size, dtype=bool)
    in_train[numbers[~held]] = True
    in_held = np.zeros(size, dtype=bool)
    in_held[numbers[held]] = True
    hidden = in_held & ~in_train
    return _Order(np.concatenate([np.flatnonzero(~hidden), np.flatnonzero(hidden)]), int((~hidden).sum()))


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
    )


def _restricted(train: Ratings, users: int, items: int) -> Ratings:
    """Training ratings without the ids, features and scale that only held rows knew."""
    first = np.arange
    return dataclasses.replace(
        train,
        users=Vocabulary(train.users.ids[:users]),
        items=Vocabulary(train.items.ids[:items]),
        user_features=train.user_features and train.user_features.take(first(users)),
        item_features=train.item_features and train.item_features.take(first(items)),
        scale=train.scale if train.scale.declared else Scale.of(train.values),
    )


def get_cv_idxs(n: int, cv_idx: int = 0, val_pct: float = 0.2, seed: int = 42) -> NDArray[np.int64]:
    """The lesson's validation rows: the cv_idx-th block of a legacy-seeded permutation of n rows."""
    state = np.random.RandomState(seed)  # the lesson's rows are defined by the legacy generator
    size = int(val_pct * n)
    start = cv_idx * size
    return state.permutation(n)[start : start + size]


def random(ratings: Ratings, *, test: float = 0.2, seed: int = 42) -> Split:
    """How well can the blank cells of the table be filled in?

    Single ratings are hidden at random, so a user's tastes are known from the ratings that stay. It says nothing about
    people or items the system has not met, nor about tomorrow's ratings. The rows are the lesson's `get_cv_idxs` rows.
    """
    rows = get_cv_idxs(len(ratings), val_pct=test, seed=seed)
    question = "How well are hidden single ratings filled in?"
    return split_rows(ratings, rows, question=question, name=f"random(test={test}, seed={seed})")
