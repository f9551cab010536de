"""Interactions by user in time order."""

from __future__ import annotations

import numpy as np
import pytest

from penchant.data.interactions import Interactions
from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import DataError

USERS, ITEMS = Vocabulary(["ann", "bob", "cy"]), Vocabulary([10, 11, 12, 13])


def table(times: list[int] | None = None) -> Ratings:
    """Ann rated items 3, 0 and 1, Cy rated item 2."""
    return Ratings(
        np.array([0, 2, 0, 0], np.int32), np.array([3, 2, 0, 1], np.int32), np.array([5, 4, 3, 2], np.float32),
        USERS, ITEMS, Scale(1, 5), None if times is None else np.array(times, np.int64),
    )  # fmt: skip


def test_rows_are_in_time_order_and_ties_in_table_order() -> None:
    known = Interactions.of(table([70, 5, 70, 20]))
    assert known.row(0)[0].tolist() == [1, 3, 0]
    assert known.row(0)[1].tolist() == [2, 5, 3]
    assert known.row(1)[0].tolist() == []
    assert known.counts.tolist() == [3, 0, 1]
    assert known.users.tolist() == [0, 0, 0, 2]
    assert known.timestamps is not None and known.timestamps.tolist() == [20, 70, 70, 5]


def test_rows_without_times_have_rising_item_numbers() -> None:
    assert Interactions.of(table()).row(0)[0].tolist() == [0, 1, 3]


def test_by_item_number_is_the_grouping_of_the_ratings() -> None:
    ratings = table([70, 5, 70, 20])
    ours, theirs = Interactions.of(ratings).by_item_number(), ratings.by_user()
    for name in ("starts", "numbers", "values"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


def test_ratings_come_back_with_their_times() -> None:
    again = Interactions.of(table([70, 5, 70, 20])).to_ratings(USERS, ITEMS, Scale(1, 5))
    rows = zip(again.user_numbers.tolist(), again.item_numbers.tolist(), again.timestamps.tolist(), strict=True)
    assert sorted(rows) == [(0, 0, 70), (0, 1, 20), (0, 3, 70), (2, 2, 5)]


def test_a_user_gets_new_interactions_and_keeps_the_times_of_old_ones() -> None:
    known = Interactions.of(table([70, 5, 60, 20])).with_user(
        0, np.array([2, 1, 0], np.int32), np.array([1, 2, 4], np.float32)
    )
    assert known.row(0)[0].tolist() == [1, 2, 0]  # item 1 is unchanged; 2 is new and 0 was rated anew
    assert known.timestamps is not None and known.timestamps.tolist() == [20, 70, 70, 5]
    assert known.row(2)[0].tolist() == [2]


def test_a_user_behind_the_last_and_a_new_item() -> None:
    grown = Interactions.of(table()).with_user(3, np.array([], np.int32), np.array([], np.float32))
    assert grown.counts.tolist() == [3, 0, 1, 0]
    grown = grown.with_item(4, np.array([3, 0], np.int32), np.array([1, 2], np.float32))
    assert grown.row(3)[0].tolist() == [4]
    assert grown.row(0)[0].tolist() == [0, 1, 3, 4]


def test_columns_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="do not divide 2 interactions"):
        Interactions(np.array([0, 1]), np.zeros(2, np.int32), np.zeros(2, np.float32))
    with pytest.raises(DataError, match="1 timestamps for 2 interactions"):
        Interactions(np.array([0, 2]), np.zeros(2, np.int32), np.zeros(2, np.float32), np.zeros(1, np.int64))
