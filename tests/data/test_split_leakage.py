"""No information of the test rows is in the training ratings: they stay the same, bit for bit, for any test rows."""

import dataclasses

import numpy as np
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from penchant.data import splitting
from penchant.data.feature_encoding import FeatureEncoder
from penchant.data.ratings import Ratings
from worlds import small_ratings


def bits(ratings: Ratings) -> list:
    """Everything that a training function can read from ratings."""
    arrays = [ratings.user_numbers, ratings.item_numbers, ratings.values, ratings.timestamps]
    tables = [ratings.user_features, ratings.item_features]
    return [
        *(None if array is None else array.tobytes() for array in arrays),
        ratings.users.ids.tolist(), ratings.items.ids.tolist(), ratings.scale, ratings.report,
        *(None if table is None else (dict(table.columns), dict(table.kinds), table.titles) for table in tables),
    ]  # fmt: skip


def film(item: object, known: set) -> str:
    """A label that is common among the known films, and a unique one for the others."""
    return f"label {int(item) % 3}" if item in known else f"only the test has {item}"


def build(rows: list[tuple], known: set) -> Ratings:
    """Ratings read from rows, with features of their items and of one more item."""
    frame = pl.DataFrame(rows, schema=["user", "item", "rating", "timestamp"], orient="row")
    items = [*dict.fromkeys(frame["item"].to_list()), 10_000]
    catalogue = pl.DataFrame({"item": items, "labels": [[film(item, known)] for item in items]})
    return Ratings.from_frame(frame).with_features(items=catalogue)


HELD_OUT = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 500), st.floats(-9, 99, width=32), st.integers(0, 2**36)),
    min_size=12, max_size=12, unique_by=lambda row: row[:2],
)  # fmt: skip


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(held_out=HELD_OUT, shuffled=st.randoms(use_true_random=False))
def test_training_ratings_do_not_depend_on_the_held_out_rows(held_out, shuffled):
    kept = [(1000 + user, 2000 + item, 3.0 + (user + item) % 4 / 2, user) for user in range(8) for item in range(6)]
    places = list(range(len(kept) + len(held_out)))
    shuffled.shuffle(places)
    test_rows = sorted(places[: len(held_out)])
    known = {row[1] for row in kept}

    def training(held: list[tuple]) -> Ratings:
        rows = iter(kept)
        behind = iter(held)
        table = [next(behind) if place in set(test_rows) else next(rows) for place in range(len(places))]
        return splitting.split_rows(build(table, known), np.array(test_rows), question="", name="made").train

    plain = [(1000 + number % 8, 3000 + number, 4.0, 5) for number in range(len(held_out))]
    first, second = training(plain), training(held_out)
    assert bits(first) == bits(second)
    counts = first.by_item().counts
    assert FeatureEncoder.fit(first.item_features, counts) == FeatureEncoder.fit(second.item_features, counts)


SPLITS = {
    "random": splitting.random,
    "per_user": splitting.per_user,
    "temporal": splitting.temporal,
    "leave_last": splitting.leave_last,
    "cold_users": lambda ratings: splitting.cold_users(ratings, given=2),
    "cold_items": lambda ratings: splitting.cold_items(ratings, given=2),
    "rolling": lambda ratings: splitting.rolling(ratings, cuts=2, horizon=200)[0],
    "k_fold": lambda ratings: splitting.k_fold(ratings)[1],
    "quadrants": lambda ratings: splitting.quadrants(ratings, given=2).split("both_new"),
}


@pytest.mark.parametrize("make", SPLITS.values(), ids=SPLITS)
def test_changing_held_out_ratings_changes_nothing_in_training(make):
    ratings = small_ratings()
    ratings = dataclasses.replace(ratings, scale=dataclasses.replace(ratings.scale, declared=False))
    split = make(ratings)
    trained = {(user, item) for user, item, *_ in split.train.to_frame().iter_rows()}
    pairs = [(user, item) for user, item, *_ in ratings.to_frame().iter_rows()]
    held_out = np.array([pair not in trained for pair in pairs])
    assert held_out.sum() >= len(split.test)
    values = np.where(held_out, 77 + np.arange(len(ratings)), ratings.values).astype(np.float32)
    assert bits(make(dataclasses.replace(ratings, values=values)).train) == bits(split.train)


def test_the_comparison_detects_a_leak():
    """Training ratings with the vocabularies of the whole table differ in `bits`."""
    ratings = small_ratings()
    split = splitting.cold_items(ratings)
    assert bits(dataclasses.replace(split.train, items=split.test.items, item_features=None))[5] != bits(split.train)[5]


def test_training_features_of_unseen_items_are_gone():
    split = splitting.cold_items(small_ratings())
    assert len(split.train.item_features) == split.train.n_items < split.test.n_items
