"""The rows of each split: which are in the test, which are given, and which are in training."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from penchant.data import splitting
from penchant.data.movielens import movielens
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.foundations.errors import CallerError, DataError, SettingsError
from worlds import small_ratings


def keyed(ratings: Ratings) -> list[tuple]:
    """The ratings by their ids, in their order."""
    return list(ratings.to_frame().iter_rows())


def covers(split: Split, ratings: Ratings) -> bool:
    """Whether every rating is in exactly one of training, test and given."""
    parts = [part for part in (split.train, split.test, split.given) if part is not None]
    return sorted(row for part in parts for row in keyed(part)) == sorted(keyed(ratings))


def test_the_lessons_rows_bit_for_bit():
    rows = splitting.get_cv_idxs(100_004)
    assert len(rows) == 20_000
    assert rows[:3].tolist() == [19090, 99678, 18455]
    code = "import numpy; numpy.random.seed(42); print(numpy.random.permutation(100004)[:int(.2*100004)].tolist())"
    lesson = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert rows.tolist() == json.loads(lesson.stdout)
    second = splitting.get_cv_idxs(1000, cv_idx=1, val_pct=0.1, seed=7)
    assert second.tolist() == np.random.RandomState(7).permutation(1000)[100:200].tolist()


def test_random_tests_the_lessons_rows():
    ratings = movielens()
    split = splitting.random(ratings)
    table = np.array(keyed(ratings))
    np.testing.assert_array_equal(keyed(split.test), table[splitting.get_cv_idxs(100_004)])
    assert len(split.train) == 80_004
    assert (split.test.user_numbers < split.train.n_users).all()
    assert (split.test.item_numbers >= split.train.n_items).sum() > 0, "some films are in the test only"


def test_ids_with_training_ratings_come_first_and_the_order_is_kept_otherwise():
    ratings = movielens()
    split = splitting.random(ratings)
    for train, whole, numbers in (
        (split.train.users, split.test.users, split.train.user_numbers),
        (split.train.items, split.test.items, split.train.item_numbers),
    ):
        assert whole.ids[: len(train)].tolist() == train.ids.tolist()
        assert np.unique(numbers).tolist() == list(range(len(train)))
        assert np.all(np.diff(train.ids) > 0)
    assert len(split.test.items) == ratings.n_items
    assert split.train.item_features.titles == split.test.item_features.titles[: split.train.n_items]


def test_without_unseen_drops_test_rows_of_new_ids():
    split = splitting.random(movielens())
    fewer = split.without_unseen()
    assert len(fewer.test) < len(split.test) and fewer.train is split.train
    assert (fewer.test.item_numbers < split.train.n_items).all()
    assert fewer.name.endswith("unseen ids dropped")


def test_per_user_tests_the_same_share_of_every_user_and_leaves_training_rows():
    ratings = small_ratings()
    split = splitting.per_user(ratings, test=0.3)
    assert covers(split, ratings)
    assert split.train.n_users == ratings.n_users
    whole, kept = ratings.by_user().counts, np.bincount(split.test.user_numbers, minlength=ratings.n_users)
    np.testing.assert_allclose(kept, whole * 0.3, atol=0.5)
    lonely = Ratings.from_frame(pl.DataFrame({"user": [1, 2, 2], "item": [1, 1, 2], "rating": [1, 2, 3]}))
    assert (splitting.per_user(lonely, test=0.9).test.user_numbers == 1).all(), "a user's only rating is in training"


def test_temporal_keeps_every_test_rating_later_than_training():
    ratings = small_ratings()
    split = splitting.temporal(ratings, test=0.25)
    assert covers(split, ratings)
    assert split.train.timestamps.max() < split.test.timestamps.min()
    assert len(split.test) == pytest.approx(0.25 * len(ratings), abs=2)
    moment = int(np.median(ratings.timestamps))
    assert splitting.temporal(ratings, at=moment).test.timestamps.min() >= moment
    latest = int(ratings.timestamps.max())
    assert splitting.temporal(ratings, at=latest).test.timestamps.tolist() == [latest], "the time itself is in the test"


def test_temporal_keeps_ratings_of_one_time_together():
    ratings = small_ratings()
    coarse = with_times(ratings, ratings.timestamps // 50_000_000)
    split = splitting.temporal(coarse, test=0.2)
    assert split.train.timestamps.max() < split.test.timestamps.min()


def with_times(ratings: Ratings, times: np.ndarray) -> Ratings:
    return dataclasses.replace(ratings, timestamps=times)


def test_leave_last_tests_the_latest_ratings_of_each_user():
    ratings = small_ratings()
    split = splitting.leave_last(ratings, last=2)
    assert covers(split, ratings)
    busy = ratings.by_user().counts > 2
    assert sorted(np.unique(split.test.users.take(split.test.user_numbers))) == np.flatnonzero(busy).tolist()
    for user in np.unique(split.test.user_numbers):
        tested = split.test.timestamps[split.test.user_numbers == user]
        assert split.train.timestamps[split.train.user_numbers == user].max() < tested.min()


def test_leave_last_breaks_ties_by_row_and_does_not_test_users_with_few_ratings():
    ratings = small_ratings()
    split = splitting.leave_last(with_times(ratings, np.zeros_like(ratings.timestamps)))
    last_rows = [np.flatnonzero(ratings.user_numbers == user)[-1] for user in range(ratings.n_users)]
    assert [row[:2] for row in keyed(split.test)] == [keyed(ratings)[row][:2] for row in sorted(last_rows)]
    fewest = int(ratings.by_user().counts.min())
    tested = splitting.leave_last(ratings, last=fewest).test
    assert len(np.unique(tested.user_numbers)) == int((ratings.by_user().counts > fewest).sum())


@pytest.mark.parametrize(("make", "side"), [(splitting.cold_users, "user"), (splitting.cold_items, "item")])
def test_cold_ids_have_no_training_ratings(make, side):
    ratings = small_ratings()
    split = make(ratings, test=0.2, given=3)
    assert covers(split, ratings)
    tested, given = getattr(split.test, f"{side}_numbers"), getattr(split.given, f"{side}_numbers")
    known = len(getattr(split.train, f"{side}s"))
    assert tested.min() >= known and given.min() >= known
    counts = np.bincount(given)[known:]
    assert counts[counts > 0].max() == 3
    assert make(ratings, test=0.2).given is None


def test_with_reserved_rows_the_test_does_not_depend_on_given():
    ratings = small_ratings()
    tests = [keyed(splitting.cold_users(ratings, given=given, reserve=4).test) for given in (0, 1, 4)]
    assert tests[0] == tests[1] == tests[2]
    few, many = (splitting.cold_users(ratings, given=given, reserve=4) for given in (1, 4))
    assert set(keyed(few.given)) < set(keyed(many.given))
    assert keyed(few.train) == keyed(many.train), "reserved rows are not in training"


def test_at_most_half_of_a_users_ratings_are_reserved():
    ratings = small_ratings()
    split = splitting.cold_users(ratings, test=0.5, given=1000)
    given, tested = (np.bincount(part.user_numbers, minlength=ratings.n_users) for part in (split.given, split.test))
    new = slice(split.train.n_users, None)
    assert (given[new] == (given + tested)[new] // 2).all()


def test_quadrants_are_four_tests_with_one_training_set():
    ratings = small_ratings()
    quadrants = splitting.quadrants(ratings, users=0.3, items=0.3, given=2)
    train = quadrants.train
    assert list(quadrants.tests) == ["known", "new_user", "new_item", "both_new"]
    for name, test in quadrants.tests.items():
        assert (test.user_numbers >= train.n_users).all() == (name in ("new_user", "both_new"))
        assert (test.item_numbers >= train.n_items).all() == (name in ("new_item", "both_new"))
        assert quadrants.split(name).test is test and quadrants.splits()[name].train is train
    parts = [train, quadrants.given, *quadrants.tests.values()]
    assert sorted(row for part in parts for row in keyed(part)) == sorted(keyed(ratings))
    new_user = quadrants.given.user_numbers >= train.n_users
    new_item = quadrants.given.item_numbers >= train.n_items
    assert (new_user ^ new_item).all(), "a given rating has one new and one known id"


def test_with_reserved_rows_the_quadrants_tests_do_not_depend_on_given():
    ratings = small_ratings()
    none, one, three = (
        splitting.quadrants(ratings, users=0.3, items=0.3, given=given, reserve=3) for given in (0, 1, 3)
    )
    assert none.given is None
    assert keyed(none.train) == keyed(one.train) == keyed(three.train)
    for name in none.tests:
        assert keyed(none.tests[name]) == keyed(one.tests[name]) == keyed(three.tests[name])


def test_k_fold_tests_every_rating_once():
    ratings = small_ratings()
    folds = splitting.k_fold(ratings, folds=4)
    assert all(covers(fold, ratings) for fold in folds)
    assert sorted(row for fold in folds for row in keyed(fold.test)) == sorted(keyed(ratings))
    assert max(len(fold.test) for fold in folds) - min(len(fold.test) for fold in folds) <= 1


def test_repeated_is_random_with_other_seeds():
    ratings = small_ratings()
    first, second = splitting.repeated(ratings, times=2, seed=5)
    assert keyed(first.test) == keyed(splitting.random(ratings, seed=5).test)
    assert keyed(second.test) == keyed(splitting.random(ratings, seed=6).test)


SPLITS = {
    "random": splitting.random,
    "per_user": splitting.per_user,
    "cold_users": splitting.cold_users,
    "cold_items": splitting.cold_items,
}


@pytest.mark.parametrize("make", SPLITS.values(), ids=SPLITS)
def test_the_same_seed_gives_the_same_rows(make):
    ratings = small_ratings()
    assert keyed(make(ratings, seed=1).test) == keyed(make(ratings, seed=1).test)
    assert keyed(make(ratings, seed=1).test) != keyed(make(ratings, seed=2).test)
    for share in (1.5, 0, "half"):
        with pytest.raises(DataError, match="between 0 and 1"):
            make(ratings, test=share)


@pytest.mark.parametrize("seed", [-1, 1.5, "a", None])
def test_invalid_seeds_are_refused(seed):
    for make in SPLITS.values():
        with pytest.raises(SettingsError, match=r"seed: the seed .* is not a whole number"):
            make(small_ratings(), seed=seed)


def test_a_misspelled_argument_is_answered_with_the_nearest():
    for make in (splitting.random, splitting.temporal, splitting.quadrants):
        with pytest.raises(CallerError, match=r"there is no argument 'tests'. Did you mean 'test'"):
            make(small_ratings(), tests=0.2)


def test_impossible_splits_are_refused():
    timeless = small_ratings(timestamps=False)
    for make in (splitting.temporal, splitting.leave_last):
        with pytest.raises(DataError, match="no timestamps"):
            make(timeless)
    with pytest.raises(DataError, match="1 folds"):
        splitting.k_fold(timeless, folds=1)
    with pytest.raises(DataError, match="no test rows"):
        splitting.split_rows(timeless, np.empty(0), question="", name="none")
    with pytest.raises(DataError, match="no training rows"):
        splitting.split_rows(timeless, np.arange(len(timeless)), question="", name="all")
    with pytest.raises(DataError, match="both given and in the test"):
        splitting.split_rows(timeless, np.arange(3), question="", name="twice", given_rows=np.arange(1))
    with pytest.raises(DataError, match="is not between"):
        splitting.cold_users(timeless, given=5, reserve=2)
