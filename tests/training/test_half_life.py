"""Old interactions weigh less, in training and in a known user's history."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from made_ratings import of_arrays
from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError
from penchant.models.trained import DAY, Feedback
from penchant.recommending.fold_in import infer
from penchant.recommending.recommender import Recommender
from penchant.training.registry import train

USERS, ITEMS, OLD, NEW = 60, 24, 0, 400 * DAY
MODELS = {"ease": {"regularization": 3.0}, "implicit_als": {"factors": 6}}


@pytest.fixture(scope="module")
def turning() -> Ratings:
    """Users who chose items of one half long ago, and one item of the other half lately."""
    rng = np.random.default_rng(7)
    rows = []
    for user in range(USERS):
        first = rng.permutation(ITEMS // 2)[:5] + (user % 2) * ITEMS // 2
        last = rng.permutation(ITEMS // 2)[:4] + (1 - user % 2) * ITEMS // 2
        rows += [(user, item, OLD) for item in first] + [(user, item, NEW) for item in last]
    u, i, times = np.array(rows).T
    return replace(of_arrays(u, i, np.full(len(u), 4.0), USERS, ITEMS), timestamps=times.astype(np.int64))


def test_an_entry_weighs_half_after_each_half_life() -> None:
    feedback = Feedback(2.0, half_life=10.0, latest=100 * DAY)
    values, times = np.array([3.0, 3.0, 3.0, 1.0]), np.array([100, 90, 80, 100]) * DAY
    np.testing.assert_allclose(feedback.weights(values, times), [1.0, 0.5, 0.25, 0.0])
    np.testing.assert_allclose(feedback.weights(values), [1.0, 1.0, 1.0, 0.0])
    assert Feedback(half_life=1.0, latest=10**6 * DAY).weights(np.ones(1), np.zeros(1)) > 0


@pytest.mark.parametrize("model", MODELS)
def test_lists_follow_what_was_chosen_lately(turning: Ratings, model: str) -> None:
    lists = {}
    for half_life in (None, 60.0):
        trained = train(turning, model, **MODELS[model], half_life=half_life)
        everyone = trained.users.rows(np.arange(USERS))
        scores = trained.scorer.all_items(everyone, trained.items.all_rows())
        scores[turning.user_numbers, turning.item_numbers] = -np.inf
        best = scores.argmax(axis=1)
        lists[half_life] = np.mean((best >= ITEMS // 2) == (np.arange(USERS) % 2 == 0))
    assert lists[60.0] > 0.95
    assert lists[60.0] > lists[None] + 0.1


@pytest.mark.parametrize("model", MODELS)
def test_a_known_users_own_row_is_the_fold_in_of_their_dated_history(turning: Ratings, model: str) -> None:
    trained = train(turning, model, **MODELS[model], half_life=60.0)
    for user in (0, 31):
        numbers, values = trained.interactions.row(user)
        times = trained.interactions.times_of_user(user, numbers, values)
        found = infer(trained, "users", numbers, values, times=times)
        own = trained.users.rows(np.array([user])).vectors
        np.testing.assert_allclose(found.rows.vectors, own, atol=1e-4)
        undated = infer(trained, "users", numbers, values)
        assert np.abs(undated.rows.vectors - own).max() > 1e-2
    said = Recommender.of(trained).explain(100, "i3")
    assert said.total == pytest.approx(said.score, abs=1e-5)
    assert said.rest == pytest.approx(0.0, abs=1e-3)


def test_times_are_those_on_record_else_the_latest(turning: Ratings) -> None:
    interactions = train(turning, "ease", regularization=1.0).interactions
    numbers, values = interactions.row(4)
    asked = np.concatenate([numbers[::-1], np.setdiff1d(np.arange(ITEMS), numbers)[:2]]).astype(np.int32)
    rated = np.concatenate([values[::-1], [4.0, 4.0]])
    rated[0] = 1.0  # rated anew
    expected = np.concatenate([[NEW], interactions.timestamps[interactions.starts[4] : interactions.starts[5]][-2::-1]])
    times = interactions.times_of_user(4, asked, rated)
    np.testing.assert_array_equal(times[: len(numbers)], expected)
    np.testing.assert_array_equal(times[len(numbers) :], [NEW, NEW])
    np.testing.assert_array_equal(interactions.times_of_user(-1, asked, rated), np.full(len(asked), NEW))


@pytest.mark.parametrize("model", MODELS)
def test_a_half_life_needs_times(turning: Ratings, model: str) -> None:
    with pytest.raises(DataError, match="half_life: the ratings have no times"):
        train(replace(turning, timestamps=None), model, half_life=10.0)
