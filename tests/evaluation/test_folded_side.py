from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from evaluation.made_worlds import World
from penchant.data.splitting import Split, split_rows
from penchant.evaluation.scoring.evaluation_scorers import RecommenderScorer
from penchant.evaluation.scoring.folded_side import groups
from penchant.metrics.rating_error import rmse

RESERVED = 12


@pytest.fixture(scope="module")
def world() -> World:
    return World(n_users=150, n_items=60, n=5_000)


def hidden(world: World, given: int) -> Split:
    """Every tenth user and item hidden whole; of RESERVED ratings of each with known ones, some are given."""
    ratings = world.ratings
    new_user, new_item = ratings.user_numbers % 10 == 0, ratings.item_numbers % 10 == 1
    reserved = np.concatenate(
        [
            rows[:RESERVED]
            for keys, chosen in (
                (ratings.user_numbers, new_user & ~new_item),
                (ratings.item_numbers, new_item & ~new_user),
            )
            for rows in (np.flatnonzero(chosen & (keys == key)) for key in np.unique(keys[chosen]))
        ]
    )
    tested = np.setdiff1d(np.flatnonzero(new_user | new_item), reserved)
    split = split_rows(ratings, tested, question="?", name="hidden", given_rows=reserved)
    assert split.given is not None
    kept = np.arange(len(reserved)) % RESERVED < given
    return dataclasses.replace(split, given=split.given.take(kept))


def test_a_hidden_user_is_predicted_as_if_folded_in_with_the_given_ratings(world: World) -> None:
    split = hidden(world, 6)
    model = world.oracle(split.train)
    scorer = RecommenderScorer(model, split)
    assert split.given is not None
    user = split.train.n_users  # the first of the hidden ones
    mine = split.given.user_numbers == user
    given_ids = split.given.items.take(split.given.item_numbers[mine]).tolist()
    folded = model.fold_in(ratings=dict(zip(given_ids, split.given.values[mine].tolist(), strict=True)))
    items = np.arange(split.train.n_items)
    answers, expected = scorer.predict(np.full(len(items), user), items), folded.predict(split.train.items.ids)
    np.testing.assert_allclose(answers.mean, expected.mean, rtol=1e-5)
    np.testing.assert_allclose(answers.std, expected.std, rtol=1e-5)
    assert answers.sources is not None and set(answers.sources.tolist()) == {"folded_in"}
    row = scorer.score_rows(np.array([user]))[0, : len(items)]
    np.testing.assert_allclose(split.train.scale.clip(row), answers.mean, rtol=1e-4)


def test_a_hidden_item_is_folded_in_too_and_both_at_once(world: World) -> None:
    split = hidden(world, RESERVED)
    scorer = RecommenderScorer(world.oracle(split.train), split)
    user, item = split.train.n_users, split.train.n_items
    answers = scorer.predict(np.array([0, user, user, 0]), np.array([item, 0, item, 0]))
    assert answers.sources is not None
    assert answers.sources.tolist() == ["folded_in", "folded_in", "folded_in", "known"]


def test_more_given_ratings_lower_the_error(world: World) -> None:
    errors = []
    for given in (0, 3, RESERVED):
        split = hidden(world, given)
        test = split.test
        scorer = RecommenderScorer(world.oracle(split.train), split)
        errors.append(rmse(test.values, scorer.predict(test.user_numbers, test.item_numbers).mean))
    assert errors[0] > errors[1] + 0.05 > errors[2] + 0.1


def test_groups_contain_every_row_once_with_the_same_two_numbers() -> None:
    rng = np.random.default_rng(0)
    users, items = rng.integers(-1, 3, 60), rng.integers(-1, 3, 60)
    found = list(groups(users, items))
    assert sorted(np.concatenate(found).tolist()) == list(range(60))
    assert all(len(set(users[at])) == 1 and len(set(items[at])) == 1 for at in found)
    assert len(found) == len(set(zip(users.tolist(), items.tolist(), strict=True)))
