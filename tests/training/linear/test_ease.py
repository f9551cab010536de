"""EASE against its loss: the weights of each item are the regression that they claim to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from made_ratings import of_arrays
from penchant.data.ratings import Ratings
from penchant.foundations.errors import CallerError, DataError
from penchant.models.scorers import HistoryPosterior
from penchant.models.trained import Feedback
from penchant.recommending.fold_in import infer
from penchant.recommending.predictions import predict_numbers
from penchant.recommending.recommender import Recommender, load, main_model
from penchant.training.linear import ease
from penchant.training.linear.ease import _weights_of_chosen
from penchant.training.linear.history_sides import positive_matrix
from penchant.training.linear.item_regression import dense_weights, gramian
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


def matrix(ratings: Ratings) -> Any:
    """X, sparse."""
    return positive_matrix(ratings, Feedback())


def synthetic_camps(users: int, items: int, seed: int) -> Ratings:
    """Users who choose some items of one of four camps, and a few others."""
    rng = np.random.default_rng(seed)
    own = (np.arange(users)[:, None] + np.arange(items)) % CAMPS == 0
    u, i = np.nonzero(rng.random((users, items)) < np.where(own, 0.5, 0.05))
    return of_arrays(u, i, np.full(len(u), 5.0), users, items)


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


@pytest.fixture(scope="module")
def few() -> Ratings:
    """Nine users and 40 items, so that the weights are factors."""
    rng = np.random.default_rng(5)
    u, i = np.nonzero(rng.random((9, 40)) < 0.3)
    return of_arrays(u, i, np.full(len(u), 5.0), 9, 40)


def weights_by_inverse(X: np.ndarray, penalty: float) -> np.ndarray:
    """B by its definition."""
    P = np.linalg.inv(X.T @ X + penalty * np.eye(X.shape[1]))
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0)
    return B


def test_few_users_come_to_the_same_scores_by_factors(few: Ratings) -> None:
    model = train(few, "ease", regularization=PENALTY)
    assert model.items.vectors.shape == (1, 40, 9)
    X = dense(few)
    expected = X @ weights_by_inverse(X, PENALTY)
    everyone = model.users.rows(np.arange(9))
    np.testing.assert_allclose(model.scorer.all_items(everyone, model.items.all_rows()), expected, atol=2e-6)
    some = np.array([7, 3, 39])
    table = model.scorer.all_items(everyone, model.items.rows(some))
    np.testing.assert_allclose(table, expected[:, some], atol=2e-6)
    u, i = np.nonzero(np.ones((9, 40)))
    pairs = model.scorer.pairs(model.users.rows(u), model.items.rows(i))
    np.testing.assert_allclose(pairs.reshape(9, 40), expected, atol=2e-6)


def test_factors_explain_each_pull_and_add_up(few: Ratings) -> None:
    B = weights_by_inverse(dense(few), PENALTY)
    state = Recommender.of(train(few, "ease", regularization=PENALTY)).fold_in({"i3": 5.0, "i8": 5.0})
    for item, seen in (("i5", False), ("i3", True)):
        said = state.explain(item)
        number = int(item[1:])
        assert said.total == pytest.approx(said.score, abs=1e-6)
        assert said.score == pytest.approx(B[3, number] + B[8, number], abs=1e-6)
        if not seen:
            assert {one.item: pytest.approx(one.amount, abs=1e-6) for one in said.pulls} == {
                "i3": B[3, number],
                "i8": B[8, number],
            }


def test_factors_solve_for_a_new_item(few: Ratings) -> None:
    X, x = dense(few), np.zeros(9)
    x[[1, 4]] = 1
    model = train(few, "ease", regularization=PENALTY)
    row = infer(model, "items", np.array([1, 4]), np.full(2, 5.0)).rows
    scores = model.scorer.all_items(model.users.rows(np.arange(9)), row)[:, 0]
    solved = np.linalg.solve(X.T @ X + PENALTY * np.eye(40), X.T @ x)
    np.testing.assert_allclose(scores, X @ solved, atol=1e-5)


def test_factors_are_saved_folded_in_and_grown(few: Ratings, tmp_path: Path) -> None:
    model = Recommender.of(train(few, "ease", regularization=PENALTY))
    before = model.recommend(102, 5, exclude_seen=False)
    grown = model.with_user(777, {"i3": 5.0, "i8": 5.0}).with_item("new", ratings={100: 5.0, 104: 5.0})
    again = load(grown.save(tmp_path / "model"))
    for one in (grown, again):
        after = one.recommend(102, 5, exclude_seen=False, exclude=["new"])
        np.testing.assert_allclose(after.scores, before.scores, atol=1e-6)
        expected = model.fold_in({"i3": 5.0, "i8": 5.0}).recommend(5)
        found = one.recommend(777, 5, exclude=["new"])
        np.testing.assert_allclose(found.scores, expected.scores, atol=1e-6)
    together = model.recommend_many([100, 101, 999], 4)
    for user in (100, 101, 999):
        own = together.filter(together["user"] == user)["score"].to_numpy()
        np.testing.assert_allclose(own, model.recommend(user, 4).scores, atol=1e-6)


def test_float64_takes_over_where_the_penalty_is_small(few: Ratings) -> None:
    X = dense(few)
    penalty = 1e-4
    found = dense_weights(gramian(matrix(few)), penalty)
    np.testing.assert_allclose(found.weights, weights_by_inverse(X, penalty), atol=1e-4)


def test_the_gramian_is_that_of_numpy() -> None:
    rng = np.random.default_rng(2)
    X = (rng.random((13, 7)) * (rng.random((13, 7)) < 0.4)).astype(np.float32)
    np.testing.assert_allclose(gramian(csr_array(X)), np.tril(X.T @ X), rtol=1e-6)


def test_a_penalty_is_chosen_and_what_was_tried_is_kept() -> None:
    made = synthetic_camps(users=300, items=40, seed=4)
    model = train(made, "ease")
    tried, scores = model.facts["regularization_tried"], model.facts["regularization_scores"]
    assert model.settings["regularization"] is None
    best = tried[int(np.argmax(scores))]
    assert len(tried) == len(scores) >= 3
    assert best / 3.17 < model.facts["regularization"] < best * 3.17
    assert train(made, "ease", regularization=7.0).facts["regularization"] == 7.0


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


def test_each_rating_pulls_by_its_weight(model: Recommender) -> None:
    said = model.fold_in({"i0": 5.0, "i4": 4.0, "i1": 1.0}).explain("i8")
    B = weights_of(model)
    assert {one.item: pytest.approx(one.amount, abs=1e-6) for one in said.pulls} == {
        "i0": B[0, 8],
        "i4": B[4, 8],
        "i1": 0.0,  # was no choice
    }
    assert said.predicted is None
    assert said.total == pytest.approx(said.score, abs=1e-6)


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
        np.testing.assert_array_equal(main_model(one).users.histories.take(np.array([USERS])).numbers, [0])
        assert one.recommend(7, 1, among=["i8"]).scores == pytest.approx(weights_of(model)[0, 8], abs=1e-6)
    assert len(main_model(again).users.histories) == USERS + 1  # a later item weighs on no other
    with pytest.raises(CallerError, match="anew only by training"):
        model.with_item("i0", ratings={100: 5.0})


def test_requests_that_need_uncertainty_are_refused(model: Recommender) -> None:
    with pytest.raises(CallerError, match="how unsure"):
        model.fold_in().onboarding(2)
    with pytest.raises(CallerError, match="how unsure"):
        model.recommend(100, 2, explore=1)
    assert isinstance(model.fold_in({"i0": 5.0}).main.posterior, HistoryPosterior)


def test_similar_items_share_a_camp(model: Recommender) -> None:
    assert {int(one[1:]) % CAMPS for one in model.similar_items("i4", 3).ids} == {0}


def test_weights_that_do_not_fit_the_memory_are_refused(camps: Ratings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ease, "available_memory", lambda: 1000)
    with pytest.raises(DataError, match=r"weights between 24 items take 0.0 GB.*Train elsa"):
        train(camps, "ease")


def test_factors_are_kept_where_the_weights_do_not_fit(few: Ratings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ease, "FEW", 10)
    assert train(few, "ease", regularization=PENALTY).items.factors == 40
    room = 1.01 * ease.BYTES["factored"] * 9 * 49 / ease.MARGIN
    monkeypatch.setattr(ease, "BYTES", ease.BYTES | {"dense": 100})
    monkeypatch.setattr(ease, "available_memory", lambda: room)
    assert train(few, "ease", regularization=PENALTY).items.factors == 9


def test_no_positive_interactions_are_refused(camps: Ratings) -> None:
    with pytest.raises(DataError, match="no rating reaches 6"):
        train(camps, "ease", positive_from=6.0)


def test_items_without_interactions_have_zero_weights_and_change_no_others() -> None:
    rows = (np.random.default_rng(0).random((80, 12)) < 0.3).astype(np.float32)
    known, wide = csr_array(rows), csr_array(np.hstack([np.zeros((80, 3), np.float32), rows]))
    small, large = _weights_of_chosen(known, 20.0), _weights_of_chosen(wide, 20.0)
    np.testing.assert_allclose(large.weights[3:, 3:], small.weights, atol=1e-6)
    np.testing.assert_allclose(large.spread[3:], small.spread, rtol=1e-5)
    assert not large.weights[:3].any()
    assert not large.weights[:, :3].any()
