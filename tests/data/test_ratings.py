"""Ratings are checked at construction, are immutable, and are grouped by user and by item."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from penchant.data.features import FeatureTable
from penchant.data.ratings import Grouped, Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import DataError
from worlds import small_ratings


def plain(**changes) -> Ratings:
    fields = {
        "user_numbers": np.array([0, 1, 0], np.int32), "item_numbers": np.array([1, 0, 0], np.int32),
        "values": np.array([1, 2, 3], np.float32), "users": Vocabulary(["a", "b"]), "items": Vocabulary([7, 8]),
        "scale": Scale(1, 3),
    }  # fmt: skip
    return Ratings(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"user_numbers": np.array([0, 2, 0], np.int32)}, r"a number in user_numbers is outside 0\.\.1"),
        ({"item_numbers": np.array([0, -1, 0], np.int32)}, r"a number in item_numbers is outside 0\.\.1"),
        ({"item_numbers": np.array([0], np.int32)}, "1 item numbers do not fit 3 ratings"),
        ({"values": np.array([1, np.nan, 3], np.float32)}, "row 1: a rating is not a finite number"),
        ({"timestamps": np.array([1])}, "1 timestamps do not fit 3 ratings"),
        ({"item_features": FeatureTable({}, {}, ["one"])}, "1 rows of item features do not fit 2 items"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(DataError, match=message):
        plain(**changes)


def test_ratings_are_immutable():
    ratings = plain()
    with pytest.raises(ValueError, match="read-only"):
        ratings.values[0] = 9
    with pytest.raises(dataclasses.FrozenInstanceError):
        ratings.values = None


def test_the_callers_arrays_stay_writable():
    values = np.array([1, 2, 3], np.float32)
    plain(values=values)
    values[0] = 5


def test_grouping_by_user_and_by_item_agrees_with_a_plain_loop():
    ratings = small_ratings()
    for grouped, keys, others in (
        (ratings.by_user(), ratings.user_numbers, ratings.item_numbers),
        (ratings.by_item(), ratings.item_numbers, ratings.user_numbers),
    ):
        assert grouped.counts.sum() == len(ratings)
        for row in range(len(grouped.counts)):
            mine = np.flatnonzero(keys == row)
            mine = mine[np.argsort(others[mine])]
            numbers, values = grouped.row(row)
            assert numbers.tolist() == others[mine].tolist() and values.tolist() == ratings.values[mine].tolist()
            assert grouped.rows[grouped.starts[row] : grouped.starts[row + 1]].tolist() == mine.tolist()


def test_ids_without_ratings_have_empty_rows():
    grouped = Grouped.build(np.array([2], np.int32), np.array([0], np.int32), np.array([1], np.float32), 4)
    assert grouped.counts.tolist() == [0, 0, 1, 0]
    empty = Grouped.build(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32), 2)
    assert empty.counts.tolist() == [0, 0]


def test_taking_rows_keeps_vocabularies_and_scale():
    ratings = small_ratings()
    taken = ratings.take(np.array([5, 1]))
    assert taken.values.tolist() == ratings.values[[5, 1]].tolist()
    assert taken.users is ratings.users and taken.scale is ratings.scale
    assert len(ratings.take(ratings.values > 3)) == int((ratings.values > 3).sum())


@pytest.mark.parametrize(
    ("values", "step"), [([1, 2, 5], 1), ([0.5, 1, 4.5], 0.5), ([1, 2.3, 3], 0), ([3, 3], 0), ([0.1, 0.2, 0.3], 0.1)]
)
def test_the_step_of_a_scale(values, step):
    scale = Scale.of(np.array(values, np.float32))
    assert scale.step == pytest.approx(step, abs=1e-6)
    assert (scale.low, scale.high) == pytest.approx((min(values), max(values)))


@settings(deadline=None)
@given(arrays(np.float32, st.integers(1, 20), elements=st.floats(allow_nan=False, allow_infinity=False, width=32)))
def test_any_finite_ratings_have_a_scale(values):
    scale = Scale.of(values)
    assert scale.low == values.min() and scale.high == values.max() and scale.step >= 0
    assert np.all(scale.clip(values) == values)
