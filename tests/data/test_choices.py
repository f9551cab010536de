"""Tables without ratings: who chose what, counts and weights, kinds of events, and ratings that say nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from penchant.data import splitting
from penchant.data.interactions import Interactions
from penchant.data.movielens import movielens
from penchant.data.ratings import Ratings
from penchant.data.scale import look_like_counts
from penchant.foundations.errors import DataError
from worlds import small_ratings

WEIGHTS = {"view": 1, "buy": 5, "return": -5}


def rows_of(ratings: Ratings) -> list[tuple]:
    return sorted(ratings.to_frame().iter_rows())


def frame(**columns: list) -> pl.DataFrame:
    return pl.DataFrame({"user": [1, 2, 1, 1], "item": [1, 2, 1, 2], **columns})


def test_users_and_items_alone_are_choices_and_repeats_are_counted() -> None:
    ratings = Ratings.from_frame(frame())
    assert ratings.kind == "choices"
    assert rows_of(ratings) == [(1, 1, 2.0), (1, 2, 1.0), (2, 2, 1.0)]
    assert "3 choices by 2 users of 2 items" in str(ratings.report)
    assert ratings.report.notes[-1] == "Read as choices, without ratings"


def test_times_are_no_rating() -> None:
    assert Ratings.from_frame(frame(timestamp=[1, 2, 3, 4])).kind == "choices"


def test_a_table_with_other_columns_is_not_guessed_at() -> None:
    with pytest.raises(DataError, match=r"no column looks like the rating.*rating=False.*'wie'"):
        Ratings.from_frame(frame(wie=[1, 2, 3, 4]))
    assert Ratings.from_frame(frame(wie=[1, 2, 3, 4]), rating=False).kind == "choices"


def test_weights_are_recognized_named_or_left_aside() -> None:
    counts = frame(plays=[3.0, 1.0, 2.5, 7.0])
    expected = [(1, 1, 5.5), (1, 2, 7.0), (2, 2, 1.0)]
    for ratings in (
        Ratings.from_frame(counts),
        Ratings.from_frame(counts.rename({"plays": "often"}), weight="often"),
        Ratings.from_frame(counts.with_columns(rating=pl.lit(3)), weight="plays"),
    ):
        assert (rows_of(ratings), ratings.kind) == (expected, "choices")
    assert "weights from 'plays'" in str(Ratings.from_frame(counts).report)
    assert [row[2] for row in rows_of(Ratings.from_frame(counts, rating=False, weight=False))] == [2, 1, 1]


def test_events_weigh_by_kind_and_pairs_that_come_to_nothing_are_left_out() -> None:
    events = pl.DataFrame(
        {
            "user": [1, 1, 1, 2, 2, 3],
            "item": [7, 7, 8, 7, 7, 8],
            "action": ["view", "buy", "view", "buy", "return", "buy"],
        }
    )
    ratings = Ratings.from_frame(events, event="action", weights=WEIGHTS)
    assert rows_of(ratings) == [(1, 7, 6.0), (1, 8, 1.0), (3, 8, 5.0)]
    assert "1 pair with a total weight of 0 or less left out" in ratings.report.notes
    assert ratings.report.merged == 2
    assert rows_of(Ratings.from_frame(events, weights=WEIGHTS)) == rows_of(ratings), "the column is recognized"
    twice = events.with_columns(quantity=pl.lit(2))
    assert rows_of(Ratings.from_frame(twice, event="action", weights=WEIGHTS))[0] == (1, 7, 12.0)


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"n": [1, None, 1, 1]}, {"weight": "n"}, r"row 2, column 'n': the weight is not a finite number"),
        ({"n": ["1", "x", "1", "1"]}, {"weight": "n"}, r"the weight is not a finite number: 'x'"),
        ({"n": [-1, 0, -1, 0]}, {"weight": "n"}, r"no pair has a weight above 0"),
        ({"e": ["view", "look"] * 2}, {"event": "e", "weights": WEIGHTS}, r"kind of event has no weight: 'look'"),
        ({"e": ["view"] * 4}, {"event": "e"}, r"have no weights.*weights=\{"),
        ({"e": ["view"] * 4}, {"event": "e", "weights": {"view": 0}}, r"are no weights of events"),
        ({"n": [1] * 4, "r": [2] * 4}, {"weight": "n", "rating": "r"}, r"ratings or weights, not both"),
    ],
)
def test_weights_that_cannot_be_used(columns: dict, options: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Ratings.from_frame(frame(**columns), **options)


def test_files_without_ratings(tmp_path: Path) -> None:
    path = tmp_path / "bought.csv"
    path.write_text("customer,product\nann,1\nbob,2\nann,1\n")
    assert rows_of(Ratings.from_csv(path)) == [("ann", 1, 2.0), ("bob", 2, 1.0)]
    bare = tmp_path / "bare.csv"
    bare.write_text("ann,1,0.5\nbob,2,4\n")
    assert rows_of(Ratings.from_csv(bare, header=False, weight="column_3")) == [("ann", 1, 0.5), ("bob", 2, 4.0)]


def test_ratings_that_are_all_equal_are_choices_unless_a_scale_is_declared() -> None:
    table = frame(rating=[4.0] * 4)
    ratings = Ratings.from_frame(table)
    assert ratings.kind == "choices" and "All ratings are 4: they say who chose what" in str(ratings.report)
    insisted = Ratings.from_frame(table, scale=(1, 5))
    assert insisted.kind == "ratings" and "All ratings are 4" in str(insisted.report)


def test_counts_given_as_ratings_are_recognized_and_a_declared_scale_insists() -> None:
    rng = np.random.default_rng(0)
    plays = rng.zipf(1.7, 400).clip(max=5000)
    table = pl.DataFrame({"user": np.arange(400) // 20, "item": np.arange(400) % 20, "rating": plays})
    ratings = Ratings.from_frame(table)
    assert ratings.kind == "choices"
    assert [note for note in ratings.report.notes if "look like counts" in note]
    assert Ratings.from_frame(table, scale=(1, 5000)).kind == "ratings"


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ([1, 1, 1, 2, 300], True),
        ([1, 1, 1, 2, 20], False),
        ([0, 1, 1, 2, 300], False),
        ([1, 1.5, 1, 2, 300], False),
        ([60, 70, 80, 90, 100], False),
    ],
)
def test_what_looks_like_counts(values: list, counts: bool) -> None:
    assert look_like_counts(np.array(values, np.float32)) is counts


def test_choices_stay_choices() -> None:
    ratings = Ratings.from_frame(frame(timestamp=[1, 2, 3, 4]))
    again = Ratings.from_frame(ratings.to_frame())
    assert (again.kind, rows_of(again)) == ("choices", rows_of(ratings))
    known = Interactions.of(ratings)
    assert known.to_ratings(ratings.users, ratings.items, ratings.scale).kind == "choices"


def test_every_test_row_of_choices_is_looked_for() -> None:
    rated = small_ratings()
    chosen = Ratings.from_frame(rated.to_frame().drop("rating"))
    assert splitting.random(rated).relevant == "liked"
    for split in (splitting.random(chosen), splitting.quadrants(chosen).split("known"), splitting.temporal(chosen)):
        assert split.relevant == "all"


def test_a_table_is_shown_in_one_line() -> None:
    assert repr(movielens()) == "<Ratings: 100,004 ratings from 0.5 to 5, 671 users, 9,125 items, with times>"
