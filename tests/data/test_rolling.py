"""Rolling cuts: which rows each split trains on and tests, and what its list metrics look for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from penchant.data import splitting
from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import DataError
from worlds import small_ratings

DAY = 86_400


def daily(users: list[int]) -> Ratings:
    """One rating a day, of a new item each, by these users."""
    n = len(users)
    return Ratings(
        np.array(users, np.int32), np.arange(n, dtype=np.int32), np.arange(n, dtype=np.float32) % 5,
        Vocabulary(range(max(users) + 1)), Vocabulary(range(n)), Scale(0, 4), np.arange(n, dtype=np.int64) * DAY,
    )  # fmt: skip


def days(ratings: Ratings) -> list[int]:
    return (ratings.timestamps // DAY).tolist()


def test_training_is_before_the_cut_and_the_test_is_the_horizon_after_it() -> None:
    first, second = splitting.rolling(daily([0, 1] * 5), cuts=2, horizon=3)
    assert (days(first.train), days(first.test)) == ([0, 1, 2, 3], [4, 5, 6])
    assert (days(second.train), days(second.test)) == ([0, 1, 2, 3, 4, 5, 6], [7, 8, 9])
    assert second.cut == 6 * DAY + 1
    assert [split.relevant for split in (first, second)] == ["all", "all"]
    assert second.name == "cut 2 of rolling(cuts=2, horizon=3 days), 1970-01-07 00:00 UTC"


def test_cuts_may_be_closer_or_further_than_the_horizon() -> None:
    near = splitting.rolling(daily([0, 1] * 5), cuts=3, horizon=4, step=1)
    assert [days(split.test) for split in near] == [[4, 5, 6, 7], [5, 6, 7, 8], [6, 7, 8, 9]]
    far = splitting.rolling(daily([0, 1] * 5), cuts=2, horizon=2, step=5)
    assert [days(split.test) for split in far] == [[3, 4], [8, 9]]
    assert days(far[0].train) == [0, 1, 2]


def test_users_without_an_earlier_interaction_are_tested_on_request() -> None:
    ratings = daily([0, 1, 0, 1, 2, 0])
    (known,) = splitting.rolling(ratings, cuts=1, horizon=2)
    (every,) = splitting.rolling(ratings, cuts=1, horizon=2, new_users=True)
    assert (days(known.test), days(every.test)) == ([5], [4, 5])
    assert days(known.train) == days(every.train) == [0, 1, 2, 3]


def test_the_cut_of_a_temporal_split() -> None:
    split = splitting.temporal(daily([0, 1] * 5), test=0.3)
    assert split.cut == 7 * DAY and split.relevant == "liked"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cuts": 0}, "have to be above 0"),
        ({"horizon": 0}, "have to be above 0"),
        ({"step": -1}, "have to be above 0"),
        ({"cuts": 9}, "no rating is earlier than the first of 9 cuts"),
    ],
)
def test_cuts_that_are_not_possible(options: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        splitting.rolling(daily([0, 1] * 5), **options)


def test_ratings_without_times_are_refused() -> None:
    with pytest.raises(DataError, match="no timestamps"):
        splitting.rolling(dataclasses.replace(small_ratings(), timestamps=None))
