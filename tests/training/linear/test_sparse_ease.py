"""Sparse EASE against the regression that it claims to be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from penchant.data.ratings import Ratings
from penchant.data.synthetic import synthetic
from penchant.recommending.recommender import Recommender
from penchant.training.linear.item_regression import dense_weights, gramian
from penchant.training.linear.sparse_ease import bytes_needed, item_weights
from penchant.training.registry import train

PENALTY = 4.0


def interactions(seed: int, users: int = 60, items: int = 30, share: float = 0.2) -> Any:
    X = csr_array((np.random.default_rng(seed).random((users, items)) < share).astype(np.float32))
    X.sort_indices()
    return X


@pytest.mark.parametrize("neighbours", [1, 5, 12])
def test_each_item_is_regressed_on_those_most_often_chosen_with_it(neighbours: int) -> None:
    X = interactions(1)  # with one neighbour a row of 30 products is long, with twelve it is short
    found = item_weights(X, PENALTY, neighbours)
    gram = (X.T @ X).toarray().astype(float)
    for item in range(X.shape[1]):
        here = slice(found.starts[item], found.starts[item + 1])
        near = found.numbers[here]
        others = gram[item].copy()
        others[item] = 0
        assert len(near) == min(neighbours, (others > 0).sum())
        assert sorted(near) == sorted(np.argsort(-others, kind="stable")[: len(near)])
        matrix = gram[np.ix_(near, near)] + PENALTY * np.eye(len(near))
        np.testing.assert_allclose(found.values[here], np.linalg.solve(matrix, gram[item, near]), atol=1e-6)


def test_with_all_items_the_weights_are_those_of_ease() -> None:
    X = interactions(2, users=400, share=0.4)  # every pair of items was chosen by a user
    found = item_weights(X, PENALTY, 1000).by_number.toarray()
    exact = dense_weights(gramian(X, np.float64), PENALTY).weights
    np.testing.assert_allclose(found, exact, atol=1e-5)


def test_an_item_that_no_user_chose_and_one_chosen_alone_have_no_weights() -> None:
    X = csr_array(np.array([[1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 0, 0]], np.float32))
    found = item_weights(X, PENALTY, 3)
    assert np.diff(found.starts).tolist() == [1, 0, 0, 1]
    np.testing.assert_allclose(found.values, 2 / (2 + PENALTY))


@pytest.fixture(scope="module")
def made() -> Ratings:
    return synthetic(users=200, items=60, ratings=3_000, seed=3).ratings


def test_a_new_item_gets_the_weights_of_a_trained_one(made: Ratings) -> None:
    """The users of an item, folded in as a new item, give its scores but for the item itself as a neighbour."""
    trained = train(made, "sparse_ease", regularization=PENALTY, neighbours=8)
    model, item = Recommender.of(trained), int(np.bincount(made.item_numbers).argmax())
    users, _ = made.by_item().row(item)
    state = model.fold_in_item({made.users.ids[user].item(): 5.0 for user in users})
    rows = state.rows["choice"].rows
    assert rows.history is not None
    X = csr_array((np.ones(len(made)), (made.user_numbers, made.item_numbers)), shape=(made.n_users, made.n_items))
    gram = (X.T @ X).toarray()
    near = rows.history.numbers
    matrix = gram[np.ix_(near, near)] + PENALTY * np.eye(len(near))
    np.testing.assert_allclose(rows.history.values, np.linalg.solve(matrix, gram[item, near]), rtol=1e-4)
    assert item in near


def test_a_grown_model_lists_the_new_item(made: Ratings) -> None:
    model = Recommender.of(train(made, "sparse_ease", regularization=PENALTY))
    fans = {made.users.ids[user].item(): 5.0 for user in made.by_item().row(0)[0]}
    grown = model.with_item(999, fans)
    first = next(iter(fans))
    assert 999 in grown.recommend(first, made.n_items + 1, exclude_seen=False).ids
    assert len(grown.similar_items(999, 3).ids) == 3


def test_memory_is_that_of_pairs_of_items() -> None:
    assert bytes_needed(np.array([2, 3]), 100) == 12 * 13
    assert bytes_needed(np.array([200, 300]), 10) == 12 * 100
