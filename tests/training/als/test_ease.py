"""EASE against its loss: the weights of each item are its ridge regression on all other items."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from made_ratings import of_arrays
from penchant.data.ratings import Ratings
from penchant.foundations.errors import CallerError, DataError
from penchant.models.scorers import HistoryPosterior
from penchant.recommending.predictions import predict_numbers
from penchant.recommending.recommender import Recommender, load, main_model
from penchant.training.linear.ease import MOST, matrix
from penchant.training.registry import train

USERS, ITEMS, CAMPS, PENALTY = 70, 24, 4, 3.0


@pytest.fixture(scope="module")
def camps() -> Ratings:
    """Everyone chooses some of their own camp's items and rates one item of another camp with 1; the last user chooses
    nothing."""
    rng = np.random.default_rng(3)
    rows = []
    for user in range(USERS - 1):
        own = np.arange(user % CAMPS, ITEMS, CAMPS)
        rows += [(user, item, rng.choice([4.0, 5.0])) for item in rng.permutation(own)[: rng.integers(2, 6)]]
        rows.append((user, (user + 1) % CAMPS, 1.0))
    rows.append((USERS - 1, 0, 2.0))
    u, i, values = np.array(rows).T
    return of_arrays(u, i, values, USERS, ITEMS)


@pytest.fixture(scope="module")
def model(camps: Ratings) -> Recommender:
    return Recommender.of(train(camps, "ease", positive_from=4.0, regularization=PENALTY))


def dense(ratings: Ratings) -> np.ndarray:
    """X (U, I), ones for ratings of 4 and more."""
    X = np.zeros((ratings.n_users, ratings.n_items))
    X[ratings.user_numbers, ratings.item_numbers] = ratings.values >= 4
    return X


def weights_of(model: Recommender) -> np.ndarray:
    """B (I, I)."""
    return main_model(model).items.vectors[0].T.astype(np.float64)


def without(index: int, size: int = ITEMS) -> np.ndarray:
    return np.delete(np.arange(size), index)


def test_each_items_weights_are_its_ridge_regression_on_all_others(camps: Ratings, model: Recommender) -> None:
    X, B = dense(camps), weights_of(model)
    assert np.array_equal(np.diag(B), np.zeros(ITEMS))
    for item in range(ITEMS):
        others = X[:, without(item)]
        solved = np.linalg.solve(others.T @ others + PENALTY * np.eye(ITEMS - 1), others.T @ X[:, item])
        np.testing.assert_allclose(B[without(item), item], solved, atol=1e-6)


def test_few_users_give_the_same_weights_by_the_gram_matrix_of_users() -> None:
    rng = np.random.default_rng(5)
    u, i = np.nonzero(rng.random((9, 40)) < 0.3)
    few = of_arrays(u, i, np.full(len(u), 5.0), 9, 40)
    B = weights_of(Recommender.of(train(few, "ease", regularization=PENALTY)))
    P = np.linalg.inv(matrix(few).toarray().T @ matrix(few).toarray() + PENALTY * np.eye(40))
    expected = -P / np.diag(P)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(B, expected, atol=1e-6)


def test_scores_are_histories_times_weights(camps: Ratings, model: Recommender) -> None:
    expected = dense(camps) @ weights_of(model)
    table = np.stack(
        [predict_numbers(main_model(model), np.full(ITEMS, u), np.arange(ITEMS)).mean for u in range(USERS - 1)]
    )
    np.testing.assert_allclose(table, expected[:-1], atol=1e-5)


def test_lists_have_items_of_the_same_group(model: Recommender) -> None:
    for user in range(8):
        best = model.recommend(100 + user, 1)
        assert int(best.ids[0][1:]) % CAMPS == user % CAMPS


def test_the_pull_of_a_rating_is_its_weight(model: Recommender) -> None:
    why = model.fold_in({"i0": 5.0, "i4": 4.0, "i1": 1.0}).explain("i8")
    B = weights_of(model)
    assert {one.item: pytest.approx(one.amount, abs=1e-6) for one in why.pulls} == {
        "i0": B[0, 8],
        "i4": B[4, 8],
        "i1": 0.0,  # not a positive interaction
    }
    assert why.predicted is None
    assert why.total == pytest.approx(why.score, abs=1e-6)


def test_a_user_without_positive_interactions_gets_popular_items(camps: Ratings, model: Recommender) -> None:
    average = dense(camps)[:-1].mean(axis=0) @ weights_of(model)
    for state in (model.fold_in({}), model.fold_in({"i3": 1.0})):
        assert state.source == "prior"
        np.testing.assert_allclose(state.main.predict(np.arange(ITEMS)).mean, average, atol=1e-5)
    assert model.recommend(100 + USERS - 1, 1).source == "prior"


def test_a_new_items_weights_are_its_regression_on_all_items(camps: Ratings, model: Recommender) -> None:
    fans = np.arange(0, 40, CAMPS)
    item = model.fold_in_item(ratings={100 + int(one): 5.0 for one in fans})
    X, x = dense(camps), np.zeros(USERS)
    x[fans] = 1
    solved = np.linalg.solve(X.T @ X + PENALTY * np.eye(ITEMS), X.T @ x)
    np.testing.assert_allclose(item.rows["choice"].rows.vectors[0, 0], solved, atol=1e-5)
    scores = X @ solved
    audience = item.audience(5)
    assert audience.scores[0] == pytest.approx(np.delete(scores, fans).max(), abs=1e-5)


def test_a_grown_model_keeps_its_histories(model: Recommender, tmp_path: Path) -> None:
    grown = model.with_user(7, {"i0": 5.0, "i4": 2.0}).with_item("new", ratings={100: 5.0, 104: 5.0})
    again = load(grown.with_user(101, {"new": 4.0}).save(tmp_path / "model"))
    for one in (grown, again):
        np.testing.assert_array_equal(np.flatnonzero(main_model(one).users.vectors[0][USERS]), [0])
        assert one.recommend(7, 1, among=["i8"]).scores == pytest.approx(weights_of(model)[0, 8], abs=1e-6)
    np.testing.assert_array_equal(
        main_model(again).users.vectors, main_model(grown).users.vectors
    )  # an added item has no weight on others
    with pytest.raises(CallerError, match="anew only by training"):
        model.with_item("i0", ratings={100: 5.0})


def test_requests_that_need_uncertainty_are_refused(model: Recommender) -> None:
    with pytest.raises(CallerError, match="how unsure"):
        model.fold_in().onboarding(2)
    with pytest.raises(CallerError, match="how unsure"):
        model.recommend(100, 2, explore=1)
    assert isinstance(model.fold_in({"i0": 5.0}).main.posterior, HistoryPosterior)


def test_similar_items_are_in_the_same_group(model: Recommender) -> None:
    assert {int(one[1:]) % CAMPS for one in model.similar_items("i4", 3).ids} == {0}


def test_too_many_items_are_refused_with_the_memory_they_would_take() -> None:
    wide = of_arrays(np.zeros(1), np.array([MOST]), np.array([5.0]), 1, MOST + 1)
    with pytest.raises(DataError, match=r"20,001 items would take 5 GB.*20,000"):
        train(wide, "ease")


def test_no_positive_interactions_are_refused(camps: Ratings) -> None:
    with pytest.raises(DataError, match="no rating reaches 6"):
        train(camps, "ease", positive_from=6.0)
