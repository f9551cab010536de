"""Nothing of the test reaches training: whatever the hidden rows say, training stays the same, bit for bit."""

import dataclasses

import numpy as np
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from penchant.data import splitting
from penchant.data.features import FeatureEncoder
from penchant.data.ratings import Ratings
from worlds import small_ratings


def bits(ratings: Ratings) -> list:
    """Everything a trainer could read from ratings."""
    arrays = [ratings.user_numbers, ratings.item_numbers, ratings.values, ratings.timestamps]
    tables = [ratings.user_features, ratings.item_features]
    return [
        *(None if array is None else array.tobytes() for array in arrays),
        ratings.users.ids.tolist(), ratings.items.ids.tolist(), ratings.scale, ratings.report,
        *(None if table is None else (dict(table.columns), dict(table.kinds), table.titles) for table in tables),
    ]  # fmt: skip


def film(item: object, known: set) -> str:
    """A label that says nothing new about films that training knows, and something about the others."""
    return f"label {int(item) % 3}" if item in known else f"only the test has {item}"


def build(rows: list[tuple], known: set) -> Ratings:
    """Ratings read from rows, with a catalogue of their items and one more."""
    frame = pl.DataFrame(rows, schema=["user", "item", "rating", "timestamp"], orient="row")
    items = [*dict.fromkeys(frame["item"].to_list()), 10_000]
    catalogue = pl.DataFrame({"item": items, "labels": [[film(item, known)] for item in items]})
    return Ratings.from_frame(frame).with_features(items=catalogue)


HIDDEN = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 500), st.floats(-9, 99, width=32), st.integers(0, 2**36)),
    min_size=12, max_size=12, unique_by=lambda row: row[:2],
)  # fmt: skip


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(hidden=HIDDEN, shuffled=st.randoms(use_true_random=False))
def test_training_is_the_same_whatever_the_hidden_rows_hold(hidden, shuffled):
    kept = [(1000 + user, 2000 + item, 3.0 + (user + item) % 4 / 2, user) for user in range(8) for item in range(6)]
    places = list(range(len(kept) + len(hidden)))
    shuffled.shuffle(places)
    test_rows = sorted(places[: len(hidden)])
    known = {row[1] for row in kept}

    def training(held: list[tuple]) -> Ratings:
        rows = iter(kept)
        behind = iter(held)
        table = [next(behind) if place in set(test_rows) else next(rows) for place in range(len(places))]
        return splitting.split_rows(build(table, known), np.array(test_rows), question="", name="made").train

    plain = [(1000 + number % 8, 3000 + number, 4.0, 5) for number in range(len(hidden))]
    first, second = training(plain), training(hidden)
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
    "k_fold": lambda ratings: splitting.k_fold(ratings)[1],
    "quadrants": lambda ratings: splitting.quadrants(ratings, given=2).split("both_new"),
}


@pytest.mark.parametrize("make", SPLITS.values(), ids=SPLITS)
def test_changing_hidden_ratings_changes_nothing_in_training(make):
    ratings = small_ratings()
    ratings = dataclasses.replace(ratings, scale=dataclasses.replace(ratings.scale, declared=False))
    split = make(ratings)
    trained = {(user, item) for user, item, *_ in split.train.to_frame().iter_rows()}
    pairs = [(user, item) for user, item, *_ in ratings.to_frame().iter_rows()]
    hidden = np.array([pair not in trained for pair in pairs])
    assert hidden.sum() >= len(split.test)
    values = np.where(hidden, 77 + np.arange(len(ratings)), ratings.values).astype(np.float32)
    assert bits(make(dataclasses.replace(ratings, values=values)).train) == bits(split.train)


def test_a_split_that_leaks_would_be_caught():
    """The check itself: were training to keep the whole table's vocabularies and scale, its bits would differ."""
    ratings = small_ratings()
    split = splitting.cold_items(ratings)
    assert bits(dataclasses.replace(split.train, items=split.test.items, item_features=None))[5] != bits(split.train)[5]


def test_training_features_of_unseen_items_are_gone():
    split = splitting.cold_items(small_ratings())
    assert len(split.train.item_features) == split.train.n_items < split.test.n_items
